import type { NodeDemand } from '../model/node-demand';
import type { NodeFacts } from '../model/node-facts';

export interface Refusal {
  /** Kubernetes' words, the same for all nodes that fail alike: they are counted by it ("2 Insufficient cpu"). */
  readonly reason: string;
  /** This node's figures or names, for the per-node line. */
  readonly detail: string;
  /** What would make it allow the pod, as the end of "it would run there with …". */
  readonly remedy: string;
  /** The node as a whole is too small: nobody who leaves it makes room. */
  readonly isBeyondNode?: boolean;
}

/** A rule that looks at nothing but what the node says about itself: worked out once for all pods that ask alike. */
export interface NodeConstraint {
  readonly name: string;
  allows(demand: NodeDemand, facts: NodeFacts): boolean;
  refusal(demand: NodeDemand, facts: NodeFacts): Refusal;
}
