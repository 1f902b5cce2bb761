import type { LabelSelector, ObjectMeta, PodSpec } from '../../../shared/api/objects';
import { matchesLabels } from '../../../shared/selectors/label-selector';
import type { StatusCause } from '../../../shared/status-error';
import { setPodSpecDefaults } from '../pod/defaults';
import { annotationProblems, podSpecProblems } from '../pod/validate-pod';
import { forbiddenField, invalidValue, oneOfIfSet, required, when } from '../validation/field-errors';
import { isEmptySelector, matcherOf, validateLabelSelector } from '../validation/label-selector';
import { validateAnnotations, validateLabels } from '../validation/object-meta';

/** `template` of everything that makes pods. */
export interface PodTemplate {
  metadata?: ObjectMeta;
  spec?: PodSpec;
}

export function setTemplateDefaults(template: PodTemplate | undefined): void {
  if (template?.spec !== undefined) setPodSpecDefaults(template.spec);
}

/** Fields begin with `field`. Those of labels and annotations lack `metadata`, as in Kubernetes. */
export function templateProblems(field: string, template: PodTemplate | undefined): readonly StatusCause[] {
  const { metadata = {}, spec } = template ?? {};
  if (spec === undefined) return [required(`${field}.spec.containers`)];
  return [
    ...validateLabels(`${field}.labels`, metadata.labels),
    ...validateAnnotations(`${field}.annotations`, metadata.annotations),
    ...annotationProblems(metadata.annotations, `${field}.annotations`),
    ...podSpecProblems(spec, { isPod: false }).map((cause) => ({ ...cause, field: `${field}.${cause.field ?? ''}` })),
    ...when(
      (spec.ephemeralContainers ?? []).length > 0,
      forbiddenField(`${field}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'),
    ),
  ];
}

/** Of a workload whose pods run until they are stopped. `owner`: its kind, as the message names it. */
export const lastingTemplateProblems = (
  field: string,
  template: PodTemplate | undefined,
  owner: string,
): readonly StatusCause[] => [...templateProblems(field, template), ...lastingProblems(field, template, owner)];

export const lastingProblems = (
  field: string,
  template: PodTemplate | undefined,
  owner: string,
): readonly StatusCause[] => [
  ...(template?.spec === undefined
    ? []
    : oneOfIfSet(`${field}.spec.restartPolicy`, template.spec.restartPolicy, ['Always'])),
  ...when(
    template?.spec?.activeDeadlineSeconds !== undefined,
    forbiddenField(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${owner} is not Supported`),
  ),
];

/** A selector must be there and mean something. `owner`: whose, as the message names it. */
export const selectorProblems = (selector: LabelSelector | undefined, owner: string): readonly StatusCause[] =>
  selector === undefined
    ? [required('spec.selector')]
    : [
        ...validateLabelSelector('spec.selector', selector),
        ...when(
          isEmptySelector(selector),
          invalidValue('spec.selector', selector, `empty selector is invalid for ${owner}`),
        ),
      ];

/** It must match the pods that the template makes. */
export function selectionProblems(
  selector: LabelSelector | undefined,
  template: PodTemplate | undefined,
): readonly StatusCause[] {
  const labels = template?.metadata?.labels;
  if (selector === undefined || isEmptySelector(selector)) return [];
  const matcher = matcherOf(selector);
  if (matcher === undefined) return [invalidValue('spec.selector', selector, 'invalid label selector')];
  return when(
    !matchesLabels(matcher, labels),
    invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
  );
}

/** `CONTAINERS` and `IMAGES` of `-o wide`. */
export const containerNames = (template: PodTemplate | undefined): string =>
  (template?.spec?.containers ?? []).map(({ name }) => name).join(',');
export const containerImages = (template: PodTemplate | undefined): string =>
  (template?.spec?.containers ?? []).map(({ image }) => image ?? '').join(',');
