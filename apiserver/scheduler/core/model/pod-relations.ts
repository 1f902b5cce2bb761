import type { Pod } from '../../../../shared/api/objects';
import type { PodRelations, PodTerm, SpreadTerm } from './pod-class';
import type { SelectionSource } from './selection';
import { selectionOf } from './selection';

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
