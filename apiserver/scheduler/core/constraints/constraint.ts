import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { NodeConstraint, Refusal } from '../node-constraints/node-constraint';

/**
 * What may cure a refusal: `node` = a node came or changed, `pod-gone` = a pod left a node, `pod-came` = one was placed
 * (which those wait for that want to be near it), `gang` = another pod of a gang came, `namespace` = its labels changed. A pod refused everywhere is tried
 * again only when one of these happens; `never`: only when the pod itself changes.
 */
export type Cure = 'node' | 'pod-gone' | 'pod-came' | 'gang' | 'namespace' | 'never';

/** A rule that a node must satisfy for a pod to be placed there. */
export interface Constraint {
  readonly name: string;
  readonly cures: readonly Cure[];
  /** Whether taking other pods off the node could make it allow this one. */
  readonly curedByPreemption: boolean;
  /** False: it can never refuse a pod of this class, so it costs nothing. */
  concerns(podClass: PodClass): boolean;
  allows(podClass: PodClass, node: number, cluster: Cluster): boolean;
  /** Why not; asked only after `allows` said no. */
  refusal(podClass: PodClass, node: number, cluster: Cluster): Refusal;
}

export const fromNodeConstraint = ({ name, allows, refusal }: NodeConstraint): Constraint => ({
  name,
  cures: ['node'],
  curedByPreemption: false,
  concerns: () => true,
  allows: (podClass, node, cluster) => {
    const facts = cluster.nodes.facts[node];
    return facts !== undefined && allows(podClass.demand, facts);
  },
  refusal: (podClass, node, cluster) => {
    const facts = cluster.nodes.facts[node];
    return facts === undefined
      ? { reason: 'node(s) are gone', detail: 'it is gone', remedy: 'the node back' }
      : refusal(podClass.demand, facts);
  },
});
