import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A new EC P-256 private key in PEM (PKCS#8). */
export const newKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey;

/** A request, signed by the node's key, for a certificate in its name. */
export const certificateRequestFor = (nodeName: string, keyPem: string): Promise<string> =>
  certificateRequest({ commonName: `system:node:${nodeName}`, organization: 'system:nodes' }, keyPem);

/** The same for anybody: PKCS#10 in PEM. */
export async function certificateRequest(
  subject: { readonly commonName: string; readonly organization: string },
  keyPem: string,
): Promise<string> {
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [subject.commonName] }, { O: [subject.organization] }],
    keys: await keyPairOf(keyPem),
    signingAlgorithm: ALGORITHM,
  });
  return request.toString('pem');
}

async function keyPairOf(keyPem: string): Promise<webcrypto.CryptoKeyPair> {
  const { subtle } = globalThis.crypto;
  const privateKey = createPrivateKey(keyPem);
  const [secret, open] = [
    privateKey.export({ type: 'pkcs8', format: 'der' }),
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
  ];
  return {
    privateKey: await subtle.importKey('pkcs8', secret, ALGORITHM, false, ['sign']),
    publicKey: await subtle.importKey('spki', open, ALGORITHM, true, ['verify']),
  };
}
