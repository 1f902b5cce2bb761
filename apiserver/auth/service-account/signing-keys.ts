import type { KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey, generateKeyPair } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { errorCodeOf } from '../../../shared/error-code';
import { writePrivateFile } from '../private-file';

/** RS256 is the one algorithm that every OpenID Connect client must know (OpenID Connect Core 1.0, section 15.1). */
export type SigningAlgorithm = 'RS256' | 'ES256';

/** A key that tokens may be signed with. */
export interface VerificationKey {
  /** Base64url SHA-256 of the public key's DER, as Kubernetes names keys. */
  readonly id: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicKey: KeyObject;
}

/** What signs the tokens of service accounts, and all that their signatures may be checked with. */
export interface SigningKeys {
  readonly current: VerificationKey & { readonly privateKey: KeyObject };
  /** By id; with `current`. */
  readonly accepted: ReadonlyMap<string, VerificationKey>;
}

const RSA_BITS = 2048;

/**
 * The signing key in `file`, made there (mode 0600) where it is missing, and those of `moreFiles`, public or private,
 * whose tokens stay good after a change of the key. Rejects naming the file that holds no usable key.
 */
export async function openSigningKeys(file: string, moreFiles: readonly string[] = []): Promise<SigningKeys> {
  const privateKey = await openPrivateKey(file);
  const current = { ...verificationKey(createPublicKey(privateKey), file), privateKey };
  const more = await Promise.all(
    moreFiles.map(async (each) => verificationKey(parseKey(await readFile(each), each, createPublicKey), each)),
  );
  return { current, accepted: new Map([current, ...more].map((key) => [key.id, key])) };
}

async function openPrivateKey(file: string): Promise<KeyObject> {
  try {
    return parseKey(await readFile(file), file, createPrivateKey);
  } catch (error) {
    if (errorCodeOf(error) !== 'ENOENT') throw error;
  }
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: RSA_BITS });
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writePrivateFile(file, privateKey.export({ format: 'pem', type: 'pkcs8' }));
  return privateKey;
}

function parseKey(pem: Buffer, file: string, parse: (pem: Buffer) => KeyObject): KeyObject {
  try {
    return parse(pem);
  } catch (error) {
    throw new Error(`${file}: holds no key in PEM that could be read`, { cause: error });
  }
}

function verificationKey(publicKey: KeyObject, file: string): VerificationKey {
  const der = publicKey.export({ format: 'der', type: 'spki' });
  const id = createHash('sha256').update(der).digest('base64url');
  if (publicKey.asymmetricKeyType === 'rsa') return { id, algorithm: 'RS256', publicKey };
  if (publicKey.asymmetricKeyDetails?.namedCurve === 'prime256v1') return { id, algorithm: 'ES256', publicKey };
  throw new Error(`${file}: must hold an RSA key or an EC key on P-256`);
}
