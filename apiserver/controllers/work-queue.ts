import type { Clock } from '../../shared/clock';

const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 60_000;

/**
 * Keys waiting to be worked on. A key is in work at most once at a time; added again meanwhile, it runs once more
 * afterwards. A key that failed comes back with doubling delays (5 ms to 60 s, as client-go's rate limiter).
 */
export class WorkQueue {
  private readonly waiting = new Set<string>();
  private readonly working = new Set<string>();
  private readonly again = new Set<string>();
  private readonly delayed = new Map<string, () => void>();
  private readonly failures = new Map<string, number>();
  private running = 0;
  private stopped = false;
  private idleWaiters: (() => void)[] = [];

  constructor(
    private readonly clock: Clock,
    private readonly work: (key: string) => Promise<number | undefined>,
    private readonly onError: (key: string, error: unknown) => void,
    private readonly concurrency = 4,
  ) {}

  add(key: string): void {
    if (this.stopped) return;
    this.delayed.get(key)?.();
    this.delayed.delete(key);
    if (this.working.has(key)) {
      this.again.add(key);
      return;
    }
    this.waiting.add(key);
    this.pump();
  }

  addAfter(key: string, delayMs: number): void {
    if (this.stopped) return;
    this.delayed.get(key)?.();
    this.delayed.set(
      key,
      this.clock.setTimeout(() => {
        this.delayed.delete(key);
        this.add(key);
      }, delayMs),
    );
  }

  /** Resolves when nothing waits or works; delayed keys do not count. */
  async idle(): Promise<void> {
    if (this.waiting.size + this.working.size === 0) return;
    await new Promise<void>((resolve) => this.idleWaiters.push(resolve));
  }

  /** Takes no more keys; resolves after work in flight has ended. Idempotent. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.waiting.clear();
    this.again.clear();
    for (const cancel of this.delayed.values()) cancel();
    this.delayed.clear();
    await this.idle();
  }

  private pump(): void {
    while (this.running < this.concurrency) {
      const next = this.waiting.values().next();
      if (next.done === true) break;
      this.waiting.delete(next.value);
      this.working.add(next.value);
      this.running++;
      void this.run(next.value);
    }
    if (this.waiting.size + this.working.size > 0) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  private async run(key: string): Promise<void> {
    try {
      const requeueAfterMs = await this.work(key);
      this.failures.delete(key);
      if (requeueAfterMs !== undefined && !this.again.has(key)) this.addAfter(key, requeueAfterMs);
    } catch (error) {
      const failures = (this.failures.get(key) ?? 0) + 1;
      this.failures.set(key, failures);
      this.onError(key, error);
      this.addAfter(key, Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS));
    }
    this.working.delete(key);
    this.running--;
    if (this.again.delete(key)) this.add(key);
    this.pump();
  }
}
