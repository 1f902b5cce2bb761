import type { Probe } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { CheckResult } from './http-check';

// k8s.io/kubernetes/pkg/apis/core/v1/defaults.go
const DEFAULTS = { periodSeconds: 10, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 };

export interface ProbeLoopOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  /** When the container started: the initial delay counts from there. */
  readonly startedAtMs: number;
  readonly check: (signal: AbortSignal) => Promise<CheckResult>;
  /** Each failed try, for the Event. */
  readonly onFailure: (message: string) => void;
  /** A threshold was reached: called on each change, and again for every further failure at the threshold. */
  readonly onVerdict: (isHealthy: boolean) => void;
}

/** Repeats one probe of one container until the signal aborts. Tries never overlap. */
export async function runProbeLoop(options: ProbeLoopOptions, signal: AbortSignal): Promise<void> {
  const { clock, probe } = options;
  const periodMs = (probe.periodSeconds ?? DEFAULTS.periodSeconds) * 1000;
  const firstAtMs = options.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000;
  const counts = new ThresholdCounter(
    probe.successThreshold ?? DEFAULTS.successThreshold,
    probe.failureThreshold ?? DEFAULTS.failureThreshold,
  );
  let nextAtMs = Math.max(firstAtMs, clock.now());
  while (!signal.aborted) {
    await sleepUntil(clock, nextAtMs, signal);
    if (signal.aborted) return;
    const result = await tryOnce(options, signal);
    if (signal.aborted) return;
    if (!result.ok) options.onFailure(result.message);
    const verdict = counts.add(result.ok);
    if (verdict !== undefined) options.onVerdict(verdict);
    nextAtMs = Math.max(nextAtMs + periodMs, clock.now());
  }
}

const sleepUntil = (clock: Clock, atMs: number, signal: AbortSignal): Promise<void> =>
  atMs <= clock.now() ? Promise.resolve() : clock.sleep(atMs - clock.now(), signal).catch(() => undefined);

async function tryOnce({ clock, probe, check }: ProbeLoopOptions, signal: AbortSignal): Promise<CheckResult> {
  const timeout = new AbortController();
  const giveUp = (): void => timeout.abort();
  const cancelTimer = clock.setTimeout(giveUp, (probe.timeoutSeconds ?? DEFAULTS.timeoutSeconds) * 1000);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await check(timeout.signal);
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  } finally {
    cancelTimer();
    signal.removeEventListener('abort', giveUp);
  }
}

/** Consecutive results against the thresholds. */
class ThresholdCounter {
  private last: boolean | undefined;
  private run = 0;

  constructor(
    private readonly successThreshold: number,
    private readonly failureThreshold: number,
  ) {}

  /** The verdict once its threshold is reached, undefined before. */
  add(ok: boolean): boolean | undefined {
    this.run = this.last === ok ? this.run + 1 : 1;
    this.last = ok;
    return this.run >= (ok ? this.successThreshold : this.failureThreshold) ? ok : undefined;
  }
}
