import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { PODS } from '../model/node-table';
import type { Placements } from './policy';
import { noPlacements } from './policy';

/** Plans are compared for batches up to that many pods: beyond, the first one stands. */
const MOST_PODS = 1_000;

/** Whether the order in which a batch is placed matters, and nothing but resources matters. */
export function isWorthPlanning(batch: readonly PodClass[], { nodes }: Cluster): boolean {
  const [first] = batch;
  return (
    batch.length <= MOST_PODS &&
    nodes.count > 1 &&
    batch.some((podClass) => podClass !== first) &&
    batch.every(({ priority, rules, ports, devices, spreadOwner }) => {
      const { near, apart, unwelcome, spread, wishes } = rules;
      const isAlone = near.length + apart.length + unwelcome.length + spread.length + wishes.length === 0;
      return priority === first?.priority && isAlone && ports.length === 0 && devices === undefined && !spreadOwner;
    })
  );
}

/** What is good about a plan: as much placed as can be, on as few nodes as can be. */
export interface Outcome {
  readonly unplaced: number;
  readonly used: number;
}

export function outcomeOf({ nodes }: Placements, size: (index: number) => number): Outcome {
  let unplaced = 0;
  for (const [index, node] of nodes.entries()) if (node < 0) unplaced += size(index);
  return { unplaced, used: new Set(nodes).size };
}

export const isBetter = (one: Outcome, other: Outcome): boolean =>
  one.unplaced < other.unplaced - 1e-9 || (one.unplaced <= other.unplaced + 1e-9 && one.used < other.used);

/** How well a pod suits what a node has left: shares of the node, by resource, and how scarce each resource is. */
type Alignment = (asked: number, left: number, scarcity: number) => number;

/** Each sums its term over the resources; the pod with the highest sum goes next. */
export const alignments: readonly Alignment[] = [
  (asked, left, scarcity) => scarcity * asked * left,
  (asked, left, scarcity) => scarcity * scarcity * asked * left,
  (asked, left, scarcity) => -scarcity * (left - asked) ** 2,
  (asked, left, scarcity) => scarcity ** 4 * asked * left,
];

/**
 * Fills one node after the other with the pods that suit best what it has left (Panigrahy et al., "Heuristics for
 * Vector Bin Packing": dot product with weights that follow what remains). For pods without rules about others.
 */
export function fillNodeByNode(
  batch: readonly PodClass[],
  cluster: Cluster,
  order: readonly number[],
  alignment: Alignment,
): Placements {
  const placements = noPlacements(batch.length);
  const columns = [...new Set(batch.flatMap((podClass) => [...podClass.columns]))].filter((column) => column !== PODS);
  const waiting = new Map<PodClass, number[]>();
  for (const [index, podClass] of batch.entries()) {
    const indexes = waiting.get(podClass);
    if (indexes === undefined) waiting.set(podClass, [index]);
    else indexes.push(index);
  }
  const asked = new Map([...waiting.keys()].map((podClass) => [podClass, askedOf(podClass, columns)]));
  const used = order.filter((node) => !cluster.nodes.isEmpty(node));
  const empty = order.filter((node) => cluster.nodes.isEmpty(node));
  for (const node of [...used, ...empty]) {
    if (waiting.size === 0) break;
    const scarcity = scarcityOf(waiting, asked, columns, cluster);
    for (;;) {
      const podClass = bestFor(node, waiting, asked, columns, scarcity, cluster, alignment);
      const index = podClass === undefined ? undefined : waiting.get(podClass)?.pop();
      if (podClass === undefined || index === undefined) break;
      if (waiting.get(podClass)?.length === 0) waiting.delete(podClass);
      placements.nodes[index] = node;
      placements.pods[index] = cluster.place(podClass, node);
    }
  }
  return placements;
}

function askedOf(podClass: PodClass, columns: readonly number[]): Float64Array {
  return Float64Array.from(columns, (column) => podClass.amounts[podClass.columns.indexOf(column)] ?? 0);
}

/** Mean share of the cluster that a waiting pod asks for, by resource, about 1 on average. */
function scarcityOf(
  waiting: ReadonlyMap<PodClass, readonly number[]>,
  asked: ReadonlyMap<PodClass, Float64Array>,
  columns: readonly number[],
  { nodes }: Cluster,
): Float64Array {
  const sums = new Float64Array(columns.length);
  for (const [podClass, indexes] of waiting) {
    const amounts = asked.get(podClass);
    for (let at = 0; at < sums.length; at++) sums[at] = (sums[at] ?? 0) + (amounts?.[at] ?? 0) * indexes.length;
  }
  for (const [at, column] of columns.entries()) sums[at] = (sums[at] ?? 0) / (nodes.totals[column] ?? 1);
  const mean = sums.reduce((sum, each) => sum + each, 0) / sums.length;
  return sums.map((sum) => (mean === 0 ? 1 : sum / mean));
}

function bestFor(
  node: number,
  waiting: ReadonlyMap<PodClass, readonly number[]>,
  asked: ReadonlyMap<PodClass, Float64Array>,
  columns: readonly number[],
  scarcity: Float64Array,
  { nodes, load }: Cluster,
  alignment: Alignment,
): PodClass | undefined {
  const left = columns.map((column) => nodes.free[column]?.[node] ?? 0);
  const perUnit = columns.map((column) => nodes.perUnit[column]?.[node] ?? 0);
  if ((nodes.free[PODS]?.[node] ?? 0) < 1 || load.isOverloaded(node)) return undefined;
  let best: PodClass | undefined;
  let highest = -Infinity;
  for (const podClass of waiting.keys()) {
    const amounts = asked.get(podClass);
    if (amounts === undefined || !podClass.fit.allows(node)) continue;
    let sum = 0;
    for (let at = 0; at < amounts.length; at++) {
      const amount = amounts[at] ?? 0;
      const room = left[at] ?? 0;
      if (amount > room) {
        sum = -Infinity;
        break;
      }
      const unit = perUnit[at] ?? 0;
      sum += alignment(amount * unit, room * unit, scarcity[at] ?? 1);
    }
    if (sum <= highest) continue;
    highest = sum;
    best = podClass;
  }
  return best;
}
