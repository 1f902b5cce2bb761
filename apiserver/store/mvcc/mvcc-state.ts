import type { Clock } from '../../../shared/clock';
import type {
  KeyValue,
  ListAndWatch,
  ListAndWatchOptions,
  ListOptions,
  ListResult,
  WatchOptions,
  Watcher,
} from '../store';
import { CompactedError, FutureRevisionError } from '../store';
import type { Committed } from './buffered-watcher';
import { BufferedWatcher } from './buffered-watcher';
import { SortedKeys } from './key-order';

/** One key's state from a revision on. */
interface Version {
  readonly revision: number;
  /** Absent: deleted. */
  readonly kv?: KeyValue;
}

/**
 * Every version of every key since the last compaction, in memory, and the watchers of it. Drivers hand it what is
 * committed, in order of revision; all reads are answered from here.
 */
export class MvccState {
  revision = 0;
  compactedRevision = 0;
  private readonly keys = new SortedKeys();
  private readonly history = new Map<string, Version[]>();
  private log: Committed[] = [];
  private readonly watchers = new Set<BufferedWatcher>();

  constructor(private readonly clock: Clock) {}

  /** The current value, of this moment. */
  current(key: string): KeyValue | undefined {
    return this.history.get(key)?.at(-1)?.kv;
  }

  /** Throws CompactedError, FutureRevisionError. */
  get(key: string, revision?: number): KeyValue | undefined {
    return this.at(key, this.readable(revision));
  }

  list({ prefix, limit, after, revision }: ListOptions): ListResult {
    const at = this.readable(revision);
    const items: KeyValue[] = [];
    let remaining = 0;
    for (const key of this.keys.range(prefix, after)) {
      const kv = this.at(key, at);
      if (kv === undefined) continue;
      if (limit !== undefined && items.length >= limit) remaining++;
      else items.push(kv);
    }
    return { items, revision: at, remaining };
  }

  watch(options: WatchOptions): Watcher {
    if (options.afterRevision < this.compactedRevision)
      throw new CompactedError(options.afterRevision, this.compactedRevision);
    const watcher = new BufferedWatcher(options, this.clock, {
      revision: () => this.revision,
      onClose: () => this.watchers.delete(watcher),
    });
    watcher.catchUp(this.log.slice(this.logIndexAfter(options.afterRevision)));
    this.watchers.add(watcher);
    return watcher;
  }

  listAndWatch(options: ListAndWatchOptions): ListAndWatch {
    const snapshot = this.list({ prefix: options.prefix });
    const { historyAfter = snapshot.revision } = options;
    const history = this.log.slice(this.logIndexAfter(this.readable(historyAfter))).flatMap(({ events }) => events);
    return {
      snapshot,
      watcher: this.watch({ ...options, afterRevision: snapshot.revision }),
      history: history.filter(({ key }) => key.startsWith(options.prefix)),
    };
  }

  /** Makes a transaction visible. Revisions come in ascending order. */
  publish(committed: Committed): void {
    for (const { key, kv, revision } of committed.events) {
      const version: Version = { revision, ...(kv === undefined ? {} : { kv }) };
      const versions = this.history.get(key);
      if (versions === undefined) {
        this.history.set(key, [version]);
        this.keys.add(key);
      } else versions.push(version);
    }
    this.revision = committed.revision;
    this.log.push(committed);
    for (const watcher of [...this.watchers]) watcher.offer(committed);
  }

  /** Throws FutureRevisionError. */
  compact(revision: number): void {
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    if (revision <= this.compactedRevision) return;
    this.compactedRevision = revision;
    this.log = this.log.slice(this.logIndexAfter(revision));
    let dropped = false;
    for (const [key, versions] of this.history) {
      const newest = versions.findLastIndex((version) => version.revision <= revision);
      if (newest <= 0 && versions[0]?.kv !== undefined) continue;
      const kept = versions.slice(Math.max(0, newest));
      if (kept.length === 1 && kept[0]?.kv === undefined && kept[0] !== undefined && kept[0].revision <= revision) {
        this.history.delete(key);
        dropped = true;
      } else this.history.set(key, kept);
    }
    if (dropped) this.keys.retain((key) => this.history.has(key));
  }

  close(): void {
    for (const watcher of [...this.watchers]) watcher.close();
  }

  private readable(revision: number | undefined): number {
    if (revision === undefined) return this.revision;
    if (revision < this.compactedRevision) throw new CompactedError(revision, this.compactedRevision);
    if (revision > this.revision) throw new FutureRevisionError(revision, this.revision);
    return revision;
  }

  private at(key: string, revision: number): KeyValue | undefined {
    const versions = this.history.get(key);
    const newest = versions?.at(-1);
    if (newest === undefined || newest.revision <= revision) return newest?.kv;
    return versions?.findLast((version) => version.revision <= revision)?.kv;
  }

  private logIndexAfter(revision: number): number {
    let low = 0;
    let high = this.log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.log[middle]?.revision ?? 0) <= revision) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
