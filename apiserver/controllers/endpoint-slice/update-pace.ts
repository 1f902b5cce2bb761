import type { Clock } from '../../../shared/clock';

/** Each endpoint of a service puts the next look off by this much. */
const PER_ENDPOINT_MS = 0.5;
const LONGEST_MS = 1_000;

/**
 * Holds back looks at services with many endpoints: each costs time in proportion to their number, and each change of a
 * pod asks for one. The first change after a while shows at once; of those that follow, many show together.
 */
export class UpdatePace {
  private readonly last = new Map<string, { readonly atMs: number; readonly pauseMs: number }>();

  constructor(private readonly clock: Clock) {}

  /** How long a service still has to wait; 0 where it may be looked at. */
  waitMs(key: string): number {
    const { atMs, pauseMs } = this.last.get(key) ?? { atMs: 0, pauseMs: 0 };
    return pauseMs === 0 ? 0 : Math.max(0, atMs + pauseMs - this.clock.monotonic());
  }

  /** A look begins at a service with so many endpoints. */
  looked(key: string, endpoints: number): void {
    const pauseMs = Math.min(LONGEST_MS, Math.floor(endpoints * PER_ENDPOINT_MS));
    this.last.set(key, { atMs: this.clock.monotonic(), pauseMs });
  }

  forget(key: string): void {
    this.last.delete(key);
  }
}
