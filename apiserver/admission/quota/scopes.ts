import type {
  Affinity,
  PodAffinityTerm,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
} from 'kubernetes-types/core/v1';
import type { PersistentVolumeClaim, Pod, StoredObject } from '../../../shared/api/objects';
import { qosClassOf } from '../../../shared/pod/qos-class';

/** Whether a quota is about an object: every scope of it must be, and scopes are known of pods and claims alone. */
export function isInScope(spec: ResourceQuotaSpec, resource: string, object: StoredObject): boolean {
  const requirements: readonly ScopedResourceSelectorRequirement[] = [
    ...(spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(spec.scopeSelector?.matchExpressions ?? []),
  ];
  return requirements.every((requirement) => meets(requirement, resource, object));
}

function meets(requirement: ScopedResourceSelectorRequirement, resource: string, object: StoredObject): boolean {
  if (resource === 'persistentvolumeclaims') {
    if (requirement.scopeName !== 'VolumeAttributesClass') return false;
    return selects(requirement, (object as unknown as PersistentVolumeClaim).spec?.volumeAttributesClassName);
  }
  if (resource !== 'pods') return false;
  const { spec } = object as unknown as Pod;
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(object);
    case 'NotTerminating':
      return !isTerminating(object);
    case 'BestEffort':
      return qosClassOf(spec) === 'BestEffort';
    case 'NotBestEffort':
      return qosClassOf(spec) !== 'BestEffort';
    case 'PriorityClass':
      return selects(requirement, spec.priorityClassName);
    case 'CrossNamespacePodAffinity':
      return reachesOtherNamespaces(spec.affinity);
    default:
      return false;
  }
}

/** Whether a pod is to end by itself after a while. */
export const isTerminating = (object: StoredObject): boolean =>
  ((object as unknown as Pod).spec.activeDeadlineSeconds ?? -1) >= 0;

function selects({ operator, values = [] }: ScopedResourceSelectorRequirement, value = ''): boolean {
  switch (operator) {
    case 'Exists':
      return value !== '';
    case 'DoesNotExist':
      return value === '';
    case 'In':
      return values.includes(value);
    case 'NotIn':
      return !values.includes(value);
    default:
      return false;
  }
}

function reachesOtherNamespaces(affinity: Affinity | undefined): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((each): PodAffinityTerm[] => [
    ...(each?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(each?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
  ]);
  return terms.some(
    ({ namespaces, namespaceSelector }) => (namespaces ?? []).length > 0 || namespaceSelector !== undefined,
  );
}
