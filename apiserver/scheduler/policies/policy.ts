import type { Pod } from '../../../shared/api/objects';
import type { ClusterState } from '../cluster-state';
import type { Filter, Refusal } from '../filters/filter';

/** One node's refusal of a pod. */
export interface Exclusion extends Refusal {
  readonly nodeName: string;
  readonly filter: Filter;
}

export type Decision =
  | { readonly pod: Pod; readonly nodeName: string }
  /** No node takes it: every node with the one rule that excluded it. */
  | { readonly pod: Pod; readonly nodeName?: never; readonly exclusions: readonly Exclusion[] };

/** How a batch of pending pods is placed. A pure function of the batch and the state, which it leaves with the placed pods assumed. */
export interface Policy {
  readonly name: string;
  place(batch: readonly Pod[], state: ClusterState): readonly Decision[];
}
