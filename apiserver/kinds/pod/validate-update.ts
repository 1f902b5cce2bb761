import type { ApiObject, Container, PodSpec, StoredObject, Toleration } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { each, forbiddenField, invalidValue, when } from '../validation/field-errors';
import { specDiff } from '../validation/spec-diff';
import { NEEDED } from './validate-affinity';

const MAY_CHANGE =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';
const LISTS = ['containers', 'initContainers'] as const;
const MIRROR = 'kubernetes.io/config.mirror';

const specOf = (object: ApiObject | StoredObject): PodSpec =>
  (object['spec'] as PodSpec | undefined) ?? { containers: [] };

/** Of a pod's spec only images, the deadline (shortened) and tolerations (more of them) may change; of one that is held
 * back also its gates (fewer) and which nodes it may run on (fewer). */
export function validatePodUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const spec = specOf(object);
  const before = specOf(old);
  const mirror = mirrorProblems(object, old);
  if (isSameJson(spec, before)) return mirror;
  const resized = LISTS.find((list) => (spec[list] ?? []).length !== (before[list] ?? []).length);
  if (resized !== undefined)
    return [...mirror, forbiddenField(`spec.${resized}`, 'pod updates may not add or remove containers')];
  const isGated = (before.schedulingGates ?? []).length > 0;
  const changed = withoutChangeable(spec, before, { isGated });
  return [
    ...mirror,
    ...deadlineProblems(spec, before),
    ...addedTolerationProblems(spec, before),
    ...addedGateProblems(spec, before),
    ...(isGated ? placementProblems(spec, before) : []),
    ...when(!isSameJson(changed, before), forbiddenField('spec', `${MAY_CHANGE}\n${specDiff(before, changed)}`)),
  ];
}

/** Whether a pod mirrors one of a node's own is the node's business. */
function mirrorProblems(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [now, before] = [object.metadata?.annotations?.[MIRROR], old.metadata.annotations?.[MIRROR]];
  const verb = before === undefined ? 'add' : 'remove or update';
  return when(
    now !== before,
    forbiddenField(`metadata.annotations[${MIRROR}]`, `may not ${verb} mirror pod annotation`),
  );
}

function deadlineProblems(spec: PodSpec, before: PodSpec): readonly StatusCause[] {
  const field = 'spec.activeDeadlineSeconds';
  const [now, was] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds];
  if (was === undefined) return [];
  if (now === undefined) return [invalidValue(field, null, 'must not update from a positive integer to nil value')];
  return when(now > was, invalidValue(field, now, 'must be less than or equal to previous value'));
}

function addedTolerationProblems(spec: PodSpec, before: PodSpec): readonly StatusCause[] {
  const timeless = (toleration: Toleration): object => ({ ...toleration, tolerationSeconds: 0 });
  const isKept = (wanted: Toleration): boolean =>
    (spec.tolerations ?? []).some((one) => isSameJson(timeless(one), timeless(wanted)));
  return when(
    !(before.tolerations ?? []).every(isKept),
    forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
  );
}

const addedGateProblems = (spec: PodSpec, before: PodSpec): readonly StatusCause[] =>
  each('spec.schedulingGates', spec.schedulingGates, ({ name }, path) =>
    when(
      !(before.schedulingGates ?? []).some((gate) => gate.name === name),
      forbiddenField(`${path}.name`, `only deletion is allowed, but found new scheduling gate '${name}'`),
    ),
  );

/** Where a pod may run can only become less while it is held back. */
function placementProblems(spec: PodSpec, before: PodSpec): readonly StatusCause[] {
  const isNarrower = Object.entries(before.nodeSelector ?? {}).every(
    ([key, value]) => spec.nodeSelector?.[key] === value,
  );
  return [
    ...when(
      !isNarrower,
      invalidValue(
        'spec.nodeSelector',
        spec.nodeSelector ?? null,
        'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
      ),
    ),
    ...nodeAffinityProblems(spec, before),
  ];
}

function nodeAffinityProblems(spec: PodSpec, before: PodSpec): readonly StatusCause[] {
  const terms = (of: PodSpec) => of.affinity?.nodeAffinity?.[NEEDED]?.nodeSelectorTerms;
  const was = terms(before);
  if (was === undefined) return [];
  const now = terms(spec) ?? [];
  const field = `spec.affinity.nodeAffinity.${NEEDED}.nodeSelectorTerms`;
  if (now.length !== was.length) {
    return [invalidValue(field, now, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')];
  }
  return each(field, now, (term, path, index) =>
    (['matchExpressions', 'matchFields'] as const).flatMap((list) => {
      const [given, had] = [term[list] ?? [], was[index]?.[list] ?? []];
      const isKept = had.every((expression, at) => isSameJson(expression, given[at]));
      // A term that says nothing matches no node: whatever is added to it, more nodes would.
      const isWider = had.length === 0 && given.length > 0 && Object.keys(was[index] ?? {}).length === 0;
      return when(
        !isKept || isWider,
        invalidValue(path, term, 'only additions are allowed (no mutations or deletions)'),
      );
    }),
  );
}

/** The spec with what may change as it was. */
function withoutChangeable(spec: PodSpec, before: PodSpec, { isGated }: { readonly isGated: boolean }): PodSpec {
  const imagesOf = (list: (typeof LISTS)[number]): Container[] | undefined =>
    spec[list]?.map((container, index) => {
      const image = before[list]?.[index]?.image;
      const { image: _, ...rest } = container;
      return image === undefined ? rest : { ...rest, image };
    });
  const [grace, graceBefore] = [spec.terminationGracePeriodSeconds, before.terminationGracePeriodSeconds];
  const isMended = graceBefore !== undefined && graceBefore < 0 && grace === 1;
  return {
    ...spec,
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    tolerations: before.tolerations,
    schedulingGates: before.schedulingGates,
    terminationGracePeriodSeconds: isMended ? graceBefore : grace,
    containers: imagesOf('containers') ?? [],
    initContainers: imagesOf('initContainers'),
    ...(isGated ? { nodeSelector: before.nodeSelector, affinity: withNodeAffinityOf(spec, before) } : {}),
  } as PodSpec;
}

function withNodeAffinityOf({ affinity }: PodSpec, before: PodSpec): PodSpec['affinity'] {
  const { nodeAffinity: _, ...others } = affinity ?? {};
  const nodeAffinity = before.affinity?.nodeAffinity;
  const kept = { ...others, ...(nodeAffinity === undefined ? {} : { nodeAffinity }) };
  return before.affinity === undefined && Object.keys(kept).length === 0 ? undefined : kept;
}
