import { constraints } from '../constraints/constraints';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { TieOrder } from '../placing/tie-order';
import type { Placements, Policy, PolicyKind } from './policy';
import { noPlacements } from './policy';

/** Each class of pods goes around the nodes by itself: the next one that takes the pod gets it, whatever its size. */
class RoundRobinPolicy implements Policy {
  readonly name = 'round-robin';
  private readonly order: TieOrder;
  /** Where each class goes on. */
  private readonly cursors = new WeakMap<PodClass, number>();
  /** Where the next new class begins: behind the one before it, lest classes of few pods all meet on the first node. */
  private nextStart = 0;

  constructor(private readonly cluster: Cluster) {
    this.order = new TieOrder(cluster.nodes);
  }

  place(batch: readonly PodClass[]): Placements {
    this.order.refresh();
    const placements = noPlacements(batch.length);
    const byPriority = [...batch.keys()].sort((a, b) => (batch[b]?.priority ?? 0) - (batch[a]?.priority ?? 0) || a - b);
    for (const index of byPriority) {
      const podClass = batch[index];
      const node = podClass === undefined ? -1 : this.next(podClass);
      if (podClass === undefined || node < 0) continue;
      placements.nodes[index] = node;
      placements.pods[index] = this.cluster.place(podClass, node);
    }
    return placements;
  }

  private next(podClass: PodClass): number {
    const nodes = this.order.order;
    const known = this.cursors.get(podClass);
    const start = known ?? this.nextStart;
    const concerned = constraints.filter((each) => each.concerns(podClass));
    for (let step = 0; step < nodes.length; step++) {
      const at = (start + step) % nodes.length;
      const node = nodes[at] ?? -1;
      if (!concerned.every((each) => each.allows(podClass, node, this.cluster))) continue;
      this.cursors.set(podClass, at + 1);
      if (known === undefined) this.nextStart = at + 1;
      return node;
    }
    return -1;
  }
}

/** Fair in count, not in size. */
export const roundRobin: PolicyKind = {
  name: 'round-robin',
  create: (cluster) => new RoundRobinPolicy(cluster),
};
