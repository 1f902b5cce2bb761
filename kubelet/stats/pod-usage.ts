import type { PodUsage } from '../../shared/wire/node-channel';
import type { ContainerId, ContainerStats, PodIdentity, Runtime } from '../runtime/runtime';

export interface PodUsageReader {
  /** Usage of all pods; CPU is the average since the reading before, 0 for a container read for the first time. */
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

export function createPodUsage(runtime: Runtime, pods: () => readonly MeasuredPod[]): PodUsageReader {
  let before = new Map<ContainerId, ContainerStats>();
  return {
    async read() {
      const measured = pods();
      const stats = await runtime.stats(measured.flatMap(({ containers }) => containers.map(({ id }) => id)));
      const now = new Map(stats.map((each) => [each.id, each]));
      const usage = measured.map(({ identity, containers }) => ({
        ...identity,
        containers: containers.flatMap(({ id, name }) => {
          const current = now.get(id);
          if (current === undefined) return [];
          return [{ name, cpuMilli: cpuMilliSince(before.get(id), current), memoryBytes: current.memoryBytes }];
        }),
      }));
      before = now;
      return usage;
    },
  };
}

/** Nanoseconds of CPU a second of wall time are thousandths of a millionth of a core. */
function cpuMilliSince(before: ContainerStats | undefined, now: ContainerStats): number {
  const elapsedMs = before === undefined ? 0 : now.sampledAtMs - before.sampledAtMs;
  if (before === undefined || elapsedMs <= 0) return 0;
  return Math.max(0, Math.round((now.cpuNanoseconds - before.cpuNanoseconds) / 1_000 / elapsedMs));
}
