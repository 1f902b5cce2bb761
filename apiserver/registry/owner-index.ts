import type { CachedObject } from './stored-object';

const NONE: ReadonlySet<string> = new Set();

/** Which objects name an owner: store keys by the uid in their owner references. */
export class OwnerIndex {
  private readonly byUid = new Map<string, Set<string>>();

  dependentsOf(uid: string): ReadonlySet<string> {
    return this.byUid.get(uid) ?? NONE;
  }

  /** Takes note that the object under `storeKey` was `before` and is `now`. */
  replace(storeKey: string, before: CachedObject | undefined, now: CachedObject | undefined): void {
    for (const uid of ownersOf(before)) {
      const keys = this.byUid.get(uid);
      keys?.delete(storeKey);
      if (keys?.size === 0) this.byUid.delete(uid);
    }
    for (const uid of ownersOf(now)) {
      const keys = this.byUid.get(uid);
      if (keys === undefined) this.byUid.set(uid, new Set([storeKey]));
      else keys.add(storeKey);
    }
  }
}

const ownersOf = (cached: CachedObject | undefined): readonly string[] =>
  (cached?.object.metadata.ownerReferences ?? []).map(({ uid }) => uid);
