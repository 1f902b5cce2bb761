import type { Clock } from '../../shared/clock';
import type { ObjectChange } from './client';
import type { StoredObject } from '../../shared/api/objects';
import { OwnerIndex } from './owner-index';
import { SortedKeys } from '../store/mvcc/key-order';
import type { StoreEvent } from '../store/store';
import type { CachedObject } from './stored-object';
import { fromKeyValue } from './stored-object';
import { UidIndex } from './uid-index';

/** A change of one object, kept for watches that resume. */
export interface CacheEvent {
  readonly revision: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  /** The object as it is now; of a deletion its last state at the deletion's revision. */
  readonly current: CachedObject;
  readonly previous?: CachedObject;
}

export type ChangeHandler = (change: ObjectChange<StoredObject>) => void;

/** How many changes of a kind a slow or resuming watch may be behind before it has to list again. */
const WINDOW = 4_096;

/** So many watches are woken for each millisecond that changes are gathered; fewer are woken at once. */
const WATCHES_PER_MS = 50;
const MAX_GATHER_MS = 50;

/** The objects of one kind, sorted by store key, with the recent changes and who waits for the next one. */
export class KindCache {
  private readonly objects = new Map<string, CachedObject>();
  private readonly sortedKeys = new SortedKeys();
  private readonly owners = new OwnerIndex();
  private readonly uids = new UidIndex();
  private readonly handlers = new Set<ChangeHandler>();
  private readonly waiting = new Set<() => void>();
  private events: CacheEvent[] = [];
  /** Index of `events[0]` among all events of this kind ever seen: cursors are such indices. */
  private firstIndex = 0;
  /** Where what the watches have been woken for ends: what comes behind it is being gathered. */
  private told = 0;
  private wokenMs = -Infinity;
  private cancelWake: (() => void) | undefined;

  constructor(
    private readonly clock: Clock,
    /** Every change after this revision is in the window. */
    private windowStart: number,
  ) {}

  get(storeKey: string): CachedObject | undefined {
    return this.objects.get(storeKey);
  }

  /** Whether an object of this uid is there, wherever it stands. */
  hasUid(uid: string): boolean {
    return this.uids.has(uid, this.objects.values());
  }

  /** Revision of the last change of any object of this kind, or of the window's start. */
  get lastRevision(): number {
    return this.events.at(-1)?.revision ?? this.windowStart;
  }

  /** Objects whose store key begins with `prefix`, ascending, after the key `after` where given. */
  list(prefix: string, after?: string): Generator<CachedObject> {
    return this.under(this.sortedKeys.range(prefix, after));
  }

  /** Objects below `prefix` with an owner reference of this uid, ascending. */
  listOwned(uid: string, prefix: string): Generator<CachedObject> {
    return this.under(this.owners.dependentsOf(uid, prefix));
  }

  /** Objects below `prefix` that nobody controls, ascending. */
  listOrphans(prefix: string): Generator<CachedObject> {
    return this.under(this.owners.orphans(prefix));
  }

  private *under(storeKeys: Iterable<string>): Generator<CachedObject> {
    for (const storeKey of storeKeys) {
      const object = this.objects.get(storeKey);
      if (object !== undefined) yield object;
    }
  }

  /** Fills the cache before anybody watches. */
  load(object: CachedObject): void {
    const before = this.objects.get(object.storeKey);
    this.owners.replace(object.storeKey, before, object);
    this.uids.replace(before, object);
    if (before === undefined) this.sortedKeys.add(object.storeKey);
    this.objects.set(object.storeKey, object);
  }

  /**
   * Puts a change from before the cache was filled into the window: in their order, before any other. `known`: the object
   * before it, where that has been read already. Returns the object after it, or at its deletion.
   */
  recall({ kv, previous, revision }: StoreEvent, known?: CachedObject): CachedObject | undefined {
    const before = previous === undefined ? undefined : (known ?? fromKeyValue(previous));
    const current = kv === undefined ? before?.atRevision(revision) : this.sameOr(fromKeyValue(kv));
    if (current === undefined) return undefined;
    const type = kv === undefined ? 'DELETED' : before === undefined ? 'ADDED' : 'MODIFIED';
    this.events.push({ revision, type, current, ...(before === undefined ? {} : { previous: before }) });
    this.told = this.cursor;
    return current;
  }

  /** The cached object where it is the same revision: kept once. */
  private sameOr(object: CachedObject): CachedObject {
    const cached = this.objects.get(object.storeKey);
    return cached?.revision === object.revision ? cached : object;
  }

  put(object: CachedObject): void {
    const previous = this.objects.get(object.storeKey);
    this.load(object);
    this.record(
      previous === undefined
        ? { revision: object.revision, type: 'ADDED', current: object }
        : { revision: object.revision, type: 'MODIFIED', current: object, previous },
    );
  }

  remove(storeKey: string, revision: number): void {
    const previous = this.objects.get(storeKey);
    if (previous === undefined) return;
    this.objects.delete(storeKey);
    this.owners.replace(storeKey, previous, undefined);
    this.uids.replace(previous, undefined);
    this.sortedKeys.delete(storeKey);
    this.record({ revision, type: 'DELETED', current: previous.atRevision(revision), previous });
  }

  /** Keys of everything cached, for a comparison with a fresh list. */
  keys(): readonly string[] {
    return this.sortedKeys.all();
  }

  onChange(handler: ChangeHandler): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  /**
   * Wakes the watches, once a whole transaction is visible. Where there are many, each of which costs a write, what comes
   * in quick succession is gathered, and told to each at once.
   */
  wake(): void {
    if (this.cancelWake !== undefined) return;
    const gatherMs = Math.min(Math.floor(this.waiting.size / WATCHES_PER_MS), MAX_GATHER_MS);
    const restMs = this.wokenMs + gatherMs - this.clock.monotonic();
    if (gatherMs === 0) return this.wakeAll();
    if (restMs > 0) this.cancelWake = this.clock.setTimeout(() => this.wakeMany(), restMs);
    else this.wakeMany();
  }

  /** What comes while they are told is gathered too: the next time counts from when all have been told. */
  private wakeMany(): void {
    this.wakeAll();
    this.cancelWake = this.clock.setTimeout(() => {
      this.cancelWake = undefined;
      this.wokenMs = this.clock.monotonic();
      if (this.told < this.cursor) this.wake();
    }, 0);
  }

  /** Wakes the watches now, which find that all is over. */
  close(): void {
    this.cancelWake?.();
    this.wakeAll();
  }

  private wakeAll(): void {
    this.cancelWake = undefined;
    this.told = this.cursor;
    this.wokenMs = this.clock.monotonic();
    const waiting = [...this.waiting];
    this.waiting.clear();
    for (const resume of waiting) resume();
  }

  /** Calls `resume` once, when there is news. Returns the function that forgets it. */
  onNews(resume: () => void): () => void {
    this.waiting.add(resume);
    return () => this.waiting.delete(resume);
  }

  /** Where a watch of all later changes starts. */
  get cursor(): number {
    return this.firstIndex + this.events.length;
  }

  /** Where a watch of all changes after `revision` starts; undefined when some of them are forgotten. */
  cursorAfter(revision: number): number | undefined {
    if (revision < this.windowStart) return undefined;
    const index = lowerBound(this.events, (event) => event.revision > revision);
    return this.firstIndex + index;
  }

  /** The changes from a cursor on that watches are to be told of, at most `max`; undefined when some of them are forgotten. */
  eventsFrom(cursor: number, max: number): readonly CacheEvent[] | undefined {
    if (cursor < this.firstIndex) return undefined;
    return this.events.slice(cursor - this.firstIndex, Math.min(cursor + max, this.told) - this.firstIndex);
  }

  get oldestRevision(): number {
    return this.windowStart;
  }

  private record(event: CacheEvent): void {
    this.events.push(event);
    if (this.events.length > WINDOW * 2) {
      this.windowStart = this.events[WINDOW - 1]?.revision ?? this.windowStart;
      this.events = this.events.slice(WINDOW);
      this.firstIndex += WINDOW;
    }
    const change: ObjectChange<StoredObject> =
      event.previous === undefined
        ? { type: event.type, object: event.current.object }
        : { type: event.type, object: event.current.object, previous: event.previous.object };
    for (const handler of this.handlers) handler(change);
  }
}

/** Index of the first item that passes; all before it fail, all after it pass. */
function lowerBound<T>(items: readonly T[], passes: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && passes(item)) high = middle;
    else low = middle + 1;
  }
  return low;
}
