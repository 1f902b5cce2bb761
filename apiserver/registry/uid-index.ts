import type { CachedObject } from './stored-object';

/**
 * Which uids there are. Made when somebody first asks, and kept from then on: few kinds are ever asked for one, and most
 * objects are of the others.
 */
export class UidIndex {
  private uids: Set<string> | undefined;

  /** `all`: the objects that there are, read only the first time. */
  has(uid: string, all: Iterable<CachedObject>): boolean {
    this.uids ??= new Set(Array.from(all, ({ object }) => object.metadata.uid));
    return this.uids.has(uid);
  }

  replace(before: CachedObject | undefined, now: CachedObject | undefined): void {
    if (before !== undefined) this.uids?.delete(before.object.metadata.uid);
    if (now !== undefined) this.uids?.add(now.object.metadata.uid);
  }
}
