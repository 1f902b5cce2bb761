import type { StoredObject } from '../../shared/api/objects';
import type { KeyValue } from '../store/store';
import type { Encoded } from './registry';

/** A frozen object of one revision, and its JSON. */
export class CachedObject implements Encoded {
  private encoded: Buffer | undefined;
  private presented: Map<string, CachedObject> | undefined;

  constructor(
    readonly storeKey: string,
    readonly object: StoredObject,
    readonly revision: number,
    /** The stored value, where the object is what is stored. */
    private readonly value?: Buffer,
  ) {}

  /** Put together from the stored bytes, which are in memory anyway, or else encoded once. */
  get json(): Buffer {
    if (this.encoded !== undefined) return this.encoded;
    const spliced = this.value === undefined ? undefined : withResourceVersion(this.value, this.revision);
    return spliced ?? (this.encoded = Buffer.from(JSON.stringify(this.object)));
  }

  get namespace(): string | undefined {
    return this.object.metadata.namespace;
  }

  /** Whether `as` has nothing to convert any more. */
  isKnownAs(apiVersion: string): boolean {
    return this.object.apiVersion === apiVersion || this.presented?.has(apiVersion) === true;
  }

  /** The same state in another version of its kind, made once. */
  as(apiVersion: string, convert: (object: StoredObject) => StoredObject): CachedObject {
    if (this.object.apiVersion === apiVersion) return this;
    const versions = (this.presented ??= new Map());
    const known = versions.get(apiVersion);
    if (known !== undefined) return known;
    const converted = new CachedObject(this.storeKey, deepFreeze(convert(this.object)), this.revision);
    versions.set(apiVersion, converted);
    return converted;
  }

  /** The same state at another revision: how a deletion is announced. */
  atRevision(revision: number): CachedObject {
    const metadata = { ...this.object.metadata, resourceVersion: String(revision) };
    return new CachedObject(this.storeKey, deepFreeze({ ...this.object, metadata }), revision);
  }
}

/**
 * The object in a stored value, whose resourceVersion is the revision of its last write. `known`: what the value says, but
 * for that; its parts are shared.
 */
export function fromKeyValue({ key, value, modRevision }: KeyValue, known?: StoredObject): CachedObject {
  const resourceVersion = String(modRevision);
  const object: StoredObject =
    known === undefined
      ? (JSON.parse(value.toString('utf8')) as StoredObject)
      : { ...known, metadata: { ...known.metadata, resourceVersion } };
  object.metadata.resourceVersion = resourceVersion;
  return new CachedObject(key, deepFreeze(object), modRevision, value);
}

/** What is stored: the JSON without resourceVersion, which the store itself knows, and which finds its place by METADATA. */
export function toValue(object: StoredObject): Buffer {
  const { apiVersion, kind, metadata: stored, ...fields } = object;
  const { resourceVersion: _, ...metadata } = stored;
  return Buffer.from(JSON.stringify({ apiVersion, kind, metadata, ...fields }));
}

const HEAD = Buffer.from('{"apiVersion":"');
const METADATA = Buffer.from(',"metadata":{');

/** The bytes of a stored value with its revision put in. Undefined where they are not as `toValue` writes them. */
function withResourceVersion(value: Buffer, revision: number): Buffer | undefined {
  const found = value.indexOf(METADATA);
  if (found < 0 || value.compare(HEAD, 0, HEAD.length, 0, HEAD.length) !== 0) return undefined;
  const at = found + METADATA.length;
  const version = `"resourceVersion":"${revision}",`;
  const spliced = Buffer.allocUnsafe(value.length + version.length);
  value.copy(spliced, 0, 0, at);
  spliced.write(version, at, 'latin1');
  value.copy(spliced, at + version.length, at);
  return spliced;
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}
