import { Network } from '../flow/network';
import { NetworkSimplex } from '../flow/network-simplex';
import type { Cluster } from '../model/cluster';
import { PODS } from '../model/node-table';
import type { NodeFit } from '../model/node-fit';
import type { PodClass } from '../model/pod-class';
import { Placer } from '../placing/placer';
import { DensityScorer } from '../scores/density';
import { GreedyPolicy } from './greedy';
import { byPriority, bySize, orderBy } from './batch-order';
import type { BatchOptions, Placements, Policy, PolicyKind } from './policy';
import { noPlacements } from './policy';

/** Costs of a unit of flow. A pod that stays pending costs more than any way to place it. */
const PENDING = 1_000_000;
const PRIORITY_STEP = 1_000;
const OPENING = 200;
/** A node's last place costs that much more than its first, so that none is filled to the brim without need. */
const FILLING = 100;
/** Each class has direct arcs to so many nodes, those that cost it least. */
const FAVOURITES = 4;
const FAVOUR = 50;
/** A node's places are offered in that many steps of rising cost. */
const STEPS = 4;

/**
 * A batch as a flow: classes of identical pods send their pods to nodes, directly to their favourites or through an
 * aggregator of all nodes that allow them, at convex cost; the cheapest flow decides. A flow has one kind of unit, so it
 * counts pods where nodes have several resources, and knows no rules between pods: each pod it sends is checked before
 * it is placed, and who does not fit goes to the greedy policy.
 */
class MinCostFlowPolicy implements Policy {
  readonly name = 'min-cost-flow';
  private readonly scorer: DensityScorer;
  private readonly placer: Placer;
  private readonly greedy: GreedyPolicy;

  constructor(private readonly cluster: Cluster) {
    this.scorer = new DensityScorer(cluster);
    this.placer = new Placer(cluster, this.scorer);
    this.greedy = new GreedyPolicy('greedy', cluster, this.scorer);
  }

  place(batch: readonly PodClass[], options: BatchOptions = {}): Placements {
    const placements = noPlacements(batch.length);
    const waiting = groupByClass(batch, this.cluster);
    if (waiting.size > 1) this.send(waiting, placements);
    const left = [...batch.keys()].filter((index) => placements.pods[index] === -1);
    const rest = this.greedy.place(
      left.flatMap((index) => batch[index] ?? []),
      {
        refusals: left.map((index) => options.refusals?.[index] ?? 0),
        record: (index, comparison) => options.record?.(left[index] ?? -1, comparison),
      },
    );
    for (const [at, index] of left.entries()) {
      placements.nodes[index] = rest.nodes[at] ?? -1;
      placements.pods[index] = rest.pods[at] ?? -1;
    }
    return this.keepPriorities(batch, placements, options);
  }

  /** A flow weighs priorities, it does not obey them: where one was inverted the batch is placed greedily. */
  private keepPriorities(batch: readonly PodClass[], placements: Placements, options: BatchOptions): Placements {
    let pending = -Infinity;
    for (const [index, { priority }] of batch.entries()) {
      if ((placements.nodes[index] ?? -1) < 0) pending = Math.max(pending, priority);
    }
    const isInverted = batch.some(({ priority }, index) => (placements.nodes[index] ?? -1) >= 0 && priority < pending);
    if (!isInverted) return placements;
    for (const pod of placements.pods) if (pod >= 0) this.cluster.remove(pod);
    return this.greedy.place(batch, options);
  }

  /** Solves the flow and places what of it stands the check. */
  private send(waiting: ReadonlyMap<PodClass, number[]>, placements: Placements): void {
    const { direct, shared } = this.solve(waiting);
    for (const [podClass, nodes] of direct) {
      for (const [node, count] of nodes) this.put(podClass, node, count, waiting, placements);
    }
    // What came through an aggregator is anybody's who uses it: the largest first, while they fit.
    for (const [fit, nodes] of shared) {
      const users = [...waiting.keys()].filter((podClass) => podClass.fit === fit);
      for (const [node, count] of nodes) {
        let left = count;
        for (const podClass of users) {
          if (left === 0) break;
          left -= this.put(podClass, node, left, waiting, placements);
        }
      }
    }
  }

  private put(
    podClass: PodClass,
    node: number,
    count: number,
    waiting: ReadonlyMap<PodClass, number[]>,
    placements: Placements,
  ): number {
    const indexes = waiting.get(podClass) ?? [];
    let done = 0;
    while (done < count && indexes.length > 0 && this.placer.isPossible(podClass, node)) {
      const index = indexes.pop() ?? -1;
      placements.nodes[index] = node;
      placements.pods[index] = this.cluster.place(podClass, node);
      this.scorer.observe(podClass);
      done += 1;
    }
    return done;
  }

  private solve(waiting: ReadonlyMap<PodClass, readonly number[]>) {
    const network = new Network();
    const sink = network.addNode();
    const places = this.placesOf(waiting);
    const nodeIds = new Map<number, number>();
    for (const [node, count] of places) {
      const id = network.addNode();
      nodeIds.set(node, id);
      const opening = this.cluster.nodes.isEmpty(node) ? OPENING : 0;
      for (let step = 0; step < STEPS; step++) {
        const share = Math.floor(((step + 1) * count) / STEPS) - Math.floor((step * count) / STEPS);
        if (share > 0) network.addArc(id, sink, share, opening + Math.round((FILLING * step) / STEPS));
      }
    }
    const aggregators = new Map<NodeFit, { readonly id: number; readonly arcs: Map<number, number> }>();
    const direct: { readonly podClass: PodClass; readonly node: number; readonly arc: number }[] = [];
    for (const [podClass, indexes] of waiting) {
      const id = network.addNode(indexes.length);
      network.supply[sink] = (network.supply[sink] ?? 0) - indexes.length;
      const pending = PENDING + PRIORITY_STEP * Math.max(0, Math.min(1_000, podClass.priority));
      network.addArc(id, sink, indexes.length, pending);
      for (const node of this.placer.cheapest(podClass, FAVOURITES)) {
        const to = nodeIds.get(node);
        if (to !== undefined) direct.push({ podClass, node, arc: network.addArc(id, to, indexes.length, 0) });
      }
      const aggregator = aggregators.get(podClass.fit) ?? this.aggregate(podClass.fit, network, nodeIds, places);
      aggregators.set(podClass.fit, aggregator);
      network.addArc(id, aggregator.id, indexes.length, FAVOUR);
    }
    const simplex = new NetworkSimplex(network);
    simplex.solve();
    const sentDirectly = new Map<PodClass, [node: number, count: number][]>();
    for (const { podClass, node, arc } of direct) {
      const count = simplex.flow[arc] ?? 0;
      if (count > 0) sentDirectly.set(podClass, [...(sentDirectly.get(podClass) ?? []), [node, count]]);
    }
    const shared = [...aggregators].map(([fit, { arcs }]) => {
      const counts = [...arcs].map(([node, arc]): [number, number] => [node, simplex.flow[arc] ?? 0]);
      return [fit, counts.filter(([, count]) => count > 0)] as const;
    });
    return { direct: sentDirectly, shared };
  }

  private aggregate(
    fit: NodeFit,
    network: Network,
    nodeIds: ReadonlyMap<number, number>,
    places: ReadonlyMap<number, number>,
  ) {
    const id = network.addNode();
    const arcs = new Map<number, number>();
    for (const [node, to] of nodeIds) {
      if (fit.allows(node))
        arcs.set(
          node,
          network.addArc(id, to, places.get(node) ?? 0, Math.max(0, Math.round(fit.costAt(node) / 1_000))),
        );
    }
    return { id, arcs };
  }

  /** How many of the waiting pods a node can take, were they all alike: by the resource that runs out first. */
  private placesOf(waiting: ReadonlyMap<PodClass, readonly number[]>): ReadonlyMap<number, number> {
    const { nodes, load } = this.cluster;
    const asked = new Map<number, number>();
    let pods = 0;
    for (const [{ columns, amounts }, indexes] of waiting) {
      pods += indexes.length;
      for (const [at, column] of columns.entries()) {
        asked.set(column, (asked.get(column) ?? 0) + (amounts[at] ?? 0) * indexes.length);
      }
    }
    const places = new Map<number, number>();
    for (const node of this.placer.nodesInTieOrder()) {
      let count = nodes.free[PODS]?.[node] ?? 0;
      for (const [column, amount] of asked) {
        if (amount > 0) count = Math.min(count, ((nodes.free[column]?.[node] ?? 0) * pods) / amount);
      }
      if (count >= 1 && !load.isOverloaded(node)) places.set(node, Math.min(Math.floor(count), pods));
    }
    return places;
  }
}

/** Indexes of the batch by class, the most important class first, then the largest. */
function groupByClass(batch: readonly PodClass[], cluster: Cluster): ReadonlyMap<PodClass, number[]> {
  const groups = new Map<PodClass, number[]>();
  for (const index of orderBy(batch, {}, byPriority, bySize(cluster))) {
    const podClass = batch[index];
    if (podClass === undefined) continue;
    const indexes = groups.get(podClass);
    if (indexes === undefined) groups.set(podClass, [index]);
    else indexes.push(index);
  }
  return groups;
}

/** Places batches by the cheapest flow of classes of pods to nodes. */
export const minCostFlow: PolicyKind = {
  name: 'min-cost-flow',
  create: (cluster) => new MinCostFlowPolicy(cluster),
};
