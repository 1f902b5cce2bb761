import type { Clock } from '../../../shared/clock';
import { sleepOn } from '../../../shared/clock';

/** How far a machine's wall clock is off; all its processes share it. */
export interface WallClock {
  offsetMs: number;
}

/** Time as one process knows it: the world's, on a wall clock that may be off, until the process dies with all its timers. */
export class ProcessClock implements Clock {
  private readonly timers = new Set<() => void>();
  private isDead = false;

  constructor(
    private readonly world: Clock,
    private readonly wall: WallClock,
  ) {}

  now(): number {
    return this.world.now() + this.wall.offsetMs;
  }

  monotonic(): number {
    return this.world.monotonic();
  }

  setTimeout(task: () => void, delayMs: number): () => void {
    const cancel = this.keep(
      this.world.setTimeout(() => {
        cancel();
        task();
      }, delayMs),
    );
    return cancel;
  }

  setInterval(task: () => void, periodMs: number): () => void {
    return this.keep(this.world.setInterval(task, periodMs));
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return sleepOn(this, delayMs, signal);
  }

  /** Nothing of the process happens any more: its sleeps never end. Idempotent. */
  die(): void {
    this.isDead = true;
    for (const cancel of this.timers) cancel();
    this.timers.clear();
  }

  private keep(cancelTimer: () => void): () => void {
    const cancel = (): void => {
      this.timers.delete(cancel);
      cancelTimer();
    };
    if (this.isDead) cancelTimer();
    else this.timers.add(cancel);
    return cancel;
  }
}
