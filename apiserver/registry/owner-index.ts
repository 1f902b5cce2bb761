import { SortedKeys } from '../store/mvcc/key-order';
import type { CachedObject } from './stored-object';

/** Which objects name an owner, and which nobody controls: by their store keys, ascending. */
export class OwnerIndex {
  /** By the uid in their owner references. */
  private readonly byUid = new Map<string, SortedKeys>();
  private readonly uncontrolled = new SortedKeys();

  dependentsOf(uid: string, prefix: string): Iterable<string> {
    return this.byUid.get(uid)?.range(prefix) ?? [];
  }

  /** Those without an owner reference that says `controller: true`. */
  orphans(prefix: string): Iterable<string> {
    return this.uncontrolled.range(prefix);
  }

  /** Takes note that the object under `storeKey` was `before` and is `now`. */
  replace(storeKey: string, before: CachedObject | undefined, now: CachedObject | undefined): void {
    this.replaceOwners(storeKey, ownersOf(before), ownersOf(now));
    const wasOrphan = before !== undefined && !isControlled(before);
    const isOrphan = now !== undefined && !isControlled(now);
    if (isOrphan && !wasOrphan) this.uncontrolled.add(storeKey);
    else if (wasOrphan && !isOrphan) this.uncontrolled.delete(storeKey);
  }

  private replaceOwners(storeKey: string, before: readonly string[], now: readonly string[]): void {
    for (const uid of before) {
      if (now.includes(uid)) continue;
      const keys = this.byUid.get(uid);
      keys?.delete(storeKey);
      if (keys?.isEmpty === true) this.byUid.delete(uid);
    }
    for (const uid of now) {
      if (before.includes(uid)) continue;
      const keys = this.byUid.get(uid) ?? new SortedKeys();
      keys.add(storeKey);
      this.byUid.set(uid, keys);
    }
  }
}

const ownersOf = (cached: CachedObject | undefined): readonly string[] =>
  (cached?.object.metadata.ownerReferences ?? []).map(({ uid }) => uid);

const isControlled = ({ object }: CachedObject): boolean =>
  object.metadata.ownerReferences?.some(({ controller }) => controller === true) === true;
