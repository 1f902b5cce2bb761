import type { JobSpec } from 'kubernetes-types/batch/v1';
import type { ApiObject } from '../../../shared/api/objects';
import { matchesLabels } from '../../../shared/selectors/label-selector';
import type { StatusCause } from '../../../shared/status-error';
import type { PodTemplate } from '../pod-template/pod-template';
import { templateProblems } from '../pod-template/pod-template';
import { domainPrefixedPath } from '../validation/domain-prefixed-path';
import { invalidValue, notSupported, oneOfIfSet, required, tooLong, when } from '../validation/field-errors';
import { matcherOf, validateLabelSelector } from '../validation/label-selector';
import { notNegative } from '../validation/numbers';
import { failurePolicyProblems } from './pod-failure-policy';
import { successPolicyProblems } from './success-policy';

/** The labels that a Job's pods carry, with the names of today and of before. */
export const UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'] as const;
export const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'] as const;
const MODES = ['Indexed', 'NonIndexed'];
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed'];
const MAX_INDEXED = 100_000;
/** Beyond so many completions as `MAX_INDEXED`, where each index fails by itself. */
const MAX_OF_MANY = 10_000;
const MAX_MANAGED_BY_BYTES = 63;

type Spec = Partial<JobSpec>;

export function jobProblems(object: ApiObject): readonly StatusCause[] {
  const spec = (object['spec'] as Spec | undefined) ?? {};
  const { selector } = spec;
  const labels = spec.template?.metadata?.labels;
  const matcher = matcherOf(selector);
  return [
    ...generatedProblems(object, spec),
    ...jobSpecProblems(spec, 'spec'),
    ...(selector === undefined ? [required('spec.selector')] : validateLabelSelector('spec.selector', selector)),
    ...when(
      matcher !== undefined && !matchesLabels(matcher, labels),
      invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`'),
    ),
  ];
}

/** What the server makes of a job's name and uid, nobody else does. */
function generatedProblems({ metadata }: ApiObject, spec: Spec): readonly StatusCause[] {
  const { manualSelector, selector, template } = spec;
  if (manualSelector === true || selector === undefined) return [];
  const { uid = '', name = '' } = metadata ?? {};
  const expected = Object.fromEntries([
    ...UID_LABELS.map((label) => [label, uid] as const),
    ...NAME_LABELS.map((label) => [label, name] as const),
  ]);
  const labels = template?.metadata?.labels ?? {};
  const matcher = matcherOf(selector);
  return [
    ...Object.entries(expected).flatMap(([label, value]) => {
      const field = `spec.template.metadata.labels[${label}]`;
      if (labels[label] === undefined) return [required(field, `must be '${value}'`)];
      return when(labels[label] !== value, invalidValue(field, labels, `must be '${value}'`));
    }),
    ...when(
      matcher !== undefined && !matchesLabels(matcher, expected),
      invalidValue('spec.selector', selector, '`selector` not auto-generated'),
    ),
  ];
}

/** Also of a CronJob's jobs to be. */
export function jobSpecProblems(spec: Spec, path: string): readonly StatusCause[] {
  const { completionMode, managedBy, backoffLimitPerIndex, maxFailedIndexes, successPolicy } = spec;
  const isIndexed = completionMode === 'Indexed';
  const needsIndexes = (['backoffLimitPerIndex', 'maxFailedIndexes'] as const).filter(
    (field) => !isIndexed && spec[field] !== undefined,
  );
  return [
    ...(
      [
        'parallelism',
        'completions',
        'activeDeadlineSeconds',
        'backoffLimit',
        'ttlSecondsAfterFinished',
        'backoffLimitPerIndex',
        'maxFailedIndexes',
      ] as const
    ).flatMap((field) => notNegative(`${path}.${field}`, spec[field])),
    ...when(
      maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined,
      required(`${path}.backoffLimitPerIndex`, 'when maxFailedIndexes is specified'),
    ),
    ...(managedBy === undefined ? [] : managedByProblems(`${path}.managedBy`, managedBy)),
    ...oneOfIfSet(`${path}.completionMode`, completionMode, MODES),
    ...(isIndexed ? indexedProblems(spec, path) : []),
    ...needsIndexes.map((field) => invalidValue(`${path}.${field}`, spec[field], 'requires indexed completion mode')),
    ...failurePolicyProblems(spec, `${path}.podFailurePolicy`),
    ...(successPolicy === undefined
      ? []
      : isIndexed
        ? successPolicyProblems(successPolicy, `${path}.successPolicy.rules`, spec.completions ?? 0)
        : [invalidValue(`${path}.successPolicy`, successPolicy, 'requires indexed completion mode')]),
    ...oneOfIfSet(
      `${path}.podReplacementPolicy`,
      spec.podReplacementPolicy,
      spec.podFailurePolicy === undefined ? REPLACEMENTS : ['Failed'],
    ),
    ...templateProblems(`${path}.template`, spec.template as PodTemplate | undefined),
    ...restartProblems(spec, `${path}.template.spec.restartPolicy`),
  ];
}

const managedByProblems = (field: string, managedBy: string): readonly StatusCause[] => [
  ...domainPrefixedPath(field, managedBy),
  ...when(Buffer.byteLength(managedBy) > MAX_MANAGED_BY_BYTES, tooLong(field, MAX_MANAGED_BY_BYTES)),
];

function indexedProblems(spec: Spec, path: string): readonly StatusCause[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  const atMost = (field: 'parallelism' | 'maxFailedIndexes', max: number, why = ''): readonly StatusCause[] =>
    when(
      (spec[field] ?? 0) > max,
      invalidValue(`${path}.${field}`, spec[field], `must be less than or equal to ${max}${why}`),
    );
  const isMany = (completions ?? 0) > MAX_INDEXED && backoffLimitPerIndex !== undefined;
  const ofMany = ` when completions are above ${MAX_INDEXED} and used with backoff limit per index`;
  return [
    ...when(completions === undefined, required(`${path}.completions`, 'when completion mode is Indexed')),
    ...(parallelism > MAX_INDEXED ? atMost('parallelism', MAX_INDEXED, ' when completion mode is Indexed') : []),
    ...when(
      completions !== undefined && maxFailedIndexes !== undefined && maxFailedIndexes > completions,
      invalidValue(`${path}.maxFailedIndexes`, maxFailedIndexes, 'must be less than or equal to completions'),
    ),
    ...atMost('maxFailedIndexes', MAX_INDEXED),
    ...(isMany
      ? [
          ...when(
            maxFailedIndexes === undefined,
            required(`${path}.maxFailedIndexes`, `must be specified when completions is above ${MAX_INDEXED}`),
          ),
          ...atMost('parallelism', MAX_OF_MANY, ofMany),
          ...atMost('maxFailedIndexes', MAX_OF_MANY, ofMany),
        ]
      : []),
  ];
}

/** A job's pods end. */
function restartProblems(
  { template, podFailurePolicy, backoffLimitPerIndex }: Spec,
  field: string,
): readonly StatusCause[] {
  const policy = template?.spec?.restartPolicy ?? '';
  if (policy === '' || policy === 'Always') return [required(field, 'valid values: "OnFailure", "Never"')];
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(field, policy, ['OnFailure', 'Never'])];
  const only = (what: string): StatusCause =>
    invalidValue(field, policy, `only "Never" is supported when ${what} is specified`);
  return [
    ...when(policy !== 'Never' && podFailurePolicy !== undefined, only('podFailurePolicy')),
    ...when(policy !== 'Never' && backoffLimitPerIndex !== undefined, only('backoffLimitPerIndex')),
  ];
}
