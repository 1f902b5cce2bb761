import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { BatchOptions, Placements, Policy } from './policy';

/** Pods that are placed all together or not at all. */
export interface Whole<Reason> {
  readonly members: readonly PodClass[];
  readonly options?: BatchOptions;
  /** Asked about one that finds no place, while the others still stand. */
  readonly explain: (missing: PodClass) => Reason;
}

export type WholePlacement<Reason> =
  | { readonly placements: Placements }
  /** Nothing of it stands. `fitting`: how many would have found a place. */
  | { readonly placements?: never; readonly fitting: number; readonly reason: Reason };

export function placeWhole<Reason>(
  cluster: Cluster,
  policy: Policy,
  { members, options, explain }: Whole<Reason>,
): WholePlacement<Reason> {
  const placements = policy.place(members, options);
  const missing = members[placements.nodes.findIndex((node) => node < 0)];
  if (missing === undefined) return { placements };
  const reason = explain(missing);
  const fitting = placements.nodes.filter((node) => node >= 0).length;
  for (const slot of placements.pods) if (slot >= 0) cluster.remove(slot);
  return { fitting, reason };
}
