import type { Cluster } from '../../../apiserver/scheduler/core/model/cluster';
import type { PodClass } from '../../../apiserver/scheduler/core/model/pod-class';
import { GreedyPolicy } from '../../../apiserver/scheduler/core/policies/greedy';
import type { PolicyKind } from '../../../apiserver/scheduler/core/policies/policy';
import { DemandProfile } from '../../../apiserver/scheduler/core/scores/demand-profile';
import { nodeByNode } from '../../../apiserver/scheduler/core/placing/scorer';
import type { LearningScorer } from '../../../apiserver/scheduler/core/scores/density';
import { Fragmentation } from '../../../apiserver/scheduler/core/scores/fragmentation';
import { NameOrder } from '../../../apiserver/scheduler/core/scores/plain-scorers';

/** Names decide between equal scores, so a score's bucket leaves room for as many nodes. */
const BUCKET = 1_000_000;

/**
 * The score of the FGD paper, rounded as its simulator rounds it, ties by the smallest node name; the typical pods are
 * learnt from arrivals instead of being read from the trace beforehand.
 */
class FgdScorer implements LearningScorer {
  readonly name = 'fgd';
  private readonly profile = new DemandProfile();
  private readonly fragmentation: Fragmentation;
  private readonly byName: NameOrder;

  constructor(cluster: Cluster) {
    this.fragmentation = new Fragmentation(cluster);
    this.byName = new NameOrder(cluster);
  }

  get version(): number {
    return this.profile.version + this.byName.version;
  }

  observe(podClass: PodClass): void {
    const before = this.profile.version;
    this.profile.observe(podClass);
    if (this.profile.version !== before) this.fragmentation.setTypical(this.profile.typical);
  }

  readonly addCosts = nodeByNode((podClass, node) => {
    const added = this.fragmentation.added(podClass, node) / 1_000;
    const score = Math.trunc(100 / (1 + Math.exp(added)));
    return (100 - score) * BUCKET + this.byName.rankOf(node);
  });
}

export const fgd: PolicyKind = {
  name: 'fgd',
  create: (cluster) => new GreedyPolicy('fgd', cluster, new FgdScorer(cluster)),
};
