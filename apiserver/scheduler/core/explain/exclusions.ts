import type { Constraint } from '../constraints/constraint';
import type { Refusal } from '../node-constraints/node-constraint';
import { constraints } from '../constraints/constraints';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';

/** One node's refusal of a pod. */
export interface Exclusion extends Refusal {
  readonly nodeName: string;
  readonly constraint: Constraint;
}

/** The first rule that keeps pods of this class off the node; undefined: it takes them. */
export function refusalAt(cluster: Cluster, podClass: PodClass, node: number): Exclusion | undefined {
  for (const constraint of constraints) {
    if (!constraint.concerns(podClass) || constraint.allows(podClass, node, cluster)) continue;
    return { ...constraint.refusal(podClass, node, cluster), constraint, nodeName: cluster.nodes.nameOf(node) };
  }
  return undefined;
}

/** Every node that refuses, by name, with the one rule that excluded it. */
export function exclusionsOf(cluster: Cluster, podClass: PodClass): readonly Exclusion[] {
  return [...cluster.nodes.names()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, node]) => refusalAt(cluster, podClass, node) ?? []);
}
