import type { Exclusion } from '../explain/exclusions';
import { exclusionsOf } from '../explain/exclusions';
import type { NearestMiss } from '../explain/nearest-miss';
import { nearestMiss } from '../explain/nearest-miss';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { Comparison, Policy } from '../policies/policy';

/** Where a pod would go, or why nowhere. */
export type PlannedPod =
  | { readonly nodeName: string; readonly comparison?: Comparison }
  | { readonly nodeName?: never; readonly exclusions: readonly Exclusion[]; readonly nearest?: NearestMiss };

/** Where the policy would put these pods, were they all here now, by index. The cluster is left as it was. */
export function plan(cluster: Cluster, policy: Policy, batch: readonly PodClass[]): readonly PlannedPod[] {
  const comparisons = new Map<number, Comparison>();
  const { nodes, pods } = policy.place(batch, { record: (index, comparison) => comparisons.set(index, comparison) });
  const planned = batch.map((podClass, index): PlannedPod => {
    const node = nodes[index] ?? -1;
    if (node < 0) {
      const nearest = nearestMiss(cluster, podClass);
      return { exclusions: exclusionsOf(cluster, podClass), ...(nearest === undefined ? {} : { nearest }) };
    }
    const comparison = comparisons.get(index);
    const isStanding = comparison?.winner.node === node;
    return { nodeName: cluster.nodes.nameOf(node), ...(isStanding ? { comparison } : {}) };
  });
  for (const pod of pods) if (pod >= 0) cluster.remove(pod);
  return planned;
}
