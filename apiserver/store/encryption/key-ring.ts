import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { StoreError } from '../store';

/** A key that values are encrypted with, under the name that stands before them. */
export interface EncryptionKey {
  readonly id: string;
  readonly secret: Buffer;
}

/** What is stored cannot be read, or keys cannot be used. */
export class EncryptionError extends StoreError {
  override readonly name = 'EncryptionError';
}

export const SECRET_BYTES = 32;
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const PREFIX = 'k8s:enc:aesgcm:v1:';
const MARK = Buffer.from(PREFIX);
const COLON = ':'.charCodeAt(0);

/**
 * Encrypts values with the first of its keys, and decrypts what any of them encrypted: AES-256-GCM under a random nonce
 * each time. The store key that a value stands under is authenticated with it, so that no value can stand for another.
 * An encrypted value is `k8s:enc:aesgcm:v1:KEYID:`, the nonce, what is encrypted, and the tag.
 */
export class KeyRing {
  private readonly byId: ReadonlyMap<string, EncryptionKey>;

  /** `source`: where the keys are from, for messages. */
  constructor(
    private readonly keys: readonly [EncryptionKey, ...EncryptionKey[]],
    private readonly source: string,
  ) {
    this.byId = new Map(keys.map((key) => [key.id, key]));
  }

  /** The id of the key that encrypts. */
  get current(): string {
    return this.keys[0].id;
  }

  encrypt(storeKey: string, value: Buffer): Buffer {
    const [{ id, secret }] = this.keys;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(CIPHER, secret, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(storeKey));
    const head = Buffer.from(`${PREFIX}${id}:`);
    return Buffer.concat([head, nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  }

  /** The value itself where it is not encrypted. Throws EncryptionError, which names the key and the object. */
  decrypt(storeKey: string, value: Buffer): Buffer {
    const id = keyIdOf(value);
    if (id === undefined) return value;
    const key = this.byId.get(id);
    if (key === undefined) {
      throw new EncryptionError(
        `${storeKey} is encrypted with the key ${JSON.stringify(id)}, which is not in ${this.source} (${[...this.byId.keys()].join(', ')}): add the line of that key to the file again, below the others`,
      );
    }
    const start = MARK.length + Buffer.byteLength(id) + 1;
    const end = value.length - TAG_BYTES;
    try {
      const nonce = value.subarray(start, start + NONCE_BYTES);
      const decipher = createDecipheriv(CIPHER, key.secret, nonce, { authTagLength: TAG_BYTES });
      decipher.setAAD(Buffer.from(storeKey));
      decipher.setAuthTag(value.subarray(end));
      return Buffer.concat([decipher.update(value.subarray(start + NONCE_BYTES, end)), decipher.final()]);
    } catch (error) {
      throw new EncryptionError(
        `${storeKey} cannot be decrypted with the key ${JSON.stringify(id)} of ${this.source}: the key is not the one that encrypted it, or the value was changed or moved outside of the server`,
        { cause: error },
      );
    }
  }

  /** Whether a value is encrypted with the key that encrypts now. */
  isCurrent(value: Buffer): boolean {
    return keyIdOf(value) === this.current;
  }
}

/** The key that a value is encrypted with; undefined where it is not. */
export function keyIdOf(value: Buffer): string | undefined {
  if (value.length < MARK.length || value.compare(MARK, 0, MARK.length, 0, MARK.length) !== 0) return undefined;
  const end = value.indexOf(COLON, MARK.length);
  return end < 0 ? '' : value.toString('utf8', MARK.length, end);
}
