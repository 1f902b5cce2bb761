import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { ListAndWatch, Store, StoreEvent, Watcher } from '../store/store';
import { StoreClosedError, StoreError } from '../store/store';
import type { ChangeHandler } from './kind-cache';
import { KindCache } from './kind-cache';
import { resourceOfKey, ROOT } from './store-keys';
import type { StoredObject } from '../../shared/api/objects';
import type { CachedObject } from './stored-object';
import { fromKeyValue } from './stored-object';

/** How many revisions back a watch may begin that comes when the server has just started. */
const HISTORY = 2_000;

/**
 * Everything in the store, in memory, fed by one watch. All reads are served from here. After `caughtUp(revision)` the
 * cache shows every write up to that revision, which is how a writer reads its own writes.
 */
export class ObjectCache {
  private readonly kinds = new Map<string, KindCache>();
  private readonly handlers = new Set<ChangeHandler>();
  private readonly waiting = new Set<{ readonly revision: number; readonly resolve: () => void }>();
  /** Objects on their way to the store, by their bytes: those need not be read when they come back. */
  private readonly announced = new Map<Buffer, StoredObject>();
  private readonly startRevision: number;
  private reached: number;
  private watcher: Watcher;
  private closed = false;
  private readonly feeding: Promise<void>;

  /** Knows what came of late as well: watches from before a restart go on where they were. */
  static async start(store: Store, clock: Clock, logger: Logger): Promise<ObjectCache> {
    const historyAfter = Math.max(store.compactedRevision, store.revision - HISTORY);
    try {
      const { snapshot, watcher, history } = await store.listAndWatch({ prefix: ROOT, historyAfter });
      return new ObjectCache(store, clock, logger, { snapshot, watcher, history, historyAfter });
    } catch (error) {
      logger.warn({ err: error }, 'the history cannot be read: clients that watch will list again');
      const { snapshot, watcher } = await store.listAndWatch({ prefix: ROOT });
      return new ObjectCache(store, clock, logger, { snapshot, watcher, history: [], historyAfter: snapshot.revision });
    }
  }

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly logger: Logger,
    { snapshot, watcher, history, historyAfter }: ListAndWatch & { readonly historyAfter: number },
  ) {
    this.startRevision = historyAfter;
    this.reached = snapshot.revision;
    this.watcher = watcher;
    for (const item of snapshot.items) this.of(resourceOfKey(item.key)).load(fromKeyValue(item));
    const states = new Map<string, CachedObject>();
    for (const event of history) {
      const state = this.of(resourceOfKey(event.key)).recall(event, states.get(event.key));
      if (state !== undefined) states.set(event.key, state);
    }
    this.feeding = this.feed();
  }

  /** The revision everything up to which is visible. */
  get revision(): number {
    return this.reached;
  }

  /** The cache of one resource (`pods`, `leases.coordination.k8s.io`). */
  of(resource: string): KindCache {
    const existing = this.kinds.get(resource);
    if (existing !== undefined) return existing;
    const created = new KindCache(this.clock, this.startRevision);
    this.kinds.set(resource, created);
    created.onChange((change) => {
      for (const handler of this.handlers) handler(change);
    });
    return created;
  }

  /** Calls `handler` for each change of any kind. Returns the function that unsubscribes. */
  onAnyChange(handler: ChangeHandler): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  /**
   * These bytes are about to be written, and `object` is exactly what they say, but for its resourceVersion. Returns the
   * function that forgets it, to be called when the write has ended.
   */
  announce(value: Buffer, object: StoredObject): () => void {
    this.announced.set(value, object);
    return () => this.announced.delete(value);
  }

  /** Resolves when everything up to `revision` is visible, or the cache is closed. */
  async caughtUp(revision: number): Promise<void> {
    if (revision <= this.reached || this.closed) return;
    await new Promise<void>((resolve) => this.waiting.add({ revision, resolve }));
  }

  async close(): Promise<void> {
    this.closed = true;
    this.watcher.close();
    this.release(Infinity);
    for (const kind of this.kinds.values()) kind.close();
    await this.feeding;
  }

  get isClosed(): boolean {
    return this.closed;
  }

  private async feed(): Promise<void> {
    while (!this.closed) {
      try {
        for await (const batch of this.watcher) this.apply(batch.events, batch.revision);
        if (!this.closed) this.watcher = this.store.watch({ prefix: ROOT, afterRevision: this.reached });
      } catch (error) {
        if (this.closed || error instanceof StoreClosedError) return;
        if (!(error instanceof StoreError)) throw error;
        this.logger.warn({ err: error }, 'store watch ended: reading everything again');
        await this.resync();
      }
    }
  }

  /** Replaces a watch that broke: the differences to a fresh list become changes. */
  private async resync(): Promise<void> {
    const { snapshot, watcher } = await this.store.listAndWatch({ prefix: ROOT });
    const present = new Map(snapshot.items.map((item) => [item.key, item]));
    const touched = new Set<KindCache>();
    for (const kind of this.kinds.values()) {
      for (const key of kind.keys()) {
        if (present.has(key)) continue;
        kind.remove(key, snapshot.revision);
        touched.add(kind);
      }
    }
    for (const item of [...snapshot.items].sort((a, b) => a.modRevision - b.modRevision)) {
      const kind = this.of(resourceOfKey(item.key));
      if (kind.get(item.key)?.revision === item.modRevision) continue;
      kind.put(fromKeyValue(item));
      touched.add(kind);
    }
    this.watcher = watcher;
    this.advance(snapshot.revision, touched);
  }

  private apply(events: readonly StoreEvent[], revision: number): void {
    const touched = new Set<KindCache>();
    for (const event of events) {
      const kind = this.of(resourceOfKey(event.key));
      touched.add(kind);
      if (event.kv === undefined) kind.remove(event.key, event.revision);
      else kind.put(fromKeyValue(event.kv, this.announced.get(event.kv.value)));
    }
    this.advance(revision, touched);
  }

  private advance(revision: number, touched: ReadonlySet<KindCache>): void {
    this.reached = Math.max(this.reached, revision);
    this.release(this.reached);
    for (const kind of touched) kind.wake();
  }

  private release(revision: number): void {
    for (const waiter of this.waiting) {
      if (waiter.revision > revision) continue;
      this.waiting.delete(waiter);
      waiter.resolve();
    }
  }
}
