import type { Cluster } from '../model/cluster';
import { WHOLE } from '../model/device-table';
import { CPU, MEMORY } from '../model/node-table';
import type { PodClass } from '../model/pod-class';
import type { Scorer } from '../placing/scorer';
import { nodeByNode } from '../placing/scorer';
import { UNIT } from './cost';

/** Scorers that others use, to compare with and to choose where they are wanted. */
export type ScorerFactory = (cluster: Cluster) => Scorer;

/** The share of a resource that is left once the pod runs there. */
export function leftShare(
  { nodes }: Cluster,
  podClass: PodClass,
  node: number,
  column: typeof CPU | typeof MEMORY,
): number {
  const slack = (nodes.slack[column][node] ?? 0) - podClass.weights[column];
  return Math.max(0, slack * (nodes.perUnit[column]?.[node] ?? 0));
}

/** The share of its devices that is left once the pod runs there; undefined: the node has none. */
export function devicesLeft({ devices }: Cluster, podClass: PodClass, node: number): number | undefined {
  const count = devices.countAt(node);
  if (count === 0) return undefined;
  let free = 0;
  for (let at = node * devices.stride; at < node * devices.stride + count; at++) free += devices.free[at] ?? 0;
  const asked = podClass.devices === undefined ? 0 : podClass.devices.count * podClass.devices.milli;
  return (free - asked) / (count * WHOLE);
}

/** The nodes by name. */
export class NameOrder {
  private ranks = new Int32Array(0);
  private seen = -1;

  constructor(private readonly cluster: Cluster) {}

  /** Grows when ranks may have changed. */
  get version(): number {
    return this.cluster.nodes.namesVersion;
  }

  /** 0 for the node whose name comes first. */
  rankOf(node: number): number {
    if (this.seen !== this.version) this.refresh();
    return this.ranks[node] ?? 0;
  }

  private refresh(): void {
    const { nodes } = this.cluster;
    this.seen = this.version;
    this.ranks = new Int32Array(nodes.size);
    const named = [...nodes.names()].sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [rank, [, node]] of named.entries()) this.ranks[node] = rank;
  }
}

/** The node whose name comes first. */
export const firstFit: ScorerFactory = (cluster) => {
  const order = new NameOrder(cluster);
  return {
    name: 'first-fit',
    get version() {
      return order.version;
    },
    addCosts: nodeByNode((_, node) => order.rankOf(node)),
  };
};

/** The node with the least left of what it has most left of. */
export const bestFit: ScorerFactory = (cluster) => ({
  name: 'best-fit',
  version: 0,
  addCosts: nodeByNode((podClass, node) =>
    Math.round(
      UNIT *
        Math.max(
          leftShare(cluster, podClass, node, CPU),
          leftShare(cluster, podClass, node, MEMORY),
          devicesLeft(cluster, podClass, node) ?? 0,
        ),
    ),
  ),
});

/** kube-scheduler's default: the node with the most left (LeastAllocated), and evenly so (BalancedAllocation). */
export const leastAllocated: ScorerFactory = (cluster) => ({
  name: 'least-allocated',
  version: 0,
  addCosts: nodeByNode((podClass, node) => {
    const cpu = leftShare(cluster, podClass, node, CPU);
    const memory = leftShare(cluster, podClass, node, MEMORY);
    // The standard deviation of two shares is half their distance.
    return Math.round(UNIT * (2 - (cpu + memory) / 2 - (1 - Math.abs(cpu - memory) / 2)));
  }),
});

/** Tetris' alignment: the node whose free resources point where the pod's requests do. */
export const dotProduct: ScorerFactory = (cluster) => ({
  name: 'dot-product',
  version: 0,
  addCosts: nodeByNode((podClass, node) => {
    const { nodes } = cluster;
    const along = (column: typeof CPU | typeof MEMORY): number => {
      const perUnit = nodes.perUnit[column]?.[node] ?? 0;
      return Math.max(0, nodes.slack[column][node] ?? 0) * perUnit * podClass.weights[column] * perUnit;
    };
    return Math.round(UNIT * (2 - along(CPU) - along(MEMORY)));
  }),
});
