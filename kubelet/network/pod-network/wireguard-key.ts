import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Both base64 of 32 bytes, as WireGuard writes them. */
export interface WireguardKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

const KEY_BYTES = 32;
/** PKCS#8 of an X25519 key (RFC 8410), up to the key itself, which ends it. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b656e04220420', 'hex');

/** The node's own, made once and kept in the data folder for root alone. Throws where it cannot be kept. */
export async function keptWireguardKey(dataDir: string): Promise<WireguardKey> {
  const file = path.join(dataDir, 'wireguard.key');
  const kept = await readFile(file, 'utf8').catch(() => '');
  const bytes = Buffer.from(kept.trim(), 'base64');
  if (bytes.length === KEY_BYTES) return keyOf(bytes);
  const { privateKey } = generateKeyPairSync('x25519');
  const made = keyOf(privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(-KEY_BYTES));
  await mkdir(dataDir, { recursive: true });
  await writeFile(`${file}.new`, `${made.privateKey}\n`, { mode: 0o600 });
  await rename(`${file}.new`, file);
  return made;
}

export function keyOf(bytes: Buffer): WireguardKey {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, bytes]), format: 'der', type: 'pkcs8' });
  const told = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { privateKey: bytes.toString('base64'), publicKey: told.subarray(-KEY_BYTES).toString('base64') };
}
