import type { Clock } from '../../shared/clock';

const INITIAL_MS = 500;
const MAX_MS = 60_000;

/** Holds back steps that failed, twice as long each time in a row. */
export class StepHolds {
  private readonly holds = new Map<string, { failures: number; untilMs: number }>();

  constructor(private readonly clock: Clock) {}

  hold(key: string): void {
    const failures = (this.holds.get(key)?.failures ?? 0) + 1;
    const delayMs = Math.min(INITIAL_MS * 2 ** (failures - 1), MAX_MS);
    this.holds.set(key, { failures, untilMs: this.clock.now() + delayMs });
  }

  isHeld(key: string): boolean {
    return (this.holds.get(key)?.untilMs ?? 0) > this.clock.now();
  }

  release(key: string): void {
    this.holds.delete(key);
  }

  clear(): void {
    this.holds.clear();
  }

  /** When the next held step may be tried again. */
  nextReleaseMs(): number | undefined {
    const pending = [...this.holds.values()].map(({ untilMs }) => untilMs).filter((atMs) => atMs > this.clock.now());
    return pending.length === 0 ? undefined : Math.min(...pending);
  }
}
