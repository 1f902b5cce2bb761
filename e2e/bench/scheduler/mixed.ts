import { Cluster } from '../../../apiserver/scheduler/core/model/cluster';
import {
  greedyBestFit,
  greedyFirstFit,
  greedyLeastAllocated,
  greedyOnePass,
} from '../../../apiserver/scheduler/core/policies/greedy';
import type { PolicyKind } from '../../../apiserver/scheduler/core/policies/policy';
import { roundRobin } from '../../../apiserver/scheduler/core/policies/round-robin';
import { sizeOf } from '../../../apiserver/scheduler/core/policies/batch-order';
import { seededRandom } from '../../../shared/random';
import { mixedShapes } from './mixed-shapes';
import { shuffled } from './objects';
import type { Part } from './part';
import { mean } from './part';

const ORDERS = ['drawn', 'shuffled', 'biggest'] as const;
const KINDS: readonly PolicyKind[] = [
  { ...greedyOnePass, name: 'greedy' },
  greedyFirstFit,
  greedyBestFit,
  greedyLeastAllocated,
  roundRobin,
];
/** A pod of that share of a node tells whether anything large still finds room. */
const BIG = 0.7;

interface Outcome {
  /** Percent of demand, of the resource of which more is unplaced. */
  readonly unplaced: number;
  readonly nodesUsed: number;
  readonly bigFit: number;
}

function run(seed: number, load: number, order: (typeof ORDERS)[number], kind: PolicyKind): Outcome {
  const { nodes, pods } = mixedShapes({ seed, nodes: 1_000, pods: 30_000, templates: 200, load });
  const cluster = new Cluster();
  for (const node of nodes) cluster.setNode(node);
  const drawn = pods.map((pod) => cluster.classOf(pod));
  const arrivals =
    order === 'drawn'
      ? drawn
      : order === 'shuffled'
        ? shuffled(drawn, seededRandom(seed + 1_000).next)
        : [...drawn].sort((a, b) => sizeOf(cluster, b) - sizeOf(cluster, a));
  const policy = kind.create(cluster);
  const asked = [0, 0];
  const unplaced = [0, 0];
  for (const podClass of arrivals) {
    const isPlaced = (policy.place([podClass]).nodes[0] ?? -1) >= 0;
    for (const [column, weight] of podClass.weights.entries()) {
      asked[column] = (asked[column] ?? 0) + weight;
      if (!isPlaced) unplaced[column] = (unplaced[column] ?? 0) + weight;
    }
  }
  let [nodesUsed, bigFit] = [0, 0];
  for (const [, node] of cluster.nodes.names()) {
    if (cluster.pods.firstOn(node) >= 0) nodesUsed += 1;
    const free = [0, 1].map(
      (column) => (cluster.nodes.free[column]?.[node] ?? 0) / (cluster.nodes.capacity[column]?.[node] ?? 1),
    );
    if (Math.min(...free) >= BIG) bigFit += 1;
  }
  return {
    unplaced: 100 * Math.max(...unplaced.map((each, column) => each / (asked[column] ?? 1))),
    nodesUsed,
    bigFit,
  };
}

/** Nodes of five shapes: what stays unplaced when they are nearly full, and how many are needed when half would do. */
export function mixed({ seeds }: { readonly seeds: number }): Part {
  const figures: Record<string, unknown> = {};
  const rows: (string | number)[][] = [];
  for (const kind of KINDS) {
    const of = (load: number, order: (typeof ORDERS)[number], figure: keyof Outcome): number =>
      mean(Array.from({ length: seeds }, (_, seed) => run(seed + 1, load, order, kind)[figure]));
    const unplaced95 = Object.fromEntries(ORDERS.map((order) => [order, of(0.95, order, 'unplaced')]));
    const unplaced90 = of(0.9, 'drawn', 'unplaced');
    const nodesUsed = of(0.5, 'drawn', 'nodesUsed');
    const bigFit = of(0.5, 'drawn', 'bigFit');
    figures[kind.name] = { unplaced95, unplaced90, nodesUsed50: nodesUsed, bigPodsFit50: bigFit };
    rows.push([
      kind.name,
      ...ORDERS.map((order) => (unplaced95[order] ?? 0).toFixed(2)),
      unplaced90.toFixed(2),
      nodesUsed.toFixed(0),
      bigFit.toFixed(0),
    ]);
  }
  return {
    name: 'mixed',
    title: `1,000 nodes of five shapes, 30,000 pods of 200 templates (means of ${seeds} seeds): percent of demand unplaced at 95% and 90% load; nodes used, and nodes that could take a pod of 70% of them, at 50%`,
    head: ['policy', ...ORDERS.map((order) => `95% ${order}`), '90%', 'nodes used', 'big pods fit'],
    rows,
    figures,
  };
}
