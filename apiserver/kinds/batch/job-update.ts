import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { invalidValue, when } from '../validation/field-errors';
import { immutable } from '../validation/object-meta';

type Spec = Partial<JobSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};

/** A job stays what it is; until it has started, where its pods may run is still open. */
export function jobUpdateProblems(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const { startTime } = (old['status'] as JobStatus | undefined) ?? {};
  const isUnstarted = before.suspend === true && startTime === undefined;
  const template = isUnstarted ? withPlacementOf(spec.template, before.template) : spec.template;
  return [
    ...completionsProblems(spec, before),
    ...immutable('spec.selector', spec.selector, before.selector),
    ...when(
      !isSameJson(template, before.template),
      invalidValue('spec.template', spec.template ?? null, 'field is immutable'),
    ),
    ...(['completionMode', 'podFailurePolicy', 'backoffLimitPerIndex', 'managedBy', 'successPolicy'] as const).flatMap(
      (field) => immutable(`spec.${field}`, spec[field], before[field]),
    ),
  ];
}

/** An Indexed job may grow and shrink as long as completions follow parallelism. */
function completionsProblems(spec: Spec, before: Spec): readonly StatusCause[] {
  const { completions, parallelism, completionMode } = spec;
  if (completionMode !== 'Indexed') return immutable('spec.completions', completions, before.completions);
  return when(
    completions !== undefined && completions !== before.completions && completions !== parallelism,
    invalidValue('spec.completions', completions, 'can only be modified in tandem with spec.parallelism'),
  );
}

type Template = Spec['template'];

/** A template with what says where its pods may run taken from another: that may change until a job has started. */
function withPlacementOf(template: Template, before: Template): Template {
  if (template?.spec === undefined || before?.spec === undefined) return template;
  const { labels, annotations } = before.metadata ?? {};
  const { affinity, nodeSelector, tolerations, schedulingGates } = before.spec;
  const { nodeAffinity: _, ...otherAffinity } = template.spec.affinity ?? {};
  const { nodeAffinity } = affinity ?? {};
  const kept = { ...otherAffinity, ...(nodeAffinity === undefined ? {} : { nodeAffinity }) };
  return {
    ...template,
    ...(template.metadata === undefined && before.metadata === undefined
      ? {}
      : { metadata: { ...template.metadata, labels, annotations } }),
    spec: {
      ...template.spec,
      affinity: affinity === undefined && Object.keys(kept).length === 0 ? undefined : kept,
      nodeSelector,
      tolerations,
      schedulingGates,
    },
  } as Template;
}
