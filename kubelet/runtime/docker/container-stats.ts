import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../../shared/clock';
import type { ContainerId, ContainerStats } from '../runtime';
import type { EngineCalls } from './engine-calls';
import { inParallel } from './in-parallel';

type Figures = Pick<ContainerStats, 'cpuNanoseconds' | 'memoryBytes'>;

const ENGINE_CALLS_AT_ONCE = 8;

/** Where engines put a container's group: by themselves, or through systemd. */
const groupsOf = (id: string): readonly string[] => [`docker/${id}`, `system.slice/docker-${id}.scope`];

/**
 * What containers use. Read from their control groups where this process sees them, which takes microseconds; asked
 * of the engine otherwise. Containers that do not run are left out.
 */
export async function containerStats(
  { calls, clock, cgroupRoot }: { readonly calls: EngineCalls; readonly clock: Clock; readonly cgroupRoot: string },
  ids: readonly ContainerId[],
): Promise<readonly ContainerStats[]> {
  const all = await inParallel(ENGINE_CALLS_AT_ONCE, ids, async (id) => {
    const figures = (await fromGroups(cgroupRoot, id)) ?? (await fromEngine(calls, id));
    return figures && { id, ...figures, sampledAtMs: clock.now() };
  });
  return all.filter((stats) => stats !== undefined);
}

async function fromGroups(root: string, id: string): Promise<Figures | undefined> {
  for (const group of groupsOf(id)) {
    const figures = (await fromVersion2(root, group)) ?? (await fromVersion1(root, group));
    if (figures !== undefined) return figures;
  }
  return undefined;
}

async function fromVersion1(root: string, group: string): Promise<Figures | undefined> {
  const [cpu, usage, stat] = await Promise.all([
    read(path.join(root, 'cpuacct', group, 'cpuacct.usage')),
    read(path.join(root, 'memory', group, 'memory.usage_in_bytes')),
    read(path.join(root, 'memory', group, 'memory.stat')),
  ]);
  if (cpu === undefined || usage === undefined || stat === undefined) return undefined;
  return {
    cpuNanoseconds: Number(cpu),
    memoryBytes: workingSet(Number(usage), fieldOf(stat, 'total_inactive_file')),
  };
}

async function fromVersion2(root: string, group: string): Promise<Figures | undefined> {
  const [cpu, usage, stat] = await Promise.all([
    read(path.join(root, group, 'cpu.stat')),
    read(path.join(root, group, 'memory.current')),
    read(path.join(root, group, 'memory.stat')),
  ]);
  if (cpu === undefined || usage === undefined || stat === undefined) return undefined;
  return {
    cpuNanoseconds: fieldOf(cpu, 'usage_usec') * 1000,
    memoryBytes: workingSet(Number(usage), fieldOf(stat, 'inactive_file')),
  };
}

async function fromEngine(calls: EngineCalls, id: string): Promise<Figures | undefined> {
  const stats = await calls.stats(id);
  const usage = stats?.memory_stats.usage as number | undefined;
  // A container that does not run has no memory figures.
  if (stats === undefined || usage === undefined) return undefined;
  const pages = stats.memory_stats.stats as Partial<Record<string, number>>;
  return {
    cpuNanoseconds: stats.cpu_stats.cpu_usage.total_usage,
    memoryBytes: workingSet(usage, pages['total_inactive_file'] ?? pages['inactive_file'] ?? 0),
  };
}

const workingSet = (usage: number, inactiveFile: number): number => Math.max(0, usage - inactiveFile);

const fieldOf = (text: string, name: string): number =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);

const read = (file: string): Promise<string | undefined> => readFile(file, 'utf8').catch(() => undefined);
