/**
 * Kubernetes' crash back-off (k8s.io/client-go/util/flowcontrol.Backoff as the kubelet uses it): the first restart is
 * immediate, then 10 s after the last exit, doubling up to 5 minutes; a container that ran for 10 minutes starts over.
 */
export const CRASH_BACK_OFF_INITIAL_MS = 10_000;
export const CRASH_BACK_OFF_MAX_MS = 300_000;

export interface CrashBackOff {
  readonly delayMs: number;
  /** When the restart that led to this delay was made. */
  readonly updatedAtMs: number;
  /** The container definition it counts for: a changed one starts over. */
  readonly specHash: string;
}

const isExpired = (backOff: CrashBackOff, exitedAtMs: number): boolean =>
  exitedAtMs - backOff.updatedAtMs > 2 * CRASH_BACK_OFF_MAX_MS;

/** When the container that exited at `exitedAtMs` may be started again; a past time means now. */
export function restartAllowedAtMs(backOff: CrashBackOff | undefined, exitedAtMs: number, specHash: string): number {
  if (backOff === undefined || backOff.specHash !== specHash || isExpired(backOff, exitedAtMs)) return exitedAtMs;
  return exitedAtMs + backOff.delayMs;
}

/** The back-off after a restart made now. */
export function afterRestart(
  backOff: CrashBackOff | undefined,
  restart: { readonly exitedAtMs: number; readonly nowMs: number; readonly specHash: string },
): CrashBackOff {
  const { exitedAtMs, nowMs, specHash } = restart;
  const startsOver = backOff === undefined || backOff.specHash !== specHash || isExpired(backOff, exitedAtMs);
  const delayMs = startsOver ? CRASH_BACK_OFF_INITIAL_MS : Math.min(backOff.delayMs * 2, CRASH_BACK_OFF_MAX_MS);
  return { delayMs, updatedAtMs: nowMs, specHash };
}
