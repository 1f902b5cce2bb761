import 'reflect-metadata';
import { X509Certificate, webcrypto } from 'node:crypto';
import { chmod, readFile, rename, writeFile } from 'node:fs/promises';
import * as x509 from '@peculiar/x509';
import type { Clock } from '../../shared/clock';
import { errorCodeOf } from '../../shared/error-code';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 24 * 60 * 60 * 1_000;
const LIFETIME_MS = 3_650 * DAY_MS;
const RENEW_BEFORE_MS = 30 * DAY_MS;
const BACKDATE_MS = 5 * 60 * 1_000;
const NAME = 'Pinsetter Ingress Default Certificate';

/** What is shown for names that have no certificate of their own: signed by itself, kept in `file`. PEM of both, the key last. */
export async function openDefaultCertificate(file: string, clock: Clock): Promise<string> {
  const kept = await readKept(file);
  if (kept !== undefined && endOf(kept) - clock.now() > RENEW_BEFORE_MS) return kept;
  const made = await makeCertificate(clock.now());
  const fresh = `${file}.new`;
  await writeFile(fresh, made, { mode: 0o600 });
  await chmod(fresh, 0o600);
  await rename(fresh, file);
  return made;
}

async function readKept(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is no certificate has ended. */
function endOf(pem: string): number {
  try {
    return Date.parse(new X509Certificate(pem).validTo);
  } catch {
    return 0;
  }
}

async function makeCertificate(nowMs: number): Promise<string> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: [{ CN: [NAME] }],
    keys,
    signingAlgorithm: ALGORITHM,
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + LIFETIME_MS),
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'ingress.local' }]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  return `${certificate.toString('pem')}\n${x509.PemConverter.encode(key, 'PRIVATE KEY')}\n`;
}
