import type { Clock } from '../../../shared/clock';

const FIRST_MS = 1_000;
const LONGEST_MS = 15 * 60_000;
/** Whoever has not failed for so long begins anew. */
const FORGET_MS = 2 * LONGEST_MS;

interface Failure {
  readonly atMs: number;
  readonly backoffMs: number;
}

/**
 * How long daemon pods that fail on a node are left there: the first not at all, then from 1 s to 15 min, doubling, as
 * kube-controller-manager does. A node that refuses its daemons would otherwise get one after the other. In monotonic time.
 */
export class FailureBackoff {
  private readonly failures = new Map<string, Failure>();

  constructor(private readonly clock: Clock) {}

  /** How long a failed pod has to wait; 0: it is to go now, which counts. `key`: of the set and the node. */
  next(key: string): number {
    const nowMs = this.clock.monotonic();
    const last = this.failures.get(key);
    const isRecent = last !== undefined && nowMs - last.atMs <= FORGET_MS;
    const waitMs = isRecent ? last.atMs + last.backoffMs - nowMs : 0;
    if (waitMs > 0) return waitMs;
    for (const [other, { atMs }] of this.failures) if (nowMs - atMs > FORGET_MS) this.failures.delete(other);
    const backoffMs = isRecent ? Math.min(last.backoffMs * 2, LONGEST_MS) : FIRST_MS;
    this.failures.set(key, { atMs: nowMs, backoffMs });
    return 0;
  }
}
