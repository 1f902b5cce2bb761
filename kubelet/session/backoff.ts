import type { Random } from '../../shared/random';

const FIRST_MS = 250;
/** Below the time a restarted server waits for its agents. */
const LONGEST_MS = 8_000;

/** Pauses between dials: doubling, and anywhere in the upper half of the step, so that agents do not return as one herd. */
export class Backoff {
  private failures = 0;

  constructor(private readonly random: Random) {}

  nextMs(): number {
    const stepMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.failures);
    this.failures += 1;
    return stepMs / 2 + (this.random.next() * stepMs) / 2;
  }

  reset(): void {
    this.failures = 0;
  }
}
