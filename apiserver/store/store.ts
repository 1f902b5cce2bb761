/**
 * The store: one etcd-shaped interface, several drivers (memory, sqlite; etcd to come), one contract suite.
 *
 * There is one revision for everything: each committed transaction that changes something takes the next one, and it is
 * what clients see as `resourceVersion`. Revisions are never reused, also not after a crash.
 */

/** A stored key with its value and its history in revisions. Values are immutable: never write into the buffer. */
export interface KeyValue {
  readonly key: string;
  readonly value: Buffer;
  /** Revision of the transaction that created the key (again, if it had been deleted). */
  readonly createRevision: number;
  /** Revision of the last transaction that wrote the key. */
  readonly modRevision: number;
  /** 1 for a new key, plus 1 for each write since. */
  readonly version: number;
  /** The lease the key lives under; it is deleted when the lease ends. */
  readonly lease?: LeaseId;
}

export type LeaseId = string;

/** A condition on one key. An absent key has modRevision, createRevision and version 0. */
export interface Compare {
  readonly key: string;
  readonly target: 'modRevision' | 'createRevision' | 'version';
  readonly equals: number;
}

export type Op =
  | { readonly type: 'put'; readonly key: string; readonly value: Buffer; readonly lease?: LeaseId }
  | { readonly type: 'delete'; readonly key: string };

export interface Transaction {
  /** All must hold, else nothing is written. */
  readonly compares: readonly Compare[];
  /** Applied together, at one revision. A key may appear once. */
  readonly ops: readonly Op[];
  /** Fencing: the transaction also fails when this no longer holds, so a deposed leader cannot write. */
  readonly guard?: Compare;
}

export type TransactionResult =
  /** `revision`: of this transaction; where the ops changed nothing (deleting what is absent), the current one. */
  | { readonly succeeded: true; readonly revision: number }
  /** `current`: the compared keys as they are now, in the order of `compares`, so the caller needs no second read. */
  | {
      readonly succeeded: false;
      readonly fenced: boolean;
      readonly revision: number;
      readonly current: readonly (KeyValue | undefined)[];
    };

export interface ListOptions {
  readonly prefix: string;
  /** At most this many items; absent: all. */
  readonly limit?: number;
  /** Continue behind this key (exclusive). */
  readonly after?: string;
  /** As of this revision; absent: now. Compacted -> `CompactedError`; not reached yet -> `FutureRevisionError`. */
  readonly revision?: number;
}

export interface ListResult {
  /** Ascending by key, compared as UTF-8 bytes. */
  readonly items: readonly KeyValue[];
  /** The revision the list is a snapshot of. */
  readonly revision: number;
  /** Items behind the last one returned, 0 when the list is complete. */
  readonly remaining: number;
}

export interface StoreEvent {
  readonly type: 'put' | 'delete';
  readonly key: string;
  /** The new value of a put; absent for a delete. */
  readonly kv?: KeyValue;
  /** What stood there before: absent for a key that was created. Always present for a delete. */
  readonly previous?: KeyValue;
  /** Revision of the transaction, also for deletes. */
  readonly revision: number;
}

/** What a watcher is handed: all events of one or more whole transactions, or a bookmark. */
export interface WatchBatch {
  /** Empty in a bookmark. */
  readonly events: readonly StoreEvent[];
  /** Every event of the prefix up to and including this revision has been delivered. */
  readonly revision: number;
}

export interface WatchOptions {
  readonly prefix: string;
  /** Deliver events with a revision greater than this. Compacted -> `CompactedError` from `watch` itself. */
  readonly afterRevision: number;
  /** Ask for a bookmark at least this often while nothing happens (by the store's clock); absent: none. */
  readonly bookmarkMs?: number;
}

/**
 * The six guarantees of a watch, each with a checker in `contract/watch-checkers.ts`:
 * - ordered: events come in ascending revision;
 * - unique: no event comes twice;
 * - reliable: no event between two delivered ones is missing;
 * - atomic: the events of one transaction come in one batch, never split;
 * - resumable: a new watch from the last delivered revision continues without gap or repeat;
 * - bookmarked: a bookmark's revision promises that all earlier events were delivered.
 */
export interface Watcher extends AsyncIterable<WatchBatch> {
  /** Ends the iteration; idempotent. */
  close(): void;
}

export interface ListAndWatchOptions {
  readonly prefix: string;
  readonly bookmarkMs?: number;
  /** Hand out what led from this revision to the snapshot as well. */
  readonly historyAfter?: number;
}

export interface ListAndWatch {
  readonly snapshot: ListResult;
  readonly watcher: Watcher;
  /** Every event after `historyAfter` up to the snapshot, ascending; empty where none was asked for. */
  readonly history: readonly StoreEvent[];
}

/** Reading only: whoever is handed this cannot write. */
export interface StoreReader {
  /** The revision of the last committed transaction; 0 for an empty new store... never decreasing. */
  readonly revision: number;
  /** Revisions below this one are compacted away. */
  readonly compactedRevision: number;
  get(key: string, options?: { readonly revision?: number }): Promise<KeyValue | undefined>;
  list(options: ListOptions): Promise<ListResult>;
  /** Subscribed when this returns: no event after `afterRevision` is lost. Throws `CompactedError`. A watcher that
   * falls too far behind its buffer ends with `SlowWatcherError`, and resumes by a new watch. */
  watch(options: WatchOptions): Watcher;
  /** A snapshot and all later events, with no gap between them. Throws `CompactedError`. */
  listAndWatch(options: ListAndWatchOptions): Promise<ListAndWatch>;
}

export interface Store extends StoreReader {
  /** Resolves after the transaction is durable by the driver's promise (sqlite: fsynced), never before.
   * Throws `StoreFullError` (nothing written), `StoreClosedError`, and `LeaseNotFoundError` for an unknown lease. */
  commit(transaction: Transaction): Promise<TransactionResult>;
  /** A lease that ends `ttlMs` after its grant or last renewal, by the store's clock. */
  grantLease(ttlMs: number): Promise<LeaseId>;
  /** Throws `LeaseNotFoundError` when it has already ended. */
  renewLease(lease: LeaseId): Promise<void>;
  /** Ends the lease and deletes its keys in one transaction. Idempotent. */
  revokeLease(lease: LeaseId): Promise<void>;
  /** Forgets the history below `revision`; current values stay. Later reads below it -> `CompactedError`. */
  compact(revision: number): Promise<void>;
  /** A consistent copy of everything, taken while writes go on, written to the new file `path`. */
  backup(path: string): Promise<void>;
  /** Ends watchers, waits for writes in flight, releases the data directory. Idempotent. */
  close(): Promise<void>;
}

/** The store's own errors; the registry maps them to Status once. */
export abstract class StoreError extends Error {}

export class CompactedError extends StoreError {
  override readonly name = 'CompactedError';
  constructor(
    readonly requested: number,
    readonly compacted: number,
  ) {
    super(`revision ${requested} is compacted: the oldest still kept is ${compacted}`);
  }
}
export class FutureRevisionError extends StoreError {
  override readonly name = 'FutureRevisionError';
  constructor(
    readonly requested: number,
    readonly current: number,
  ) {
    super(`revision ${requested} lies in the future: the current one is ${current}`);
  }
}
export class SlowWatcherError extends StoreError {
  override readonly name = 'SlowWatcherError';
}
export class StoreFullError extends StoreError {
  override readonly name = 'StoreFullError';
}
export class StoreClosedError extends StoreError {
  override readonly name = 'StoreClosedError';
}
export class StoreLockedError extends StoreError {
  override readonly name = 'StoreLockedError';
}
export class StoreCorruptError extends StoreError {
  override readonly name = 'StoreCorruptError';
}
export class LeaseNotFoundError extends StoreError {
  override readonly name = 'LeaseNotFoundError';
}
