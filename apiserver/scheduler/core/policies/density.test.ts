import type { Random } from '../../../../shared/random';
import { seededRandom } from '../../../../shared/random';
import { aNode, aPod } from '../../../../shared/testing/builders';
import { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { greedyBestFit, greedyFirstFit, greedyLeastAllocated, greedyOnePass } from './greedy';
import type { PolicyKind } from './policy';

/** Draws a number in [0, 1). */
type Draw = Random['next'];

interface World {
  /** Millicores and MiB. */
  readonly nodes: readonly (readonly [cpu: number, memory: number])[];
  readonly pods: readonly (readonly [cpu: number, memory: number])[];
}

const NODES = 40;
const PODS = 800;
const LOAD = 1.02;
const CORES = [4, 8, 16, 32];

const between = (draw: Draw, low: number, high: number): number => low + Math.floor(draw() * (high - low + 1));
const times = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
const pick = (draw: Draw, from: readonly number[]): number => from[Math.floor(draw() * from.length)] ?? 0;

/** How clusters and what they are asked for are drawn; nodes are scaled later. */
const DISTRIBUTIONS: Readonly<Record<string, (draw: Draw) => World>> = {
  'equal nodes, pods of even sizes': (draw) => ({
    nodes: times(NODES, () => [16_000, 65_536] as const),
    pods: times(PODS, () => [between(draw, 50, 1_000), between(draw, 200, 4_000)] as const),
  }),
  'pods of processors or of memory': (draw) => ({
    nodes: times(NODES, () => [16_000, 65_536] as const),
    pods: times(PODS, () =>
      draw() < 0.5
        ? ([between(draw, 400, 1_600), between(draw, 100, 800)] as const)
        : ([between(draw, 50, 200), between(draw, 2_000, 8_000)] as const),
    ),
  }),
  'nodes of many shapes, few large pods among many small ones': (draw) => ({
    nodes: times(NODES, () => {
      const cores = pick(draw, CORES);
      return [1_000 * cores, 1_024 * cores * pick(draw, [2, 4, 8])] as const;
    }),
    pods: times(PODS, () => {
      const cpu = Math.round(50 * Math.exp(3 * draw() ** 2));
      return [cpu, Math.round(cpu * (1 + 7 * draw()))] as const;
    }),
  }),
};

/** The share of the demand, in the scarcer resource, that a policy leaves pending when pods come one by one. */
function pending({ nodes, pods }: World, { create }: PolicyKind): number {
  const total = (of: World['nodes'], at: 0 | 1): number => of.reduce((sum, each) => sum + each[at], 0);
  const scale = Math.max(total(pods, 0) / total(nodes, 0), total(pods, 1) / total(nodes, 1)) / LOAD;
  const cluster = new Cluster();
  for (const [index, [cpu, memory]] of nodes.entries()) {
    cluster.setNode(
      aNode({ name: `n${index}`, cpu: `${Math.round(cpu * scale)}m`, memory: `${Math.round(memory * scale)}Mi` }),
    );
  }
  const policy = create(cluster);
  const left = [0, 0];
  for (const [cpu, memory] of pods) {
    const podClass: PodClass = cluster.classOf(aPod({ cpu: `${cpu}m`, memory: `${memory}Mi` }));
    if ((policy.place([podClass]).nodes[0] ?? -1) >= 0) continue;
    left[0] = (left[0] ?? 0) + cpu;
    left[1] = (left[1] ?? 0) + memory;
  }
  return Math.max((left[0] ?? 0) / total(pods, 0), (left[1] ?? 0) / total(pods, 1));
}

/** How many clusters are drawn: more where two policies are so close that few do not tell them apart. */
const CASES = Object.keys(DISTRIBUTIONS).flatMap((name) =>
  [greedyFirstFit, greedyBestFit, greedyLeastAllocated].map((kind) => ({
    name,
    kind,
    plain: kind.name,
    seeds: kind === greedyLeastAllocated && name.startsWith('nodes of many shapes') ? 30 : 4,
  })),
);

it.each(CASES)('leaves no more pending than $plain does: $name', ({ name, kind, seeds }) => {
  const worlds = Array.from({ length: seeds }, (_, seed) => DISTRIBUTIONS[name]?.(seededRandom(seed + 1).next));
  const mean = (of: PolicyKind): number =>
    worlds.reduce((sum, world) => sum + (world === undefined ? NaN : pending(world, of)), 0) / seeds;
  const ours = mean(greedyOnePass);
  expect(ours).toBeGreaterThan(0);
  expect(ours).toBeLessThanOrEqual(mean(kind));
});
