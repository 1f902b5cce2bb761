import type { Clock } from '../clock';
import { sleepOn } from '../clock';

interface Timer {
  dueMs: number;
  readonly order: number;
  readonly task: () => void;
  readonly periodMs?: number;
}

/** Virtual time: stands still until `advance`, then runs due timers in order of their due time. */
export class FakeClock implements Clock {
  /** Ascending by when they are due. */
  private readonly timers: Timer[] = [];
  private order = 0;
  private elapsedMs = 0;
  private jumpedMs = 0;

  /**
   * @param startMs wall time at the start; the default is 2026-01-01T00:00:00Z.
   * @param settled lets what a timer has set going come to its end before the next one is due; promises by default.
   */
  constructor(
    private readonly startMs: number = Date.UTC(2026, 0, 1),
    private readonly settled: () => Promise<void> = settle,
  ) {}

  now(): number {
    return this.startMs + this.jumpedMs + this.elapsedMs;
  }

  /** Sets the wall clock forward, or back: no time passes. */
  jump(ms: number): void {
    this.jumpedMs += ms;
  }

  monotonic(): number {
    return this.elapsedMs;
  }

  setTimeout(task: () => void, delayMs: number): () => void {
    return this.add({ dueMs: this.elapsedMs + Math.max(0, delayMs), order: this.order++, task });
  }

  setInterval(task: () => void, periodMs: number): () => void {
    return this.add({ dueMs: this.elapsedMs + periodMs, order: this.order++, task, periodMs: Math.max(1, periodMs) });
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Moves time on by `ms`, running every timer that falls due and letting promises settle between them. */
  async advance(ms: number): Promise<void> {
    const endMs = this.elapsedMs + ms;
    await this.settled();
    for (let next = this.nextDue(endMs); next !== undefined; next = this.nextDue(endMs)) {
      this.elapsedMs = Math.max(this.elapsedMs, next.dueMs);
      this.remove(next);
      if (next.periodMs !== undefined) {
        next.dueMs += next.periodMs;
        this.add(next);
      }
      next.task();
      await this.settled();
    }
    this.elapsedMs = endMs;
  }

  /** How many timers wait; a test asserts 0 to show that nothing leaked. */
  get pending(): number {
    return this.timers.length;
  }

  private add(timer: Timer): () => void {
    let low = 0;
    for (let high = this.timers.length; low < high;) {
      const middle = (low + high) >>> 1;
      const other = this.timers[middle];
      if (other !== undefined && isBefore(other, timer)) low = middle + 1;
      else high = middle;
    }
    this.timers.splice(low, 0, timer);
    return () => this.remove(timer);
  }

  private remove(timer: Timer): void {
    const index = this.timers.indexOf(timer);
    if (index >= 0) this.timers.splice(index, 1);
  }

  private nextDue(endMs: number): Timer | undefined {
    const [next] = this.timers;
    return next !== undefined && next.dueMs <= endMs ? next : undefined;
  }
}

const isBefore = (one: Timer, other: Timer): boolean =>
  one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);

/** Lets queued promise callbacks run: a few macrotask turns, none of which depends on the machine's speed. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
