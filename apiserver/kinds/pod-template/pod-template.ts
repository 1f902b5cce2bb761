import type { ApiObject, LabelSelector, ObjectMeta, PodSpec } from '../../../shared/api/objects';
import { matchesLabels, selectorOf } from '../../../shared/selectors/label-selector';
import type { StatusCause } from '../../../shared/status-error';
import { setPodSpecDefaults } from '../pod/defaults';
import { validatePod } from '../pod/validate-pod';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';
import { isEmptySelector, validateLabelSelector } from '../validation/label-selector';
import { validateLabels } from '../validation/object-meta';

/** `template` of everything that makes pods. */
export interface PodTemplate {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

export function setTemplateDefaults(template: PodTemplate | undefined): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
}

/** `restartPolicies`: those that the owner of the template can live with. */
export function validateTemplate(
  field: string,
  template: PodTemplate | undefined,
  restartPolicies: readonly string[],
): readonly StatusCause[] {
  if (template?.spec === undefined) return [required(`${field}.spec.containers`)];
  const { restartPolicy = '', activeDeadlineSeconds } = template.spec;
  return [
    ...validateLabels(`${field}.metadata.labels`, template.metadata?.labels),
    ...validatePod({ spec: template.spec } as ApiObject).map((cause) => ({
      ...cause,
      field: `${field}.${cause.field ?? ''}`,
    })),
    ...((template.spec.ephemeralContainers ?? []).length === 0
      ? []
      : [forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template')]),
    ...(restartPolicies.includes(restartPolicy)
      ? []
      : [notSupported(`${field}.spec.restartPolicy`, restartPolicy, restartPolicies)]),
    ...(activeDeadlineSeconds !== undefined && !restartPolicies.includes('Never')
      ? [
          invalidValue(
            `${field}.spec.activeDeadlineSeconds`,
            activeDeadlineSeconds,
            'activeDeadlineSeconds in ReplicaSet is not Supported',
          ),
        ]
      : []),
  ];
}

/** A selector must be there, mean something, and match the pods that the template makes. */
export function validateSelector(
  selector: LabelSelector | undefined,
  template: PodTemplate | undefined,
): readonly StatusCause[] {
  if (selector === undefined) return [required('spec.selector')];
  const problems = validateLabelSelector('spec.selector', selector);
  if (problems.length > 0) return problems;
  if (isEmptySelector(selector)) return [invalidValue('spec.selector', {}, 'empty selector is invalid for deployment')];
  const matcher = selectorOf(selector);
  const labels = template?.metadata?.labels;
  return matcher !== undefined && matchesLabels(matcher, labels)
    ? []
    : [invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')];
}

/** `CONTAINERS` and `IMAGES` of `-o wide`. */
export const containerNames = (template: PodTemplate | undefined): string =>
  (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
export const containerImages = (template: PodTemplate | undefined): string =>
  (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',');
