import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../../shared/clock';
import { Leases } from '../mvcc/leases';
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
  Transaction,
  TransactionResult,
  WatchOptions,
  Watcher,
} from '../store';
import { StoreClosedError } from '../store';

/** A store that lives in this process and ends with it: for unit tests and simulation. */
export const createMemoryStore = (options: { readonly clock: Clock }): Store => new MemoryStore(options.clock);

class MemoryStore implements Store {
  private readonly state: MvccState;
  private readonly leases: Leases;
  private nextLease = 1;
  private closed = false;

  constructor(clock: Clock) {
    this.state = new MvccState(clock);
    this.leases = new Leases(clock, (id) => this.endLease(id));
  }

  get revision(): number {
    return this.state.revision;
  }

  get compactedRevision(): number {
    return this.state.compactedRevision;
  }

  async get(key: string, options: { readonly revision?: number } = {}): Promise<KeyValue | undefined> {
    await this.turn();
    return this.state.get(key, options.revision);
  }

  async list(options: ListOptions): Promise<ListResult> {
    await this.turn();
    return this.state.list(options);
  }

  watch(options: WatchOptions): Watcher {
    if (this.closed) throw closed();
    return this.state.watch(options);
  }

  async listAndWatch(options: ListAndWatchOptions): Promise<ListAndWatch> {
    await this.turn();
    return this.state.listAndWatch(options);
  }

  async commit(transaction: Transaction): Promise<TransactionResult> {
    await this.turn();
    for (const op of transaction.ops) if (op.type === 'put' && op.lease !== undefined) this.leases.require(op.lease);
    const head = (key: string): KeyValue | undefined => this.state.current(key);
    const verdict = judge(head, transaction);
    if (verdict !== 'go') {
      return {
        succeeded: false,
        fenced: verdict === 'fenced',
        revision: this.revision,
        current: transaction.compares.map(({ key }) => head(key)),
      };
    }
    return { succeeded: true, revision: this.apply(transaction.ops) };
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    await this.turn();
    const id = String(this.nextLease++);
    this.leases.grant(id, ttlMs);
    return id;
  }

  async renewLease(id: LeaseId): Promise<void> {
    await this.turn();
    this.leases.renew(id);
  }

  async revokeLease(id: LeaseId): Promise<void> {
    await this.turn();
    this.endLease(id);
  }

  async compact(revision: number): Promise<void> {
    await this.turn();
    this.state.compact(revision);
  }

  async backup(path: string): Promise<void> {
    await this.turn();
    const { items, revision } = this.state.list({ prefix: '' });
    const rows = items.map((kv) => ({ ...kv, value: kv.value.toString('base64') }));
    await writeFile(path, JSON.stringify({ revision, rows }), { flag: 'wx', mode: 0o600 });
  }

  async close(): Promise<void> {
    this.closed = true;
    this.leases.close();
    this.state.close();
    await Promise.resolve();
  }

  /** Every call takes a turn of the event loop, as a driver with a disk behind it does. */
  private async turn(): Promise<void> {
    if (this.closed) throw closed();
    await Promise.resolve();
  }

  private apply(ops: readonly Op[]): number {
    const revision = this.revision + 1;
    const events = eventsOf((key) => this.state.current(key), ops, revision);
    if (events.length === 0) return this.revision;
    this.leases.note(events);
    this.state.publish({ revision, events });
    return revision;
  }

  private endLease(id: LeaseId): void {
    const keys = this.leases.keysOf(id);
    if (this.leases.end(id) === undefined) return;
    this.apply(keys.map((key) => ({ type: 'delete', key })));
  }
}

const closed = (): StoreClosedError => new StoreClosedError('the store is closed');
