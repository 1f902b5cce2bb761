import type { StoredObject } from '../../shared/api/objects';
import type { KeyValue } from '../store/store';
import type { Encoded } from './registry';

/** A frozen object of one revision. Its JSON is made when first asked for, and then the same bytes go to everybody. */
export class CachedObject implements Encoded {
  private encoded: Buffer | undefined;
  private presented: Map<string, CachedObject> | undefined;

  constructor(
    readonly storeKey: string,
    readonly object: StoredObject,
    readonly revision: number,
  ) {}

  get json(): Buffer {
    return (this.encoded ??= Buffer.from(JSON.stringify(this.object)));
  }

  get namespace(): string | undefined {
    return this.object.metadata.namespace;
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

/** The object in a stored value, whose resourceVersion is the revision of its last write. */
export function fromKeyValue({ key, value, modRevision }: KeyValue): CachedObject {
  const object = JSON.parse(value.toString('utf8')) as StoredObject;
  object.metadata.resourceVersion = String(modRevision);
  return new CachedObject(key, deepFreeze(object), modRevision);
}

/** What is stored: the JSON without resourceVersion, which the store itself knows. */
export function toValue(object: StoredObject): Buffer {
  const { resourceVersion: _, ...metadata } = object.metadata;
  return Buffer.from(JSON.stringify({ ...object, metadata }));
}

export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const child of Object.values(value)) deepFreeze(child);
  return value;
}
