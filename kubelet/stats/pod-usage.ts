import type { Clock } from '../../shared/clock';
import type { PodUsage } from '../../shared/wire/node-channel';
import type { ContainerId, ContainerStats, PodIdentity, Runtime } from '../runtime/runtime';

export interface PodUsageReader {
  /** Usage of all pods. CPU is the average since the reading before, or of a second where that is none or long ago. */
  read(): Promise<readonly PodUsage[]>;
}

interface RunningContainer {
  readonly id: ContainerId;
  readonly name: string;
}

/** A pod with its containers that run. */
export interface MeasuredPod {
  readonly identity: PodIdentity;
  readonly containers: readonly RunningContainer[];
}

type Sample = ReadonlyMap<ContainerId, ContainerStats>;

/** A rate needs two readings: this far apart at least, and not so far that it says nothing of now. */
const WINDOW_MS = 1_000;
const STALE_MS = 60_000;

export function createPodUsage({
  runtime,
  clock,
  pods,
}: {
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly pods: () => readonly MeasuredPod[];
}): PodUsageReader {
  let last: { readonly sample: Sample; readonly atMs: number } | undefined;
  let underWay: Promise<readonly PodUsage[]> | undefined;

  const sampleOf = async (measured: readonly MeasuredPod[]): Promise<Sample> => {
    const ids = measured.flatMap(({ containers }) => containers.map(({ id }) => id));
    const stats = await runtime.stats(ids);
    return new Map(stats.map((each) => [each.id, each]));
  };

  const read = async (): Promise<readonly PodUsage[]> => {
    const measured = pods();
    const ageMs = last === undefined ? Infinity : clock.monotonic() - last.atMs;
    let before = last?.sample ?? new Map();
    if (ageMs < WINDOW_MS) await clock.sleep(WINDOW_MS - ageMs);
    else if (ageMs > STALE_MS) {
      before = await sampleOf(measured);
      await clock.sleep(WINDOW_MS);
    }
    const now = await sampleOf(measured);
    last = { sample: now, atMs: clock.monotonic() };
    return measured.map(({ identity: { uid, namespace, name }, containers }) => ({
      uid,
      namespace,
      name,
      containers: containers.flatMap((container) => {
        const current = now.get(container.id);
        if (current === undefined) return [];
        const cpuMilli = cpuMilliBetween(before.get(container.id), current);
        return [{ name: container.name, cpuMilli, memoryBytes: current.memoryBytes }];
      }),
    }));
  };

  return {
    // Whoever asks meanwhile gets the same answer: readings side by side would shorten each other's window.
    read: () => (underWay ??= read().finally(() => (underWay = undefined))),
  };
}

/** Nanoseconds of CPU in a millisecond of wall time are millionths of a core. A container read for the first time has 0. */
function cpuMilliBetween(before: ContainerStats | undefined, now: ContainerStats): number {
  if (before === undefined || now.sampledAtMs <= before.sampledAtMs) return 0;
  const nanoseconds = Math.max(0, now.cpuNanoseconds - before.cpuNanoseconds);
  return Math.round(nanoseconds / 1_000 / (now.sampledAtMs - before.sampledAtMs));
}
