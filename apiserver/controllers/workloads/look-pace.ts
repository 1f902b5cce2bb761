import type { Clock } from '../../../shared/clock';

const LONGEST_MS = 1_000;

/**
 * Holds back looks at what has many parts: each costs time in proportion to their number, and each change of a part asks
 * for one. The first change after a while shows at once; of those that follow, many show together. So that looking never
 * takes more than a fixed share of the time, however many there are.
 */
export class LookPace {
  private readonly last = new Map<string, { readonly atMs: number; readonly pauseMs: number }>();

  constructor(
    private readonly clock: Clock,
    /** So much each part puts the next look off: a multiple of what it costs to look at it. */
    private readonly perPartMs: number,
  ) {}

  /** How long it takes until there may be a look again; 0 where there may be one now. */
  waitMs(key: string): number {
    const { atMs, pauseMs } = this.last.get(key) ?? { atMs: 0, pauseMs: 0 };
    return pauseMs === 0 ? 0 : Math.max(0, atMs + pauseMs - this.clock.monotonic());
  }

  /** A look begins at something with so many parts. */
  looked(key: string, parts: number): void {
    const pauseMs = Math.min(LONGEST_MS, Math.floor(parts * this.perPartMs));
    this.last.set(key, { atMs: this.clock.monotonic(), pauseMs });
  }

  forget(key: string): void {
    this.last.delete(key);
  }
}
