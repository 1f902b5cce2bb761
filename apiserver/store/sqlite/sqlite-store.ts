import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { Leases } from '../mvcc/leases';
import type { Committed } from '../mvcc/mvcc-state';
import { MvccState } from '../mvcc/mvcc-state';
import { eventsOf, judge } from '../mvcc/transactions';
import type {
  KeyValue,
  LeaseId,
  ListOptions,
  ListResult,
  Op,
  Store,
  StoreEvent,
  Transaction,
  TransactionResult,
  WatchOptions,
  Watcher,
} from '../store';
import { FutureRevisionError, StoreClosedError } from '../store';
import type { LeaseRow, Row } from './protocol';
import { Writer } from './writer';

export interface SqliteStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How many revisions of history stay at least before older ones are compacted by themselves. */
  readonly keepRevisions?: number;
  readonly maxPages?: number;
}

const KEEP_REVISIONS = 10_000;
/** Rows of one durable transaction at most, so that one group does not keep the others waiting. */
const GROUP_ROWS = 512;

/** Something waiting for the disk: a transaction with its events, or a lease that is granted or ended. */
interface Pending {
  readonly committed?: Committed;
  readonly grant?: LeaseRow;
  readonly end?: LeaseId;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Opens the data folder, checks all of it, and locks it. Throws StoreLockedError, StoreCorruptError. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const state = new MvccState(options.clock);
  const builder = new HistoryBuilder(state);
  const { writer, loaded } = await Writer.start(
    { directory: options.directory, ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }) },
    (row) => builder.add(row),
  );
  builder.finish(loaded.revision, loaded.compactedRevision);
  return new SqliteStore(options, state, writer, loaded.leases);
}

/**
 * The durable store. A transaction is judged at once against what is committed or about to be, gets its revision, and
 * waits for the writer thread; while one group is being written the next gathers. Only when its group is on disk does a
 * transaction become visible, and only then is it acknowledged. When a group fails nothing of it was written, and what
 * was judged on top of it fails with it.
 */
class SqliteStore implements Store {
  private readonly leases: Leases;
  /** Newest values of keys that are judged but not yet on disk; `undefined` inside: about to be deleted. */
  private readonly ahead = new Map<string, { readonly revision: number; readonly kv: KeyValue | undefined }>();
  private headRevision: number;
  private queue: Pending[] = [];
  private writing = false;
  private nextLease: number;
  private closing: Promise<void> | undefined;
  private compacting = false;
  private idle: (() => void)[] = [];

  constructor(
    private readonly options: SqliteStoreOptions,
    private readonly state: MvccState,
    private readonly writer: Writer,
    leases: readonly LeaseRow[],
  ) {
    this.headRevision = state.revision;
    this.leases = new Leases(options.clock, (id) => this.expire(id));
    // A lease known from before runs anew: its holder may have been unable to renew it while we were away.
    for (const { id, ttlMs } of leases) this.leases.grant(id, ttlMs);
    this.nextLease = Math.max(0, ...leases.map(({ id }) => Number(id))) + 1;
    for (const kv of state.list({ prefix: '' }).items) {
      if (kv.lease !== undefined) this.leases.note([{ type: 'put', key: kv.key, kv, revision: kv.modRevision }]);
    }
  }

  get revision(): number {
    return this.state.revision;
  }

  get compactedRevision(): number {
    return this.state.compactedRevision;
  }

  async get(key: string, options: { readonly revision?: number } = {}): Promise<KeyValue | undefined> {
    this.checkOpen();
    return Promise.resolve(this.state.get(key, options.revision));
  }

  async list(options: ListOptions): Promise<ListResult> {
    this.checkOpen();
    return Promise.resolve(this.state.list(options));
  }

  watch(options: WatchOptions): Watcher {
    this.checkOpen();
    return this.state.watch(options);
  }

  async listAndWatch(options: {
    readonly prefix: string;
    readonly bookmarkMs?: number;
  }): Promise<{ readonly snapshot: ListResult; readonly watcher: Watcher }> {
    const snapshot = await this.list({ prefix: options.prefix });
    return { snapshot, watcher: this.state.watch({ ...options, afterRevision: snapshot.revision }) };
  }

  async commit(transaction: Transaction): Promise<TransactionResult> {
    this.checkOpen();
    for (const op of transaction.ops) if (op.type === 'put' && op.lease !== undefined) this.leases.require(op.lease);
    const verdict = judge(this.head, transaction);
    if (verdict !== 'go') {
      // What failed the compare may not be on disk yet: say it only when it is.
      await this.settled();
      return {
        succeeded: false,
        fenced: verdict === 'fenced',
        revision: this.revision,
        current: transaction.compares.map(({ key }) => this.state.current(key)),
      };
    }
    return { succeeded: true, revision: await this.write(transaction.ops) };
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    this.checkOpen();
    const id = String(this.nextLease++);
    await this.enqueue({ grant: { id, ttlMs } });
    this.leases.grant(id, ttlMs);
    return id;
  }

  async renewLease(id: LeaseId): Promise<void> {
    this.checkOpen();
    await Promise.resolve(this.leases.renew(id));
  }

  async revokeLease(id: LeaseId): Promise<void> {
    this.checkOpen();
    const keys = this.leases.keysOf(id);
    if (!this.leases.end(id)) return;
    const deleted = this.write(keys.map((key) => ({ type: 'delete', key })));
    await Promise.all([deleted, this.enqueue({ end: id })]);
  }

  async compact(revision: number): Promise<void> {
    this.checkOpen();
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision <= this.compactedRevision) return;
    this.state.compact(revision);
    await this.writer.request({ type: 'compact', revision });
  }

  async backup(path: string): Promise<void> {
    this.checkOpen();
    await this.writer.request({ type: 'backup', path });
  }

  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    this.leases.close();
    await this.settled();
    this.state.close();
    await this.writer.request({ type: 'close' });
  }

  private readonly head = (key: string): KeyValue | undefined => {
    const pending = this.ahead.get(key);
    return pending === undefined ? this.state.current(key) : pending.kv;
  };

  private async write(ops: readonly Op[]): Promise<number> {
    const revision = this.headRevision + 1;
    const events = eventsOf(this.head, ops, revision);
    if (events.length === 0) {
      await this.settled();
      return this.revision;
    }
    this.headRevision = revision;
    for (const { key, kv } of events) this.ahead.set(key, { revision, kv });
    await this.enqueue({ committed: { revision, events } });
    return revision;
  }

  private enqueue(what: Pick<Pending, 'committed' | 'grant' | 'end'>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.queue.push({ ...what, resolve, reject });
      if (!this.writing) void this.drain();
    });
  }

  /** Writes group after group until nothing waits. */
  private async drain(): Promise<void> {
    this.writing = true;
    while (this.queue.length > 0) {
      const group = this.queue.splice(0, GROUP_ROWS);
      try {
        await this.writer.request({
          type: 'write',
          rows: group.flatMap(({ committed }) => committed?.events.map(toRow) ?? []),
          grants: group.flatMap(({ grant }) => grant ?? []),
          ends: group.flatMap(({ end }) => end ?? []),
        });
        for (const pending of group) this.settle(pending);
      } catch (error) {
        this.fail([...group, ...this.queue.splice(0)], error instanceof Error ? error : new Error(String(error)));
      }
    }
    this.writing = false;
    for (const wake of this.idle.splice(0)) wake();
    void this.compactWhenLong();
  }

  private settle({ committed, resolve }: Pending): void {
    if (committed !== undefined) {
      this.state.publish(committed);
      this.leases.note(committed.events);
      for (const { key } of committed.events) {
        if (this.ahead.get(key)?.revision === committed.revision) this.ahead.delete(key);
      }
    }
    resolve();
  }

  /** Nothing of these was written: forget what was judged on top of them. */
  private fail(pending: readonly Pending[], error: Error): void {
    this.ahead.clear();
    this.headRevision = this.state.revision;
    for (const { reject } of pending) reject(error);
  }

  /** Resolves when everything that is judged so far is on disk, or has failed. */
  private async settled(): Promise<void> {
    if (this.writing) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private async compactWhenLong(): Promise<void> {
    const keep = this.options.keepRevisions ?? KEEP_REVISIONS;
    if (this.compacting || this.closing !== undefined || this.revision - this.compactedRevision < 2 * keep) return;
    this.compacting = true;
    await this.compact(this.revision - keep).catch((error: unknown) =>
      this.options.logger.warn({ err: error }, 'the store could not be compacted'),
    );
    this.compacting = false;
  }

  private expire(id: LeaseId): void {
    this.revokeLease(id).catch((error: unknown) =>
      this.options.logger.warn({ err: error, lease: id }, 'an ended lease could not be cleared'),
    );
  }

  private checkOpen(): void {
    if (this.closing !== undefined) throw new StoreClosedError('the store is closed');
  }
}

const toRow = ({ type, key, revision, kv, previous }: StoreEvent): Row => ({
  revision,
  key,
  deleted: type === 'delete',
  createRevision: kv?.createRevision ?? previous?.createRevision ?? revision,
  version: kv?.version ?? 0,
  lease: kv?.lease ?? null,
  value: kv?.value ?? EMPTY,
});

const EMPTY = Buffer.alloc(0);

/** Puts the rows of the log together to transactions again. */
class HistoryBuilder {
  private revision = 0;
  private events: StoreEvent[] = [];

  constructor(private readonly state: MvccState) {}

  add(row: Row): void {
    if (row.revision !== this.revision) this.flush();
    this.revision = row.revision;
    const previous = this.state.current(row.key);
    if (row.deleted) {
      if (previous !== undefined) this.events.push({ type: 'delete', key: row.key, previous, revision: row.revision });
      return;
    }
    const { key, createRevision, version, lease, revision } = row;
    const kv: KeyValue = {
      key,
      value: Buffer.from(row.value.buffer, row.value.byteOffset, row.value.byteLength),
      createRevision,
      modRevision: revision,
      version,
      ...(lease === null ? {} : { lease }),
    };
    this.events.push({ type: 'put', key, kv, ...(previous === undefined ? {} : { previous }), revision });
  }

  finish(revision: number, compactedRevision: number): void {
    this.flush();
    this.state.revision = revision;
    this.state.compact(compactedRevision);
  }

  private flush(): void {
    if (this.events.length > 0) this.state.publish({ revision: this.revision, events: this.events });
    this.events = [];
  }
}
