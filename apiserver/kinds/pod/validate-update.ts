import type { ApiObject, Container, PodSpec, StoredObject, Toleration } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { forbiddenField, invalidValue } from '../validation/field-errors';
import { isSameJson } from '../../../shared/same-json';

const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

const specOf = (object: ApiObject | StoredObject): PodSpec =>
  (object['spec'] as PodSpec | undefined) ?? { containers: [] };

/** Of a pod's spec only images, the deadline (shortened) and tolerations (more of them) may change. */
export function validatePodUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const spec = specOf(object);
  const before = specOf(old);
  if (isSameJson(spec, before)) return [];
  if (spec.containers.length !== before.containers.length) {
    return [forbiddenField('spec.containers', 'pod updates may not add or remove containers')];
  }
  if ((spec.initContainers ?? []).length !== (before.initContainers ?? []).length) {
    return [forbiddenField('spec.initContainers', 'pod updates may not add or remove containers')];
  }
  return [
    ...deadlineProblems(spec, before),
    ...tolerationProblems(spec, before),
    ...(isSameJson(fixedPart(spec), fixedPart(before)) ? [] : [forbiddenField('spec', MAY_CHANGE)]),
  ];
}

function deadlineProblems(spec: PodSpec, before: PodSpec): readonly StatusCause[] {
  const field = 'spec.activeDeadlineSeconds';
  if (before.activeDeadlineSeconds === undefined) return [];
  if (spec.activeDeadlineSeconds === undefined) {
    return [invalidValue(field, null, 'must not update from a positive integer to nil value')];
  }
  return spec.activeDeadlineSeconds > before.activeDeadlineSeconds
    ? [invalidValue(field, spec.activeDeadlineSeconds, `must be less than or equal to previous value`)]
    : [];
}

function tolerationProblems(spec: PodSpec, before: PodSpec): readonly StatusCause[] {
  const kept = (wanted: Toleration): boolean =>
    (spec.tolerations ?? []).some((each) =>
      isSameJson({ ...each, tolerationSeconds: 0 }, { ...wanted, tolerationSeconds: 0 }),
    );
  return (before.tolerations ?? []).every(kept)
    ? []
    : [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

/** The spec less what may change. */
function fixedPart(spec: PodSpec): object {
  const { activeDeadlineSeconds: _a, tolerations: _t, containers, initContainers, ...fixed } = spec;
  const withoutImage = ({ image: _i, ...container }: Container): object => container;
  // Only a grace period that made no sense may be corrected.
  const grace = spec.terminationGracePeriodSeconds;
  return {
    ...fixed,
    terminationGracePeriodSeconds: grace !== undefined && grace < 0 ? 1 : grace,
    containers: containers.map(withoutImage),
    initContainers: (initContainers ?? []).map(withoutImage),
  };
}
