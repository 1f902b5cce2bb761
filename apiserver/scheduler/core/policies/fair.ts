import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { PODS } from '../model/node-table';
import { Placer } from '../placing/placer';
import { DensityScorer } from '../scores/density';
import { byPriority, bySize, byWait, orderBy } from './batch-order';
import type { BatchOptions, Placements, Policy, PolicyKind } from './policy';
import { noPlacements } from './policy';

/** A namespace's weight: one with 2 is due twice the share of one with 1. */
export const WEIGHT_LABEL = 'pinsetter.io/share-weight';

/** What a namespace has, and what of it waits. */
interface Owner {
  readonly name: string;
  readonly weight: number;
  /** Requested by its pods, by column. */
  readonly held: number[];
  /** Indexes of the batch, the next one last. */
  readonly waiting: number[];
  /** Classes that no node takes any more. */
  readonly refused: Set<PodClass>;
}

/**
 * Dominant resource fairness (Ghodsi et al., NSDI 2011): among pods of one priority the next to be placed is one of the
 * namespace whose dominant share of the cluster, by its weight, is smallest; each goes on the node that costs least.
 * Higher priorities come first, whatever their namespaces have.
 */
class FairPolicy implements Policy {
  readonly name = 'fair';
  private readonly scorer: DensityScorer;
  private readonly placer: Placer;

  constructor(private readonly cluster: Cluster) {
    this.scorer = new DensityScorer(cluster);
    this.placer = new Placer(cluster, this.scorer);
  }

  place(batch: readonly PodClass[], options: BatchOptions = {}): Placements {
    const placements = noPlacements(batch.length);
    const order = orderBy(batch, options, byPriority, byWait, bySize(this.cluster));
    const held = this.heldByNamespace();
    for (let start = 0; start < order.length;) {
      const priority = batch[order[start] ?? -1]?.priority;
      let end = start;
      while (end < order.length && batch[order[end] ?? -1]?.priority === priority) end += 1;
      this.fill(this.owners(batch, order.slice(start, end), held), batch, placements, options);
      start = end;
    }
    return placements;
  }

  /** Progressive filling: the poorest namespace goes next, until nobody can be placed. */
  private fill(owners: Owner[], batch: readonly PodClass[], placements: Placements, { record }: BatchOptions): void {
    for (;;) {
      const poorest = this.poorest(owners);
      const index = poorest?.waiting.pop();
      if (poorest === undefined || index === undefined) return;
      const podClass = batch[index];
      if (podClass === undefined || poorest.refused.has(podClass)) continue;
      this.scorer.observe(podClass);
      const comparison = this.placer.compare(podClass);
      if (comparison === undefined) {
        poorest.refused.add(podClass);
        continue;
      }
      record?.(index, comparison);
      const { node } = comparison.winner;
      placements.nodes[index] = node;
      placements.pods[index] = this.cluster.place(podClass, node);
      hold(poorest.held, podClass);
    }
  }

  private poorest(owners: readonly Owner[]): Owner | undefined {
    let poorest: Owner | undefined;
    let lowest = Infinity;
    for (const owner of owners) {
      if (owner.waiting.length === 0) continue;
      const share = dominantShare(owner.held, this.cluster) / owner.weight;
      if (share >= lowest) continue;
      lowest = share;
      poorest = owner;
    }
    return poorest;
  }

  private owners(batch: readonly PodClass[], order: readonly number[], held: Map<string, number[]>): Owner[] {
    const owners = new Map<string, Owner>();
    for (const index of order) {
      const name = batch[index]?.namespace ?? '';
      const known = owners.get(name);
      if (known !== undefined) {
        known.waiting.push(index);
        continue;
      }
      const has = held.get(name) ?? [];
      held.set(name, has);
      owners.set(name, { name, weight: this.weightOf(name), held: has, waiting: [index], refused: new Set() });
    }
    for (const { waiting } of owners.values()) waiting.reverse();
    return [...owners.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  private weightOf(namespace: string): number {
    const weight = Number(this.cluster.namespaceLabels(namespace)[WEIGHT_LABEL] ?? 1);
    return Number.isFinite(weight) && weight > 0 ? weight : 1;
  }

  private heldByNamespace(): Map<string, number[]> {
    const held = new Map<string, number[]>();
    for (const [, node] of this.cluster.nodes.names()) {
      for (const pod of this.cluster.pods.on(node)) {
        const podClass = this.cluster.classOfPod(pod);
        const has = held.get(podClass.namespace) ?? [];
        hold(has, podClass);
        held.set(podClass.namespace, has);
      }
    }
    return held;
  }
}

function hold(held: number[], { columns, amounts }: PodClass): void {
  for (const [at, column] of columns.entries()) held[column] = (held[column] ?? 0) + (amounts[at] ?? 0);
}

/** The largest share of any resource; how many pods there may be is no resource that anybody competes for. */
export function dominantShare(held: readonly number[], { nodes }: Cluster): number {
  let share = 0;
  for (const [column, amount] of held.entries()) {
    const total = nodes.totals[column] ?? 0;
    if (column !== PODS && total > 0) share = Math.max(share, (amount ?? 0) / total);
  }
  return share;
}

/** Placing by dominant resource fairness between namespaces. */
export const fair: PolicyKind = { name: 'fair', create: (cluster) => new FairPolicy(cluster) };
