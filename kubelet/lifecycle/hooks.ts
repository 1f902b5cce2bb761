import type { LifecycleHandler } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Prober, ProbeTarget } from '../probes/prober';

/** Runs a postStart or preStop hook to its end. Rejects with why it failed, or when the signal aborts. */
export async function runHook(
  deps: { readonly clock: Clock; readonly prober: Prober },
  target: ProbeTarget,
  hook: LifecycleHandler,
  signal: AbortSignal,
): Promise<void> {
  const seconds = sleepSecondsOf(hook);
  if (seconds !== undefined) return deps.clock.sleep(seconds * 1000, signal);
  const { ok, message } = await deps.prober.check(target, hook, signal);
  if (!ok) throw new Error(message);
}

/** `sleep` is newer than the published types. */
function sleepSecondsOf(hook: LifecycleHandler): number | undefined {
  const sleep: unknown = 'sleep' in hook ? hook.sleep : undefined;
  return typeof sleep === 'object' && sleep !== null && 'seconds' in sleep && typeof sleep.seconds === 'number'
    ? sleep.seconds
    : undefined;
}
