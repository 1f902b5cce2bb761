import { X509Certificate } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { errorCodeOf } from '../../shared/error-code';

/** What a node proves itself with: its own key, the certificate for it, and the CA by which it knows the server. All PEM. */
export interface NodeCredential {
  readonly key: string;
  readonly certificate: string;
  readonly caCertificate: string;
}

/** Until when the certificate serves. */
export const certificateEndMs = ({ certificate }: Pick<NodeCredential, 'certificate'>): number =>
  Date.parse(new X509Certificate(certificate).validTo);

const KEY = 'node-key.pem';
const CERTIFICATE = 'node.pem';
const CA = 'ca.pem';

/** The credential kept in `folder`, or undefined before the node has joined. */
export async function loadCredential(folder: string): Promise<NodeCredential | undefined> {
  const [key, certificate, caCertificate] = await Promise.all([
    readIfThere(path.join(folder, KEY)),
    readIfThere(path.join(folder, CERTIFICATE)),
    readIfThere(path.join(folder, CA)),
  ]);
  if (key === undefined || certificate === undefined || caCertificate === undefined) return undefined;
  return { key, certificate, caCertificate };
}

/** The key alone: it is made before the node joins, and kept when joining failed, since the key is the node. */
export const loadKey = (folder: string): Promise<string | undefined> => readIfThere(path.join(folder, KEY));

export const storeKey = (folder: string, key: string): Promise<void> => write(folder, KEY, key);

export async function storeCertificates(
  folder: string,
  { certificate, caCertificate }: Omit<NodeCredential, 'key'>,
): Promise<void> {
  await write(folder, CA, caCertificate);
  // Last, since its presence is what makes the credential whole.
  await write(folder, CERTIFICATE, certificate);
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Whole or not at all, and for the owner's eyes only. */
async function write(folder: string, name: string, content: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const file = path.join(folder, name);
  await writeFile(`${file}.new`, content, { mode: 0o600 });
  await rename(`${file}.new`, file);
}
