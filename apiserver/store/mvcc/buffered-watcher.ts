import type { Clock } from '../../../shared/clock';
import type { StoreEvent, WatchBatch, WatchOptions, Watcher } from '../store';
import { SlowWatcherError } from '../store';

/** A committed transaction's events. */
export interface Committed {
  readonly revision: number;
  readonly events: readonly StoreEvent[];
}

/** A watcher that leaves this many transactions unread is cut off: it resumes by a new watch. */
const MAX_BUFFERED = 20_000;

/** A watcher whose transactions wait in a bounded buffer until it reads them. */
export class BufferedWatcher implements Watcher {
  private buffer: WatchBatch[] = [];
  /** How many batches may wait; more while it catches up with what was there before it. */
  private limit = MAX_BUFFERED;
  private wake: (() => void) | undefined;
  private ended = false;
  private failure: Error | undefined;
  private readonly stopBookmarks: () => void;

  constructor(
    private readonly options: WatchOptions,
    clock: Clock,
    private readonly state: { readonly revision: () => number; readonly onClose: () => void },
  ) {
    this.stopBookmarks =
      options.bookmarkMs === undefined ? () => undefined : clock.setInterval(() => this.bookmark(), options.bookmarkMs);
  }

  offer({ revision, events }: Committed): void {
    if (revision <= this.options.afterRevision) return;
    const ours = events.filter((event) => event.key.startsWith(this.options.prefix));
    if (ours.length > 0) this.push({ events: ours, revision });
  }

  /** What was committed before the watch began: however much that is, it is not the reader who is slow. */
  catchUp(log: Iterable<Committed>): void {
    this.limit = Infinity;
    for (const committed of log) this.offer(committed);
    this.limit = this.buffer.length + MAX_BUFFERED;
  }

  close(): void {
    if (this.ended) return;
    this.ended = true;
    this.stopBookmarks();
    this.state.onClose();
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncIterator<WatchBatch> {
    try {
      for (;;) {
        const batches = this.buffer;
        if (batches.length > 0) {
          this.buffer = [];
          this.limit = MAX_BUFFERED;
          for (const batch of batches) {
            if (this.failure !== undefined) throw this.failure;
            yield batch;
          }
        } else if (this.failure !== undefined) throw this.failure;
        else if (this.ended) return;
        else await new Promise<void>((resolve) => (this.wake = resolve));
      }
    } finally {
      this.close();
    }
  }

  /** Only when all is read: the promise is that everything before it was delivered. */
  private bookmark(): void {
    if (this.buffer.length === 0) this.push({ events: [], revision: this.state.revision() });
  }

  private push(batch: WatchBatch): void {
    if (this.ended) return;
    if (this.buffer.length >= this.limit) {
      this.failure = new SlowWatcherError(
        `the watcher of ${this.options.prefix} left ${MAX_BUFFERED} transactions unread`,
      );
      this.buffer = [];
      this.close();
      return;
    }
    this.buffer.push(batch);
    this.wake?.();
  }
}
