import 'reflect-metadata';
import { createHash, webcrypto } from 'node:crypto';
import type { Extension, X509Certificate } from '@peculiar/x509';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { NodeCertificateSigner } from '../node-certificates';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 3_600 * 1_000;

/** A CA of a test's own, with a server's certificate for loopback. */
export class TestAuthority implements NodeCertificateSigner {
  private constructor(
    private readonly keys: webcrypto.CryptoKeyPair,
    private readonly ca: X509Certificate,
    private readonly nowMs: number,
  ) {}

  static async create(nowMs: number): Promise<TestAuthority> {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const ca = await X509CertificateGenerator.createSelfSigned({
      name: `CN=test-ca-${nowMs}`,
      keys,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(nowMs - YEAR_MS),
      notAfter: new Date(nowMs + YEAR_MS),
      extensions: [new BasicConstraintsExtension(true, 1, true)],
    });
    return new TestAuthority(keys, ca, nowMs);
  }

  get caCertificatePem(): string {
    return this.ca.toString('pem');
  }

  get caFingerprintSha256(): string {
    return createHash('sha256').update(new Uint8Array(this.ca.rawData)).digest('hex');
  }

  async signNodeCertificate(
    certificateRequestPem: string,
    nodeName: string,
    validity?: { readonly fromMs: number; readonly toMs: number },
  ): Promise<string> {
    const { publicKey } = new Pkcs10CertificateRequest(certificateRequestPem);
    return this.sign({
      name: [{ O: ['system:nodes'] }, { CN: [`system:node:${nodeName}`] }],
      publicKey: await publicKey.export(ALGORITHM, ['verify'], webcrypto),
      extensions: [new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth])],
      ...validity,
    });
  }

  /** What an HTTPS server presents: leaf and CA, for 127.0.0.1 and localhost. */
  async serverCredential(validity?: { readonly fromMs: number; readonly toMs: number }) {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
    const leaf = await this.sign({
      name: [{ CN: ['pinsetter'] }],
      publicKey: keys.publicKey,
      extensions: [
        new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
        new SubjectAlternativeNameExtension([
          { type: 'ip', value: '127.0.0.1' },
          { type: 'dns', value: 'localhost' },
        ]),
      ],
      ...validity,
    });
    const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
    return {
      cert: `${leaf}\n${this.caCertificatePem}`,
      key: `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`,
    };
  }

  private async sign(of: {
    readonly name: { [field: string]: string[] }[];
    readonly publicKey: webcrypto.CryptoKey;
    readonly extensions: Extension[];
    readonly fromMs?: number;
    readonly toMs?: number;
  }): Promise<string> {
    const certificate = await X509CertificateGenerator.create({
      subject: of.name,
      issuer: this.ca.subject,
      publicKey: of.publicKey,
      signingKey: this.keys.privateKey,
      signingAlgorithm: ALGORITHM,
      notBefore: new Date(of.fromMs ?? this.nowMs - YEAR_MS),
      notAfter: new Date(of.toMs ?? this.nowMs + YEAR_MS),
      extensions: of.extensions,
    });
    return certificate.toString('pem');
  }
}
