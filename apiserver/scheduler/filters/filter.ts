import type { Pod } from '../../../shared/api/objects';
import type { NodeState } from '../cluster-state';
import type { Resources } from '../resources';

/**
 * What may cure a filter's refusal: `node` = a node came or changed, `pod-gone` = a pod left a node. A pod refused
 * everywhere is tried again only when one of these happens.
 */
export type Cure = 'node' | 'pod-gone';

/** A rule that a node must satisfy for a pod. Pure. */
export interface Filter {
  readonly name: string;
  readonly cures: readonly Cure[];
  /** Undefined when the pod may run there, else the reason. `requests` are the pod's. */
  check(pod: Pod, state: NodeState, requests: Resources): Refusal | undefined;
}

export interface Refusal {
  /** Kubernetes' words, the same for all nodes that fail alike: they are counted by it ("2 Insufficient cpu"). */
  readonly reason: string;
  /** This node's figures or names, for the per-node line. */
  readonly detail: string;
}
