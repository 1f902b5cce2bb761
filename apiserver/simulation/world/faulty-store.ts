import type { Clock } from '../../../shared/clock';
import type { Random } from '../../../shared/random';
import type {
  ListAndWatch,
  ListAndWatchOptions,
  Store,
  Transaction,
  TransactionResult,
  WatchBatch,
  WatchOptions,
  Watcher,
} from '../../store/store';
import { SlowWatcherError, StoreClosedError, StoreFullError } from '../../store/store';

/** How badly the store behaves, changed while it works. */
export interface StoreFaults {
  /** The longest that a commit takes. */
  commitMs: number;
  /** The longest that a watcher waits for what was committed. */
  watchMs: number;
  /** Of commits, the share that is refused with nothing written. */
  refused: number;
}

export const QUIET_STORE: Readonly<StoreFaults> = { commitMs: 2, watchMs: 0, refused: 0 };

/** One server's way to the store that outlives it: slow, refusing, with watches that are cut, and gone when the server dies. */
export class FaultyStore {
  private readonly watchers = new Set<CutWatcher>();
  private isDead = false;

  constructor(
    private readonly store: Store,
    private readonly deps: { readonly clock: Clock; readonly random: Random; readonly faults: StoreFaults },
  ) {}

  /** What the server is handed. */
  asStore(): Store {
    const { store } = this;
    const alive = <T>(work: () => Promise<T>): Promise<T> =>
      this.isDead ? Promise.reject(new StoreClosedError('the server is dead')) : work();
    return {
      get revision() {
        return store.revision;
      },
      get compactedRevision() {
        return store.compactedRevision;
      },
      get: (key, options) => alive(() => store.get(key, options)),
      list: (options) => alive(() => store.list(options)),
      watch: (options) => this.watch(options),
      listAndWatch: (options) => alive(() => this.listAndWatch(options)),
      commit: (transaction) => this.commit(transaction),
      grantLease: (ttlMs) => alive(() => store.grantLease(ttlMs)),
      renewLease: (lease) => alive(() => store.renewLease(lease)),
      revokeLease: (lease) => alive(() => store.revokeLease(lease)),
      compact: (revision) => alive(() => store.compact(revision)),
      backup: (path) => alive(() => store.backup(path)),
      close: () => Promise.resolve(this.die()),
    };
  }

  /** What is not committed by now never is. Idempotent. */
  die(): void {
    this.isDead = true;
    for (const watcher of this.watchers) watcher.close();
    this.watchers.clear();
  }

  /** Its readers have to begin anew. */
  cutWatches(): void {
    for (const watcher of this.watchers) watcher.cut();
  }

  private async commit(transaction: Transaction): Promise<TransactionResult> {
    const { clock, random, faults } = this.deps;
    await clock.sleep(random.next() * faults.commitMs);
    if (this.isDead) throw new StoreClosedError('the server is dead');
    if (random.next() < faults.refused) throw new StoreFullError('no space is left, for a moment');
    const result = await this.store.commit(transaction);
    if (this.isDead) throw new StoreClosedError('the server is dead');
    return result;
  }

  private watch(options: WatchOptions): Watcher {
    if (this.isDead) throw new StoreClosedError('the server is dead');
    return this.follow(this.store.watch(options));
  }

  private async listAndWatch(options: ListAndWatchOptions): Promise<ListAndWatch> {
    const answer = await this.store.listAndWatch(options);
    return { ...answer, watcher: this.follow(answer.watcher) };
  }

  private follow(watcher: Watcher): Watcher {
    const followed = new CutWatcher(watcher, () => this.deps.random.next() * this.deps.faults.watchMs, this.deps.clock);
    this.watchers.add(followed);
    return followed;
  }
}

class CutWatcher implements Watcher {
  private isCut = false;

  constructor(
    private readonly inner: Watcher,
    private readonly delayMs: () => number,
    private readonly clock: Clock,
  ) {}

  close(): void {
    this.inner.close();
  }

  cut(): void {
    this.isCut = true;
    this.inner.close();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<WatchBatch> {
    for await (const batch of this.inner) {
      const delayMs = this.delayMs();
      if (delayMs > 1) await this.clock.sleep(delayMs);
      if (this.isCut) break;
      yield batch;
    }
    if (this.isCut) throw new SlowWatcherError('cut off');
  }
}
