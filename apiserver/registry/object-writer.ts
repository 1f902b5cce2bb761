import type { StoredObject } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import type { Compare, Op, Store, Transaction } from '../store/store';
import type { ObjectCache } from './object-cache';
import { claimKeyOf, resourceOf } from './store-keys';
import { CachedObject, deepFreeze, toValue } from './stored-object';
import type { TtlLeases } from './ttl-leases';

/** What etcd takes of one object by default: stores must be able to follow one another, and watchers to keep up. */
const MAX_VALUE_BYTES = 1.5 * 1024 * 1024;

const tooLarge = (kind: Kind, { metadata }: StoredObject, bytes: number): StatusError =>
  new StatusError(
    'RequestEntityTooLarge',
    `${kind.plural} ${JSON.stringify(metadata.name)} is too large: ${bytes} bytes as it would be stored, where ${MAX_VALUE_BYTES} are the most; split it up`,
  );

/** Commits one object at a time, by compare-and-swap, and returns when the cache shows the result. */
export class ObjectWriter {
  constructor(
    private readonly store: Store,
    private readonly cache: ObjectCache,
    private readonly leases: TtlLeases,
  ) {}

  /** Undefined where the object, one of the keys in `also`, or who holds what it claims, is not as expected any more: the cache then shows how
   * it is. `expected` undefined: the object must not exist. `isPlain`: the object is made of parts of the expected one and
   * says nothing that JSON leaves out, so that it may be kept as it is. */
  async put(
    kind: Kind,
    storeKey: string,
    object: StoredObject,
    expected: CachedObject | undefined,
    { also = [], isPlain = false }: { readonly also?: readonly Compare[]; readonly isPlain?: boolean } = {},
  ): Promise<CachedObject | undefined> {
    const lease = kind.ttlSeconds === undefined ? undefined : await this.leases.leaseFor(kind.ttlSeconds);
    const value = toValue(object);
    if (value.length > MAX_VALUE_BYTES) throw tooLarge(kind, object, value.length);
    const op: Op = { type: 'put', key: storeKey, value, ...(lease === undefined ? {} : { lease }) };
    const claims = claimChanges(kind, expected?.object, object);
    const forget = isPlain ? this.cache.announce(value, object) : undefined;
    const revision = await this.commit(op, expected, {
      compares: [...also, ...claims.compares],
      ops: claims.ops,
    }).finally(forget);
    if (revision === undefined) return undefined;
    const shown = this.cache.of(resourceOf(kind)).get(storeKey);
    if (shown?.revision === revision) return shown;
    // Somebody wrote again already: what this call wrote is not what the cache shows.
    const metadata = { ...object.metadata, resourceVersion: String(revision) };
    return new CachedObject(storeKey, deepFreeze({ ...object, metadata }), revision);
  }

  /** The object at its deletion's revision; undefined where it changed meanwhile. */
  async remove(kind: Kind, old: CachedObject): Promise<CachedObject | undefined> {
    const claims = claimChanges(kind, old.object, undefined);
    const revision = await this.commit({ type: 'delete', key: old.storeKey }, old, claims);
    return revision === undefined ? undefined : old.atRevision(revision);
  }

  private async commit(
    op: Op,
    expected: CachedObject | undefined,
    also: Pick<Transaction, 'compares' | 'ops'>,
  ): Promise<number | undefined> {
    const compare: Compare = { key: op.key, target: 'modRevision', equals: expected?.revision ?? 0 };
    const result = await this.store.commit({ compares: [compare, ...also.compares], ops: [op, ...also.ops] });
    await this.cache.caughtUp(result.revision);
    return result.succeeded ? result.revision : undefined;
  }
}

/** Claims taken and given back by a change from `before` to `now`; the change fails when another object holds one. */
function claimChanges(
  kind: Kind,
  before: StoredObject | undefined,
  now: StoredObject | undefined,
): Pick<Transaction, 'compares' | 'ops'> {
  if (kind.claims === undefined) return { compares: [], ops: [] };
  const held = before === undefined ? [] : kind.claims(before);
  const wanted = now === undefined ? [] : kind.claims(now);
  const taken = wanted.filter((claim) => !held.includes(claim)).map(claimKeyOf);
  const released = held.filter((claim) => !wanted.includes(claim)).map(claimKeyOf);
  const holder = Buffer.from(now?.metadata.uid ?? '');
  return {
    compares: taken.map((key) => ({ key, target: 'modRevision', equals: 0 })),
    ops: [
      ...taken.map((key): Op => ({ type: 'put', key, value: holder })),
      ...released.map((key): Op => ({ type: 'delete', key })),
    ],
  };
}
