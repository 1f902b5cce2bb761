import type { StoredObject } from '../../shared/api/objects';
import type { Kind } from '../kinds/kind';
import type { Compare, Op, Store } from '../store/store';
import type { ObjectCache } from './object-cache';
import { resourceOf } from './store-keys';
import { CachedObject, deepFreeze, toValue } from './stored-object';
import type { TtlLeases } from './ttl-leases';

/** Commits one object at a time, by compare-and-swap, and returns when the cache shows the result. */
export class ObjectWriter {
  constructor(
    private readonly store: Store,
    private readonly cache: ObjectCache,
    private readonly leases: TtlLeases,
  ) {}

  /** Undefined where the object, or one of the keys in `also`, is not as expected any more: the cache then shows how
   * it is. `expected` undefined: the object must not exist. */
  async put(
    kind: Kind,
    storeKey: string,
    object: StoredObject,
    expected: CachedObject | undefined,
    also: readonly Compare[] = [],
  ): Promise<CachedObject | undefined> {
    const lease = kind.ttlSeconds === undefined ? undefined : await this.leases.leaseFor(kind.ttlSeconds);
    const op: Op = { type: 'put', key: storeKey, value: toValue(object), ...(lease === undefined ? {} : { lease }) };
    const revision = await this.commit(op, expected, also);
    if (revision === undefined) return undefined;
    const shown = this.cache.of(resourceOf(kind)).get(storeKey);
    if (shown?.revision === revision) return shown;
    // Somebody wrote again already: what this call wrote is not what the cache shows.
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    return new CachedObject(storeKey, deepFreeze({ ...object, metadata }), revision);
  }

  /** The object at its deletion's revision; undefined where it changed meanwhile. */
  async remove(old: CachedObject): Promise<CachedObject | undefined> {
    const revision = await this.commit({ type: 'delete', key: old.storeKey }, old, []);
    return revision === undefined ? undefined : old.atRevision(revision);
  }

  private async commit(
    op: Op,
    expected: CachedObject | undefined,
    also: readonly Compare[],
  ): Promise<number | undefined> {
    const compare: Compare = { key: op.key, target: 'modRevision', equals: expected?.revision ?? 0 };
    const result = await this.store.commit({ compares: [compare, ...also], ops: [op] });
    await this.cache.caughtUp(result.revision);
    return result.succeeded ? result.revision : undefined;
  }
}
