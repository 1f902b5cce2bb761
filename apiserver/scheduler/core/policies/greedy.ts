import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { Placer } from '../placing/placer';
import type { LearningScorer } from '../scores/density';
import { DensityScorer } from '../scores/density';
import type { ScorerFactory } from '../scores/plain-scorers';
import { bestFit, firstFit, leastAllocated } from '../scores/plain-scorers';
import { alignments, fillNodeByNode, isBetter, isWorthPlanning, outcomeOf } from './batch-plans';
import { byPriority, bySize, byWait, orderBy, sizeOf } from './batch-order';
import type { BatchOptions, Placements, Policy, PolicyKind } from './policy';
import { noPlacements } from './policy';

/**
 * Greedy by dominant resource: the pod with the biggest dominant share of the cluster first, equals by priority, each
 * on the node that costs least by the score.
 *
 * That order alone would let a big pod of low priority take what a small one of high priority needs. So when something
 * of the batch stays pending although the batch mixes priorities, it is placed again by priority first: then a pod can
 * only be refused because of what was there before, or of its equals and betters.
 */
export class GreedyPolicy implements Policy {
  private readonly placer: Placer;

  constructor(
    readonly name: string,
    private readonly cluster: Cluster,
    private readonly scorer: LearningScorer | ReturnType<ScorerFactory>,
    /** Whether other plans are tried for a batch, or one pass stands. */
    private readonly isPlanning = false,
  ) {
    this.placer = new Placer(cluster, scorer);
  }

  place(batch: readonly PodClass[], options: BatchOptions = {}): Placements {
    for (const podClass of batch) if ('observe' in this.scorer) this.scorer.observe(podClass);
    if (batch.length === 1) return this.placeInOrder(batch, [0], options);
    const size = bySize(this.cluster);
    const first = this.placeInOrder(batch, orderBy(batch, options, byWait, size, byPriority), options);
    if (!invertsPriority(batch, first)) return this.improve(batch, first);
    this.undo(first);
    return this.placeInOrder(batch, orderBy(batch, options, byPriority, byWait, size), options);
  }

  /** Other plans for the batch, where one may place more or need fewer nodes; the best stands. */
  private improve(batch: readonly PodClass[], first: Placements): Placements {
    if (!this.isPlanning || !isWorthPlanning(batch, this.cluster)) return first;
    const size = (index: number): number => {
      const podClass = batch[index];
      return podClass === undefined ? 0 : sizeOf(this.cluster, podClass);
    };
    const order = this.placer.nodesInTieOrder();
    const plans: (() => Placements)[] = [
      ...[2, 3].map((norm) => () => this.placeInOrder(batch, orderBy(batch, {}, bySize(this.cluster, norm)))),
      ...alignments.map((alignment) => () => fillNodeByNode(batch, this.cluster, order, alignment)),
    ];
    let best = first;
    let outcome = outcomeOf(first, size);
    let standing = first;
    for (const plan of plans) {
      this.undo(standing);
      standing = plan();
      const other = outcomeOf(standing, size);
      if (!isBetter(other, outcome)) continue;
      best = standing;
      outcome = other;
    }
    return standing === best ? best : this.replay(batch, standing, best);
  }

  private undo({ pods }: Placements): void {
    for (const pod of pods) if (pod >= 0) this.cluster.remove(pod);
  }

  /** Takes back what stands, and does again what another plan did. */
  private replay(batch: readonly PodClass[], standing: Placements, { nodes }: Placements): Placements {
    this.undo(standing);
    const placements = noPlacements(batch.length);
    for (const [index, podClass] of batch.entries()) {
      const node = nodes[index] ?? -1;
      if (node < 0) continue;
      placements.nodes[index] = node;
      placements.pods[index] = this.cluster.place(podClass, node);
    }
    return placements;
  }

  private placeInOrder(
    batch: readonly PodClass[],
    order: readonly number[],
    { record }: BatchOptions = {},
  ): Placements {
    const placements = noPlacements(batch.length);
    for (const index of order) {
      const podClass = batch[index];
      if (podClass === undefined) continue;
      const comparison = record === undefined ? undefined : this.placer.compare(podClass);
      const node = comparison?.winner.node ?? (record === undefined ? this.placer.best(podClass) : -1);
      if (node < 0) continue;
      if (comparison !== undefined) record?.(index, comparison);
      placements.nodes[index] = node;
      placements.pods[index] = this.cluster.place(podClass, node);
    }
    return placements;
  }
}

/** Whether a pod stays pending while one of lower priority was placed. */
function invertsPriority(batch: readonly PodClass[], { nodes }: Placements): boolean {
  let lowestPlaced = Infinity;
  let highestPending = -Infinity;
  for (let index = 0; index < batch.length; index++) {
    const priority = batch[index]?.priority ?? 0;
    if (nodes[index] === -1) highestPending = Math.max(highestPending, priority);
    else lowestPlaced = Math.min(lowestPlaced, priority);
  }
  return lowestPlaced < highestPending;
}

/** The default: dense, and stranding nothing. */
export const greedy: PolicyKind = {
  name: 'greedy',
  create: (cluster) => new GreedyPolicy('greedy', cluster, new DensityScorer(cluster), true),
};

/** The same in one pass, whatever the batch. */
export const greedyOnePass: PolicyKind = {
  name: 'greedy-one-pass',
  create: (cluster) => new GreedyPolicy('greedy-one-pass', cluster, new DensityScorer(cluster)),
};

const plain = (name: string, scorer: ScorerFactory): PolicyKind => ({
  name,
  create: (cluster) => new GreedyPolicy(name, cluster, scorer(cluster)),
});

/** The node whose name comes first. */
export const greedyFirstFit = plain('first-fit', firstFit);
/** The node that is left with least of what it has most of. */
export const greedyBestFit = plain('best-fit', bestFit);
/** As kube-scheduler does unless told otherwise: the node with most left. */
export const greedyLeastAllocated = plain('least-allocated', leastAllocated);
