import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { errorCodeOf } from '../../../shared/error-code';
import type { EncryptionKey } from './key-ring';
import { EncryptionError, KeyRing, SECRET_BYTES } from './key-ring';

const HEADER = `# What is secret in the store is encrypted with the first of these keys; the others can still be read.
# To change keys: put a new line first, restart the server, and remove the old line when the server says so.
# A new line: echo "$(date +%Y-%m-%d):$(head -c ${SECRET_BYTES} /dev/urandom | base64)"
`;
const ID = /^[A-Za-z0-9][-A-Za-z0-9_.]*$/;

/** `ID:BASE64`, one key a line; empty lines and lines that begin with # are nothing. Throws EncryptionError. */
export function parseKeys(text: string, file: string): KeyRing {
  const keys: EncryptionKey[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const refuse = (why: string): Error => new EncryptionError(`${file}, line ${index + 1}: ${why}`);
    const colon = line.indexOf(':');
    const id = line.slice(0, Math.max(colon, 0));
    if (!ID.test(id)) throw refuse('must be ID:BASE64, with an ID of letters, digits, dots, dashes and underscores');
    const secret = Buffer.from(line.slice(colon + 1), 'base64');
    if (secret.length !== SECRET_BYTES) throw refuse(`the key must be ${SECRET_BYTES} bytes in base64`);
    if (keys.some((key) => key.id === id)) throw refuse(`there is another key ${JSON.stringify(id)}`);
    keys.push({ id, secret });
  }
  const [first, ...others] = keys;
  if (first === undefined) throw new EncryptionError(`${file} has no key: a line must be ID:BASE64`);
  return new KeyRing([first, ...others], file);
}

/** The keys in the file; undefined where there is no such file. Throws EncryptionError, also for a file that others may read. */
export async function readKeys(file: string): Promise<KeyRing | undefined> {
  try {
    const { mode } = await stat(file);
    if ((mode & 0o077) !== 0) {
      throw new EncryptionError(`${file} may be read or written by others: chmod 600 ${file}`);
    }
    return parseKeys(await readFile(file, 'utf8'), file);
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') return undefined;
    if (error instanceof EncryptionError) throw error;
    throw new EncryptionError(`${file} cannot be read: ${String(error)}`, { cause: error });
  }
}

/** A file with one new key. On disk when this resolves: what it encrypts must never outlive it. */
export async function makeKeys(file: string): Promise<KeyRing> {
  const text = `${HEADER}key1:${randomBytes(SECRET_BYTES).toString('base64')}\n`;
  await mkdir(path.dirname(file), { recursive: true });
  const fresh = `${file}.new`;
  const handle = await open(fresh, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
  const folder = await open(path.dirname(file), 'r');
  await folder.sync().finally(() => folder.close());
  return parseKeys(text, file);
}
