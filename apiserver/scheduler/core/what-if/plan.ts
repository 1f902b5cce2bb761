import type { NamedChoice } from '../explain/choice-log';
import { nameChoice } from '../explain/choice-log';
import type { Exclusion } from '../explain/exclusions';
import { exclusionsOf } from '../explain/exclusions';
import type { NearestMiss } from '../explain/nearest-miss';
import { nearestMiss } from '../explain/nearest-miss';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { Policy } from '../policies/policy';

/** Where a pod would go, or why nowhere. */
export type PlannedPod =
  | { readonly nodeName: string; readonly choice?: NamedChoice }
  | { readonly nodeName?: never; readonly exclusions: readonly Exclusion[]; readonly nearest?: NearestMiss };

/** Where the policy would put these pods, were they all here now, by index. The cluster is left as it was. */
export function plan(cluster: Cluster, policy: Policy, batch: readonly PodClass[]): readonly PlannedPod[] {
  const choices = new Map<number, NamedChoice>();
  const { nodes, pods } = policy.place(batch, {
    record: (index, comparison) => choices.set(index, nameChoice(comparison, cluster.nodes)),
  });
  const planned = batch.map((podClass, index): PlannedPod => {
    const node = nodes[index] ?? -1;
    if (node < 0) {
      const nearest = nearestMiss(cluster, podClass);
      return { exclusions: exclusionsOf(cluster, podClass), ...(nearest === undefined ? {} : { nearest }) };
    }
    const nodeName = cluster.nodes.nameOf(node);
    const choice = choices.get(index);
    return { nodeName, ...(choice?.winner.nodeName === nodeName ? { choice } : {}) };
  });
  for (const pod of pods) if (pod >= 0) cluster.remove(pod);
  return planned;
}
