/** What the store and its writer thread say to each other. */

/** One row of the log, as it is written and read back. */
export interface Row {
  readonly revision: number;
  readonly key: string;
  readonly deleted: boolean;
  readonly createRevision: number;
  readonly version: number;
  readonly lease: string | null;
  /** Empty for a deletion. */
  readonly value: Uint8Array;
}

/** Rows in columns: what costs a copy for each object from thread to thread costs one for all of them. */
export interface PackedRows {
  readonly keys: readonly string[];
  readonly leases: readonly (string | null)[];
  /** Five for each row: revision, whether it is deleted, createRevision, version, bytes of the value. */
  readonly numbers: Float64Array;
  /** All values, one after the other. */
  readonly values: Uint8Array;
}

export interface LeaseRow {
  readonly id: string;
  readonly ttlMs: number;
}

/** What the store asks of the thread. */
export type Request =
  | {
      readonly type: 'write';
      readonly rows: PackedRows;
      readonly grants: readonly LeaseRow[];
      readonly ends: readonly string[];
    }
  | { readonly type: 'compact'; readonly revision: number }
  | { readonly type: 'backup'; readonly path: string }
  | { readonly type: 'close' };

export interface ToWriter {
  readonly id: number;
  readonly request: Request;
}

export type FromWriter =
  /** Sent as often as needed while the log is read at the start, in order of revision. */
  | { readonly type: 'loaded'; readonly rows: readonly Row[] }
  | {
      readonly type: 'ready';
      readonly compactedRevision: number;
      readonly revision: number;
      readonly leases: readonly LeaseRow[];
    }
  /** Instead of `ready`. */
  | { readonly type: 'refused'; readonly failure: Failure }
  /** Answers to requests, by their id: a backup or a compaction takes long, and writes go on meanwhile. */
  | { readonly type: 'done'; readonly id: number }
  | { readonly type: 'failed'; readonly id: number; readonly failure: Failure };

export interface Failure {
  readonly kind: FailureKind;
  readonly message: string;
}

export type FailureKind = 'full' | 'locked' | 'corrupt' | 'other';

export interface WriterOptions {
  readonly directory: string;
  /** For tests of a full disk: SQLite refuses to grow beyond this many pages. */
  readonly maxPages?: number;
}
