/** Time, injected: production passes `systemClock`, tests and the simulator a clock they advance themselves. */
export interface Clock {
  /** Wall time in milliseconds since the epoch. */
  now(): number;
  /** Monotonic milliseconds, for measuring durations. */
  monotonic(): number;
  /** Runs `task` once, `delayMs` from now. The returned function cancels it and is idempotent. */
  setTimeout(task: () => void, delayMs: number): () => void;
  /** Runs `task` every `periodMs`. The returned function stops it and is idempotent. */
  setInterval(task: () => void, periodMs: number): () => void;
  /** Resolves after `delayMs`; rejects with the signal's reason as soon as it aborts. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

/** RFC 3339 in UTC with whole seconds, as Kubernetes' metav1.Time prints it. */
export const toTimestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** RFC 3339 in UTC with microseconds, as Kubernetes' metav1.MicroTime prints it. */
export const toMicroTimestamp = (ms: number): string => `${new Date(ms).toISOString().slice(0, 23)}000Z`;

/** `sleep` in terms of a clock's `setTimeout`, shared by every Clock. */
export function sleepOn(clock: Pick<Clock, 'setTimeout'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const reasonOf = (aborted: AbortSignal): Error =>
      aborted.reason instanceof Error ? aborted.reason : new Error(String(aborted.reason));
    if (signal?.aborted === true) return reject(reasonOf(signal));
    const onAbort = (): void => {
      cancel();
      if (signal !== undefined) reject(reasonOf(signal));
    };
    const cancel = clock.setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, delayMs);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Node takes a longer delay for none at all (24.8 days). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The machine's own time. Its timers keep the process alive like Node's. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout(task, delayMs) {
    let timer: NodeJS.Timeout;
    const wait = (leftMs: number): void => {
      timer =
        leftMs <= MAX_TIMER_MS ? setTimeout(task, leftMs) : setTimeout(() => wait(leftMs - MAX_TIMER_MS), MAX_TIMER_MS);
    };
    wait(delayMs);
    return () => clearTimeout(timer);
  },
  setInterval(task, periodMs) {
    const timer = setInterval(task, periodMs);
    return () => clearInterval(timer);
  },
  sleep: (delayMs, signal) => sleepOn(systemClock, delayMs, signal),
};
