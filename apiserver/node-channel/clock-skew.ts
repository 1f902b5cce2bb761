import type { AgentCondition } from './liveness';

export const CLOCK_SKEW = 'ClockSkew';

/** How many beats are looked at together: one alone may be late for a hundred reasons. */
const BEATS = 5;
/** From how much on a clock is called wrong: leases, certificates and ages of objects suffer. */
const WRONG_MS = 5_000;
/** Below how much it is called right again. */
const RIGHT_MS = 2_500;
/** A difference is told anew only when it has changed by more than this share of it. */
const NEWS_SHARE = 0.2;

/**
 * How far the clock of a node is from the server's, by its heartbeats. A beat on its way loses time and never wins any, so
 * that of several the one that looks earliest sent the latest tells the most.
 */
export class ClockSkewGauge {
  private samples: readonly number[] = [];
  /** The difference that is told; undefined: none. */
  private toldMs: number | undefined;

  /** `skewMs`: when a beat says that it was sent, less when it came. */
  observe(skewMs: number): void {
    this.samples = [...this.samples, skewMs].slice(-BEATS);
    if (this.samples.length < BEATS) return;
    const nowMs = Math.max(...this.samples);
    if (this.toldMs === undefined) {
      if (Math.abs(nowMs) >= WRONG_MS) this.toldMs = nowMs;
    } else if (Math.abs(nowMs) < RIGHT_MS) this.toldMs = undefined;
    else if (Math.abs(nowMs - this.toldMs) > Math.abs(this.toldMs) * NEWS_SHARE) this.toldMs = nowMs;
  }

  /** `wasWrong`: whether the node bears the condition already. Undefined: there is nothing to say. */
  condition(wasWrong: boolean): AgentCondition | undefined {
    if (this.toldMs !== undefined) {
      const seconds = Math.round(Math.abs(this.toldMs) / 1_000);
      const direction = this.toldMs > 0 ? 'ahead of' : 'behind';
      return {
        type: CLOCK_SKEW,
        status: 'True',
        reason: 'ClockDiffers',
        message: `the clock is ${seconds} s ${direction} the server's: keep both right by NTP, as chrony or systemd-timesyncd do`,
      };
    }
    if (!wasWrong || this.samples.length < BEATS) return undefined;
    return { type: CLOCK_SKEW, status: 'False', reason: 'ClockAgrees', message: "the clock agrees with the server's" };
  }
}
