import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { Random } from '../../../shared/random';
import { systemRandom } from '../../../shared/random';
import { Leases } from '../mvcc/leases';
import type { Committed } from '../mvcc/buffered-watcher';
import { MvccState } from '../mvcc/mvcc-state';
import { eventsOf, judge } from '../mvcc/transactions';
import type {
  KeyValue,
  LeaseId,
  ListAndWatch,
  ListAndWatchOptions,
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
import { HistoryBuilder } from './history-builder';
import { packRows } from './packed-rows';
import type { LeaseRow, Row } from './protocol';
import { Writer } from './writer';

export interface SqliteStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names the leases. */
  readonly random?: Random;
  /** How many revisions of history stay at least before older ones are compacted by themselves. */
  readonly keepRevisions?: number;
  readonly maxPages?: number;
}

const KEEP_REVISIONS = 10_000;
/** Transactions of one durable transaction at most, so that one group does not keep the others waiting. */
const GROUP_SIZE = 512;

/** Something waiting for the disk: a transaction with its events, or a lease that is granted or ended. */
interface Pending {
  readonly committed?: Committed;
  readonly grant?: LeaseRow;
  readonly end?: LeaseId;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Opens the data folder, checks all of it, and locks it. Throws StoreLockedError, StoreCorruptError, StoreFullError. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const state = new MvccState(options.clock);
  const builder = new HistoryBuilder(state);
  const { writer, loaded } = await Writer.start(
    { directory: options.directory, ...(options.maxPages === undefined ? {} : { maxPages: options.maxPages }) },
    {
      row: (row) => builder.add(row),
      lost: (err) => options.logger.error({ err }, 'the store can write no more: start the server again'),
    },
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
  /** The newest of what waits for the disk; it settles after all the others. */
  private lastWrite: Promise<void> = Promise.resolve();
  /** How many groups could not be written. */
  private failures = 0;
  private readonly random: Random;
  private closing: Promise<void> | undefined;
  private compacting = false;

  constructor(
    private readonly options: SqliteStoreOptions,
    private readonly state: MvccState,
    private readonly writer: Writer,
    leases: readonly LeaseRow[],
  ) {
    this.headRevision = state.revision;
    this.leases = new Leases(options.clock, (id) => this.expire(id));
    this.random = options.random ?? systemRandom;
    // A lease known from before runs anew: its holder may have been unable to renew it while we were away.
    this.takeUp(leases);
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

  async listAndWatch(options: ListAndWatchOptions): Promise<ListAndWatch> {
    this.checkOpen();
    return Promise.resolve(this.state.listAndWatch(options));
  }

  async commit(transaction: Transaction): Promise<TransactionResult> {
    for (;;) {
      this.checkOpen();
      for (const op of transaction.ops) if (op.type === 'put' && op.lease !== undefined) this.leases.require(op.lease);
      const verdict = judge(this.head, transaction);
      if (verdict === 'go') return { succeeded: true, revision: await this.write(transaction.ops) };
      // What failed the compare may not be on disk yet: say it only when it is, and judge again if it never gets there.
      const { failures } = this;
      await this.settled();
      if (this.failures !== failures) continue;
      return {
        succeeded: false,
        fenced: verdict === 'fenced',
        revision: this.revision,
        current: transaction.compares.map(({ key }) => this.state.current(key)),
      };
    }
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    this.checkOpen();
    const id = this.random.uid();
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
    const keys = this.keysUnder(id);
    const ttlMs = this.leases.end(id);
    if (ttlMs === undefined) return;
    try {
      const deleted = this.write(keys.map((key) => ({ type: 'delete', key })));
      await Promise.all([deleted, this.enqueue({ end: id })]);
    } catch (error) {
      // The keys are still there: so is the lease, which ends again.
      if (this.closing === undefined) this.takeUp([{ id, ttlMs }]);
      throw error;
    }
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
    await this.writer.close();
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
    this.lastWrite = new Promise((resolve, reject) => {
      this.queue.push({ ...what, resolve, reject });
      if (!this.writing) void this.drain();
    });
    return this.lastWrite;
  }

  /** Writes group after group until nothing waits. */
  private async drain(): Promise<void> {
    this.writing = true;
    while (this.queue.length > 0) {
      const group = this.queue.splice(0, GROUP_SIZE);
      try {
        await this.writer.request({
          type: 'write',
          rows: packRows(group.flatMap(({ committed }) => committed?.events.map(toRow) ?? [])),
          grants: group.flatMap(({ grant }) => grant ?? []),
          ends: group.flatMap(({ end }) => end ?? []),
        });
        for (const pending of group) this.settle(pending);
      } catch (error) {
        this.fail([...group, ...this.queue.splice(0)], error instanceof Error ? error : new Error(String(error)));
      }
      void this.compactWhenLong();
    }
    this.writing = false;
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
    this.failures++;
    this.ahead.clear();
    this.headRevision = this.state.revision;
    for (const { reject } of pending) reject(error);
  }

  /** Resolves when everything that is judged so far is on disk, or has failed. */
  private async settled(): Promise<void> {
    await this.lastWrite.catch(() => undefined);
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

  /** The keys that live under the lease, as soon as what is under way is written. */
  private keysUnder(id: LeaseId): readonly string[] {
    const keys = new Set(this.leases.keysOf(id));
    for (const [key, { kv }] of this.ahead) if (kv?.lease === id) keys.add(key);
    return [...keys].filter((key) => this.head(key)?.lease === id);
  }

  /** Lets leases run whose keys may be there already. */
  private takeUp(leases: readonly LeaseRow[]): void {
    if (leases.length === 0) return;
    for (const { id, ttlMs } of leases) this.leases.grant(id, ttlMs);
    for (const kv of this.state.list({ prefix: '' }).items) {
      if (kv.lease !== undefined) this.leases.note([{ type: 'put', key: kv.key, kv, revision: kv.modRevision }]);
    }
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
