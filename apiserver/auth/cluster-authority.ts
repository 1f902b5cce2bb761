import 'reflect-metadata';
import { createHash, createPrivateKey, webcrypto } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../../shared/clock';
import { errorCodeOf } from '../../shared/error-code';
import { writePrivateFile } from './private-file';
import { MASTERS, NODES } from './user';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const YEAR_MS = 365 * 24 * 60 * 60 * 1_000;
const CA_YEARS = 10;
/** A certificate is made anew when less than this is left of it. */
const RENEW_BEFORE_MS = 60 * 24 * 60 * 60 * 1_000;
/** Clocks of machines differ a little. */
const BACKDATE_MS = 5 * 60 * 1_000;

export interface Credential {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The cluster's own certificate authority and what it has signed for the server itself. */
export interface ClusterAuthority {
  readonly caCertificatePem: string;
  /** Hex SHA-256 of the CA certificate's DER: what join tokens pin. */
  readonly caFingerprintSha256: string;
  readonly server: Credential;
  readonly admin: Credential;
  /** Signs for `system:node:NAME`, whatever subject the request names. Throws for a request that does not verify. */
  signNodeCertificate(csrPem: string, nodeName: string): Promise<string>;
  /**
   * Signs for the client that the request's subject names, for that long or a year at most. Whether it should be, the
   * caller knows. Throws for a request that does not verify.
   */
  signClientCertificate(csrPem: string, durationMs?: number): Promise<string>;
}

/** Loads the authority from its folder, or makes it on first start. Keys are written with mode 0600. */
export async function openClusterAuthority(options: {
  readonly folder: string;
  readonly clock: Clock;
  /** DNS names and addresses that clients dial. */
  readonly names: readonly string[];
}): Promise<ClusterAuthority> {
  await mkdir(options.folder, { recursive: true, mode: 0o700 });
  const issuer = await openIssuer(options.folder, options.clock);
  const server = await openCredential(options, issuer, 'apiserver', {
    subject: [{ CN: ['kube-apiserver'] }],
    usage: x509.ExtendedKeyUsage.serverAuth,
    names: options.names,
  });
  const admin = await openCredential(options, issuer, 'admin', {
    subject: [{ CN: ['kubernetes-admin'] }, { O: [MASTERS] }],
    usage: x509.ExtendedKeyUsage.clientAuth,
    names: [],
  });
  return {
    caCertificatePem: issuer.certificate.toString('pem'),
    caFingerprintSha256: createHash('sha256').update(Buffer.from(issuer.certificate.rawData)).digest('hex'),
    server,
    admin,
    async signNodeCertificate(csrPem, nodeName) {
      const request = new x509.Pkcs10CertificateRequest(csrPem);
      if (!(await request.verify())) throw new Error('the certificate request is not signed by its own key');
      const certificate = await sign(options.clock, issuer, {
        subject: [{ CN: [`system:node:${nodeName}`] }, { O: [NODES] }],
        usage: x509.ExtendedKeyUsage.clientAuth,
        names: [],
        publicKey: request.publicKey,
      });
      return certificate.toString('pem');
    },
    async signClientCertificate(csrPem, durationMs) {
      const request = new x509.Pkcs10CertificateRequest(csrPem);
      if (!(await request.verify())) throw new Error('the certificate request is not signed by its own key');
      const certificate = await sign(options.clock, issuer, {
        subject: request.subjectName.toJSON(),
        usage: x509.ExtendedKeyUsage.clientAuth,
        names: [],
        publicKey: request.publicKey,
        ...(durationMs === undefined ? {} : { durationMs }),
      });
      return certificate.toString('pem');
    },
  };
}

interface Issuer {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

interface Wanted {
  readonly subject: x509.JsonName;
  readonly usage: x509.ExtendedKeyUsage;
  readonly names: readonly string[];
}

async function openIssuer(folder: string, clock: Clock): Promise<Issuer> {
  const stored = await readCredential(folder, 'ca');
  if (stored !== undefined)
    return { certificate: new x509.X509Certificate(stored.certificatePem), key: await importKey(stored.keyPem) };
  const keys = await newKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerial(),
    name: [{ CN: ['pinsetter-ca'] }],
    notBefore: new Date(clock.now() - BACKDATE_MS),
    notAfter: new Date(clock.now() + CA_YEARS * YEAR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  await writeCredential(folder, 'ca', {
    certificatePem: certificate.toString('pem'),
    keyPem: await exportKey(keys.privateKey),
  });
  return { certificate, key: keys.privateKey };
}

async function openCredential(
  { folder, clock }: { readonly folder: string; readonly clock: Clock },
  issuer: Issuer,
  name: string,
  wanted: Wanted,
): Promise<Credential> {
  const stored = await readCredential(folder, name);
  if (stored !== undefined && isStillGood(stored, issuer, wanted, clock)) return stored;
  const keys = await newKeys();
  const certificate = await sign(clock, issuer, { ...wanted, publicKey: keys.publicKey });
  const fresh = { certificatePem: certificate.toString('pem'), keyPem: await exportKey(keys.privateKey) };
  await writeCredential(folder, name, fresh);
  return fresh;
}

function isStillGood({ certificatePem }: Credential, issuer: Issuer, { names }: Wanted, clock: Clock): boolean {
  const certificate = new x509.X509Certificate(certificatePem);
  const has =
    certificate
      .getExtension(x509.SubjectAlternativeNameExtension)
      ?.names.toJSON()
      .map(({ value }) => value) ?? [];
  return (
    certificate.issuer === issuer.certificate.subject &&
    certificate.notAfter.getTime() - clock.now() > RENEW_BEFORE_MS &&
    names.every((name) => has.includes(name))
  );
}

async function sign(
  clock: Clock,
  issuer: Issuer,
  {
    subject,
    usage,
    names,
    publicKey,
    durationMs = YEAR_MS,
  }: Wanted & { readonly publicKey: x509.PublicKeyType; readonly durationMs?: number },
): Promise<x509.X509Certificate> {
  const endMs = Math.min(clock.now() + Math.min(durationMs, YEAR_MS), issuer.certificate.notAfter.getTime());
  return x509.X509CertificateGenerator.create({
    serialNumber: newSerial(),
    issuer: issuer.certificate.subject,
    subject,
    notBefore: new Date(clock.now() - BACKDATE_MS),
    notAfter: new Date(endMs),
    signingAlgorithm: ALGORITHM,
    publicKey,
    signingKey: issuer.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer.certificate),
      ...(names.length === 0
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isAddress(value) ? 'ip' : 'dns', value })),
            ),
          ]),
    ],
  });
}

const isAddress = (name: string): boolean => /^[\d.]+$/.test(name) || name.includes(':');
const newSerial = (): string => `00${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString('hex')}`;
const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ format: 'pem', type: 'pkcs8' })
    .toString();
}

function importKey(pem: string): Promise<webcrypto.CryptoKey> {
  const der = createPrivateKey(pem).export({ format: 'der', type: 'pkcs8' });
  return webcrypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
}

async function readCredential(folder: string, name: string): Promise<Credential | undefined> {
  try {
    const [certificatePem, keyPem] = await Promise.all(
      [`${name}.crt`, `${name}.key`].map((file) => readFile(path.join(folder, file), 'utf8')),
    );
    return certificatePem === undefined || keyPem === undefined ? undefined : { certificatePem, keyPem };
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The key first: a certificate without its key would be taken for a whole pair after a crash. */
async function writeCredential(folder: string, name: string, { certificatePem, keyPem }: Credential): Promise<void> {
  for (const [file, text, mode] of [
    [`${name}.key`, keyPem, 0o600],
    [`${name}.crt`, certificatePem, 0o644],
  ] as const) {
    await writePrivateFile(path.join(folder, file), text, mode);
  }
}
