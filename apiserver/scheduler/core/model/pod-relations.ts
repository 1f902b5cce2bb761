import type { Pod } from '../../../../shared/api/objects';
import type { Selectable, Selection, SelectionSource } from './selection';
import { selectionOf } from './selection';

/** A pod affinity or anti-affinity term. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly selection: Selection;
}

export interface SpreadTerm extends PodTerm {
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** What a pod says about the pods around it. */
export interface PodRelations {
  readonly near: readonly PodTerm[];
  readonly apart: readonly PodTerm[];
  /** Positive weights attract, negative ones repel. */
  readonly preferred: readonly (PodTerm & { readonly weight: number })[];
  readonly spread: readonly SpreadTerm[];
  /** Spread that is only wished for (ScheduleAnyway). */
  readonly softSpread: readonly SpreadTerm[];
}

/** What those look at who count pods by their labels and relations. */
export interface Relating extends Selectable {
  readonly relations: PodRelations;
  /** Uid of the owner whose pods are spread over the nodes by default. */
  readonly spreadOwner?: string;
}

/** Owners whose pods kube-scheduler spreads unless told otherwise. */
const SPREAD_OWNERS = new Set(['ReplicaSet', 'StatefulSet', 'ReplicationController']);

type AffinityTerm = SelectionSource & { readonly topologyKey: string };

export function relationsOf(pod: Pod): PodRelations {
  const owner = { namespace: pod.metadata.namespace, labels: pod.metadata.labels ?? {} };
  const term = (source: AffinityTerm): PodTerm => ({
    topologyKey: source.topologyKey,
    selection: selectionOf(source, owner),
  });
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const wishes = (affinity: typeof podAffinity, sign: number) =>
    (affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ weight, podAffinityTerm }) => ({
      ...term(podAffinityTerm),
      weight: sign * weight,
    }));
  const constraints = pod.spec.topologySpreadConstraints ?? [];
  const spread = (when: string): SpreadTerm[] =>
    constraints
      .filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when)
      .map((constraint) => ({
        topologyKey: constraint.topologyKey,
        selection: selectionOf({ ...constraint, namespaces: [owner.namespace] }, owner),
        maxSkew: constraint.maxSkew,
        minDomains: constraint.minDomains ?? 1,
        honorsAffinity: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
        honorsTaints: constraint.nodeTaintsPolicy === 'Honor',
      }));
  return {
    near: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term),
    apart: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(term),
    preferred: [...wishes(podAffinity, 1), ...wishes(podAntiAffinity, -1)],
    spread: spread('DoNotSchedule'),
    softSpread: spread('ScheduleAnyway'),
  };
}

/** The owner whose pods should not all end with one node; pods with spread rules of their own are left to those. */
export function spreadOwnerOf(pod: Pod): string | undefined {
  if ((pod.spec.topologySpreadConstraints ?? []).length > 0) return undefined;
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  return owner !== undefined && SPREAD_OWNERS.has(owner.kind) ? owner.uid : undefined;
}
