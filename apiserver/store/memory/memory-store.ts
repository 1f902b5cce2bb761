import { writeFile } from 'node:fs/promises';
import type { Clock } from '../../../shared/clock';
import type {
  Compare,
  KeyValue,
  LeaseId,
  ListOptions,
  ListResult,
  Store,
  StoreEvent,
  Transaction,
  TransactionResult,
  WatchBatch,
  WatchOptions,
  Watcher,
} from '../store';
import { CompactedError, FutureRevisionError, LeaseNotFoundError, SlowWatcherError, StoreClosedError } from '../store';

const WATCH_BUFFER_BATCHES = 10_000;

interface Version {
  readonly revision: number;
  /** Absent: deleted at this revision. */
  readonly kv?: KeyValue;
}

/** A store that lives in this process and ends with it: for unit tests and simulation. */
export function createMemoryStore(options: { readonly clock: Clock }): Store {
  return new MemoryStore(options.clock);
}

class MemoryStore implements Store {
  revision = 0;
  compactedRevision = 0;
  /** Ascending by UTF-8 bytes; holds every key that has history. */
  private keys: string[] = [];
  private readonly history = new Map<string, Version[]>();
  private log: { readonly revision: number; readonly events: readonly StoreEvent[] }[] = [];
  private readonly watchers = new Set<MemoryWatcher>();
  private readonly leases = new Map<
    LeaseId,
    { readonly ttlMs: number; readonly keys: Set<string>; cancel: () => void }
  >();
  private nextLease = 1;
  private closed = false;

  constructor(private readonly clock: Clock) {}

  async get(key: string, options: { readonly revision?: number } = {}): Promise<KeyValue | undefined> {
    await this.turn();
    return this.at(key, this.readable(options.revision));
  }

  async list({ prefix, limit, after, revision }: ListOptions): Promise<ListResult> {
    await this.turn();
    const at = this.readable(revision);
    const items: KeyValue[] = [];
    let remaining = 0;
    for (let index = this.indexOf(prefix); index < this.keys.length; index++) {
      const key = this.keys[index] ?? '';
      if (!key.startsWith(prefix)) break;
      if (after !== undefined && compareKeys(key, after) <= 0) continue;
      const kv = this.at(key, at);
      if (kv === undefined) continue;
      if (limit !== undefined && items.length >= limit) remaining++;
      else items.push(kv);
    }
    return { items, revision: at, remaining };
  }

  watch(options: WatchOptions): Watcher {
    if (this.closed) throw new StoreClosedError('the store is closed');
    if (options.afterRevision < this.compactedRevision)
      throw new CompactedError(options.afterRevision, this.compactedRevision);
    const watcher = new MemoryWatcher(
      options,
      this.clock,
      () => this.watchers.delete(watcher),
      () => this.revision,
    );
    for (const entry of this.log) if (entry.revision > options.afterRevision) watcher.offer(entry);
    this.watchers.add(watcher);
    return watcher;
  }

  async listAndWatch(options: {
    readonly prefix: string;
    readonly bookmarkMs?: number;
  }): Promise<{ readonly snapshot: ListResult; readonly watcher: Watcher }> {
    const snapshot = await this.list({ prefix: options.prefix });
    return { snapshot, watcher: this.watch({ ...options, afterRevision: snapshot.revision }) };
  }

  async commit({ compares, ops, guard }: Transaction): Promise<TransactionResult> {
    await this.turn();
    for (const op of ops) {
      if (op.type === 'put' && op.lease !== undefined && !this.leases.has(op.lease))
        throw new LeaseNotFoundError(`lease ${op.lease} has ended`);
    }
    const fenced = guard !== undefined && !this.holds(guard);
    if (fenced || !compares.every((compare) => this.holds(compare))) {
      return {
        succeeded: false,
        fenced,
        revision: this.revision,
        current: compares.map(({ key }) => this.at(key, this.revision)),
      };
    }
    return { succeeded: true, revision: this.apply(ops) };
  }

  async grantLease(ttlMs: number): Promise<LeaseId> {
    await this.turn();
    const id = String(this.nextLease++);
    this.leases.set(id, { ttlMs, keys: new Set(), cancel: this.expireAfter(id, ttlMs) });
    return id;
  }

  async renewLease(id: LeaseId): Promise<void> {
    await this.turn();
    const lease = this.leases.get(id);
    if (lease === undefined) throw new LeaseNotFoundError(`lease ${id} has ended`);
    lease.cancel();
    lease.cancel = this.expireAfter(id, lease.ttlMs);
  }

  async revokeLease(id: LeaseId): Promise<void> {
    await this.turn();
    this.endLease(id);
  }

  async compact(revision: number): Promise<void> {
    await this.turn();
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision <= this.compactedRevision) return;
    this.compactedRevision = revision;
    this.log = this.log.filter((entry) => entry.revision > revision);
    for (const [key, versions] of this.history) {
      const newest = versions.findLastIndex((version) => version.revision <= revision);
      const kept = versions.slice(Math.max(0, newest));
      if (kept.length === 1 && kept[0]?.kv === undefined) this.history.delete(key);
      else this.history.set(key, kept);
    }
    this.keys = this.keys.filter((key) => this.history.has(key));
  }

  async backup(path: string): Promise<void> {
    const { items, revision } = await this.list({ prefix: '' });
    const rows = items.map((kv) => ({ ...kv, value: kv.value.toString('base64') }));
    await writeFile(path, JSON.stringify({ revision, rows }), { flag: 'wx', mode: 0o600 });
  }

  async close(): Promise<void> {
    this.closed = true;
    for (const { cancel } of this.leases.values()) cancel();
    for (const watcher of [...this.watchers]) watcher.close();
    await Promise.resolve();
  }

  private async turn(): Promise<void> {
    if (this.closed) throw new StoreClosedError('the store is closed');
    await Promise.resolve();
  }

  private readable(revision: number | undefined): number {
    if (revision === undefined) return this.revision;
    if (revision < this.compactedRevision) throw new CompactedError(revision, this.compactedRevision);
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    return revision;
  }

  private at(key: string, revision: number): KeyValue | undefined {
    return this.history.get(key)?.findLast((version) => version.revision <= revision)?.kv;
  }

  private holds({ key, target, equals }: Compare): boolean {
    return (this.at(key, this.revision)?.[target] ?? 0) === equals;
  }

  private apply(ops: Transaction['ops']): number {
    const revision = this.revision + 1;
    const events: StoreEvent[] = [];
    for (const op of ops) {
      const previous = this.at(op.key, this.revision);
      if (op.type === 'delete' && previous === undefined) continue;
      if (previous?.lease !== undefined) this.leases.get(previous.lease)?.keys.delete(op.key);
      const kv: KeyValue | undefined =
        op.type === 'delete'
          ? undefined
          : {
              key: op.key,
              value: op.value,
              createRevision: previous?.createRevision ?? revision,
              modRevision: revision,
              version: (previous?.version ?? 0) + 1,
              ...(op.lease === undefined ? {} : { lease: op.lease }),
            };
      if (kv?.lease !== undefined) this.leases.get(kv.lease)?.keys.add(op.key);
      this.remember(op.key, { revision, ...(kv === undefined ? {} : { kv }) });
      events.push({
        type: op.type,
        key: op.key,
        revision,
        ...(kv === undefined ? {} : { kv }),
        ...(previous === undefined ? {} : { previous }),
      });
    }
    if (events.length === 0) return this.revision;
    this.revision = revision;
    const entry = { revision, events };
    this.log.push(entry);
    for (const watcher of [...this.watchers]) watcher.offer(entry);
    return revision;
  }

  private remember(key: string, version: Version): void {
    const versions = this.history.get(key);
    if (versions !== undefined) {
      versions.push(version);
      return;
    }
    this.history.set(key, [version]);
    this.keys.splice(this.indexOf(key), 0, key);
  }

  /** Index of the first key not less than this one. */
  private indexOf(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareKeys(this.keys[middle] ?? '', key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private expireAfter(id: LeaseId, ttlMs: number): () => void {
    return this.clock.setTimeout(() => this.endLease(id), ttlMs);
  }

  private endLease(id: LeaseId): void {
    const lease = this.leases.get(id);
    if (lease === undefined) return;
    lease.cancel();
    this.leases.delete(id);
    this.apply([...lease.keys].map((key) => ({ type: 'delete', key })));
  }
}

class MemoryWatcher implements Watcher {
  private buffer: WatchBatch[] = [];
  private wake: (() => void) | undefined;
  private ended = false;
  private failure: Error | undefined;
  private readonly stopBookmarks: () => void;

  constructor(
    private readonly options: WatchOptions,
    clock: Clock,
    private readonly onClose: () => void,
    current: () => number,
  ) {
    this.stopBookmarks =
      options.bookmarkMs === undefined
        ? () => undefined
        : clock.setInterval(
            () => this.buffer.length === 0 && this.push({ events: [], revision: current() }),
            options.bookmarkMs,
          );
  }

  offer({ revision, events }: { readonly revision: number; readonly events: readonly StoreEvent[] }): void {
    const ours = events.filter((event) => event.key.startsWith(this.options.prefix));
    if (ours.length > 0) this.push({ events: ours, revision });
  }

  close(): void {
    this.ended = true;
    this.stopBookmarks();
    this.onClose();
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<WatchBatch> {
    try {
      for (;;) {
        const batch = this.buffer.shift();
        if (batch !== undefined) yield batch;
        else if (this.failure !== undefined) throw this.failure;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.close();
    }
  }

  private push(batch: WatchBatch): void {
    if (this.ended) return;
    if (this.buffer.length >= WATCH_BUFFER_BATCHES) {
      this.failure = new SlowWatcherError('the watcher fell too far behind');
      this.buffer = [];
      this.close();
      return;
    }
    this.buffer.push(batch);
    this.wake?.();
  }
}

/** UTF-8 byte order is code point order, which JavaScript's own comparison is not beyond the basic plane. */
const compareKeys = (a: string, b: string): number => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)));
