import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { humanDuration } from '../../../shared/human-duration';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { PodTemplate } from '../pod-template/pod-template';
import { containerImages, containerNames, setTemplateDefaults, validateTemplate } from '../pod-template/pod-template';
import { selectorText } from '../selector-text';
import { isDns1123Subdomain } from '../../../shared/names';
import {
  checkName,
  each,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  tooLong,
} from '../validation/field-errors';
import { notNegative, positive } from '../validation/numbers';
import { immutable } from '../validation/object-meta';
import { STATUS } from '../verbs';

const BACKOFF_LIMIT = 6;
/** The labels that a Job's pods carry, with the names of before and of today. */
const UID_LABELS = ['batch.kubernetes.io/controller-uid', 'controller-uid'];
const NAME_LABELS = ['batch.kubernetes.io/job-name', 'job-name'];
const MODES = ['Indexed', 'NonIndexed'];
const REPLACEMENTS = ['Failed', 'TerminatingOrFailed'];
const FAILURE_ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const EXIT_CODE_OPERATORS = ['In', 'NotIn'];
const MAX_INDEXED = 100_000;

type Spec = Partial<JobSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};
const statusOf = (object: StoredObject): JobStatus => (object['status'] as JobStatus | undefined) ?? {};

export const job = defineKind({
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  categories: ['all'],
  subresources: [STATUS],
  schema: 'io.k8s.api.batch.v1.Job',
  orphansByDefault: true,
  orphanWarning:
    'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning',
  columns: [
    nameColumn,
    column('Status', stateOf, { description: 'Where the job stands' }),
    column('Completions', completionsOf, { description: 'How many pods succeeded of how many should' }),
    column('Duration', durationOf, { description: 'Time required to complete the job.' }),
    ageColumn,
    column('Containers', (object) => containerNames(specOf(object).template as PodTemplate), { wide: true }),
    column('Images', (object) => containerImages(specOf(object).template as PodTemplate), { wide: true }),
    column('Selector', (object) => selectorText(specOf(object).selector), { wide: true }),
  ],
  fieldSelectors: ['status.successful'],
  hasStatus: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
    spec.parallelism ??= 1;
    spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : 2 ** 31 - 1;
    spec.completionMode ??= 'NonIndexed';
    spec.suspend ??= false;
    spec.manualSelector ??= false;
    spec.podReplacementPolicy ??= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
    setTemplateDefaults(spec.template as PodTemplate | undefined);
  },
  prepareForCreate: generateSelector,
  validate,
  validateCreate: generatedSelectorProblems,
  validateUpdate,
});

/** Only the server makes a selector where it is not said to be the client's business. */
function generatedSelectorProblems(object: ApiObject): readonly StatusCause[] {
  const { manualSelector, selector } = specOf(object);
  const { uid = '' } = object.metadata ?? {};
  if (manualSelector === true || selector === undefined) return [];
  const isGenerated = selector.matchLabels?.['batch.kubernetes.io/controller-uid'] === uid;
  return isGenerated ? [] : [invalidValue('spec.selector', selector, '`selector` not auto-generated')];
}

/** A job finds its pods by its own uid, unless the selector is the user's business. */
function generateSelector(object: ApiObject): void {
  const spec = specOf(object);
  // A selector of the client's is refused by validation.
  if (spec.manualSelector === true || spec.template === undefined || spec.selector !== undefined) return;
  const { uid = '', name = '' } = object.metadata ?? {};
  const template = spec.template as PodTemplate;
  const labels = ((template.metadata ??= {}).labels ??= {});
  for (const label of UID_LABELS) labels[label] = uid;
  for (const label of NAME_LABELS) labels[label] = name;
  spec.selector = { matchLabels: { 'batch.kubernetes.io/controller-uid': uid } };
}

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { completionMode = '', completions } = spec;
  return [
    ...notNegative('spec.parallelism', spec.parallelism),
    ...notNegative('spec.completions', completions),
    ...notNegative('spec.activeDeadlineSeconds', spec.activeDeadlineSeconds),
    ...notNegative('spec.backoffLimit', spec.backoffLimit),
    ...notNegative('spec.backoffLimitPerIndex', spec.backoffLimitPerIndex),
    ...notNegative('spec.maxFailedIndexes', spec.maxFailedIndexes),
    ...notNegative('spec.ttlSecondsAfterFinished', spec.ttlSecondsAfterFinished),
    ...(MODES.includes(completionMode) ? [] : [notSupported('spec.completionMode', completionMode, MODES)]),
    ...(completionMode === 'Indexed' ? indexedProblems(spec) : notIndexedProblems(spec)),
    ...(spec.podReplacementPolicy === undefined || REPLACEMENTS.includes(spec.podReplacementPolicy)
      ? []
      : [notSupported('spec.podReplacementPolicy', spec.podReplacementPolicy, REPLACEMENTS)]),
    ...managedByProblems(spec),
    ...failurePolicyProblems(spec),
    ...successPolicyProblems(spec),
    ...(spec.selector === undefined ? [required('spec.selector')] : []),
    ...validateTemplate('spec.template', spec.template as PodTemplate | undefined, ['OnFailure', 'Never']).map(
      (cause) =>
        cause.field === 'spec.template.spec.restartPolicy' && cause.reason === 'FieldValueNotSupported'
          ? { ...cause, message: restartMessage(spec) }
          : cause,
    ),
    ...(spec.podFailurePolicy !== undefined && spec.template?.spec?.restartPolicy !== 'Never'
      ? [
          invalidValue(
            'spec.template.spec.restartPolicy',
            spec.template?.spec?.restartPolicy,
            'only "Never" is supported when podFailurePolicy is specified',
          ),
        ]
      : []),
    ...(spec.backoffLimitPerIndex !== undefined && spec.template?.spec?.restartPolicy !== 'Never'
      ? [
          invalidValue(
            'spec.template.spec.restartPolicy',
            spec.template?.spec?.restartPolicy,
            'only "Never" is supported when backoffLimitPerIndex is specified',
          ),
        ]
      : []),
  ];
}

/** What only makes sense where each pod has an index. */
function notIndexedProblems(spec: Spec): readonly StatusCause[] {
  const fields = ['backoffLimitPerIndex', 'maxFailedIndexes', 'successPolicy'] as const;
  return fields
    .filter((field) => spec[field] !== undefined)
    .map((field) => invalidValue(`spec.${field}`, spec[field], 'requires indexed completion mode'));
}

const failurePolicyProblems = ({ podFailurePolicy, backoffLimitPerIndex }: Spec): readonly StatusCause[] =>
  each('spec.podFailurePolicy.rules', podFailurePolicy?.rules, ({ action, onExitCodes }, path) => [
    ...(FAILURE_ACTIONS.includes(action) ? [] : [notSupported(`${path}.action`, action, FAILURE_ACTIONS)]),
    ...(action === 'FailIndex' && backoffLimitPerIndex === undefined
      ? [invalidValue(`${path}.action`, action, 'requires the backoffLimitPerIndex to be set')]
      : []),
    ...(onExitCodes === undefined || EXIT_CODE_OPERATORS.includes(onExitCodes.operator)
      ? []
      : [notSupported(`${path}.onExitCodes.operator`, onExitCodes.operator, EXIT_CODE_OPERATORS)]),
    ...each(`${path}.onExitCodes.values`, onExitCodes?.values, (value, at) =>
      value === 0 && onExitCodes?.operator === 'In'
        ? [invalidValue(at, value, 'must not be 0 for the In operator')]
        : [],
    ),
  ]);

function successPolicyProblems({ successPolicy, completions = 0, completionMode }: Spec): readonly StatusCause[] {
  if (successPolicy === undefined || completionMode !== 'Indexed') return [];
  const field = 'spec.successPolicy.rules';
  if ((successPolicy.rules ?? []).length === 0) {
    return [required(field, 'at least one rules must be specified when the successPolicy is specified')];
  }
  return each(field, successPolicy.rules, ({ succeededCount, succeededIndexes }, path) => [
    ...(succeededCount === undefined && succeededIndexes === undefined
      ? [required(path, 'at least one of succeededCount or succeededIndexes must be specified')]
      : []),
    ...(succeededIndexes === undefined
      ? []
      : indexesProblems(`${path}.succeededIndexes`, succeededIndexes, completions)),
    ...(succeededCount !== undefined && succeededCount > completions
      ? [
          invalidValue(
            `${path}.succeededCount`,
            succeededCount,
            `must be less than or equal to ${completions} (the number of specified completions)`,
          ),
        ]
      : []),
    ...positive(`${path}.succeededCount`, succeededCount),
  ]);
}

/** `0-2,5`: ascending, each below the number of completions. */
function indexesProblems(field: string, text: string, completions: number): readonly StatusCause[] {
  let last = -1;
  for (const part of text.split(',')) {
    const [, first = '', end = first] = /^(\d{1,9})(?:-(\d{1,9}))?$/.exec(part) ?? [];
    const isOrdered = first !== '' && Number(first) > last && Number(end) >= Number(first);
    if (!isOrdered || Number(end) >= completions) {
      return [
        invalidValue(
          field,
          text,
          `error parsing succeededIndexes: ${JSON.stringify(part)} is no ascending index or interval below ${completions}`,
        ),
      ];
    }
    last = Number(end);
  }
  return [];
}

const restartMessage = ({ template }: Spec): string => {
  const value = template?.spec?.restartPolicy ?? '';
  return value === '' || value === 'Always'
    ? `Required value: valid values: "OnFailure", "Never"`
    : `Unsupported value: ${JSON.stringify(value)}: supported values: "Never", "OnFailure"`;
};

function indexedProblems(spec: Spec): readonly StatusCause[] {
  const { completions, parallelism = 0, maxFailedIndexes, backoffLimitPerIndex } = spec;
  if (completions === undefined) return [required('spec.completions', 'when completion mode is Indexed')];
  return [
    ...(parallelism > MAX_INDEXED
      ? [
          invalidValue(
            'spec.parallelism',
            parallelism,
            `must be less than or equal to ${MAX_INDEXED} when completion mode is Indexed`,
          ),
        ]
      : []),
    ...(maxFailedIndexes !== undefined && maxFailedIndexes > completions
      ? [invalidValue('spec.maxFailedIndexes', maxFailedIndexes, 'must be less than or equal to completions')]
      : []),
    ...(maxFailedIndexes !== undefined && backoffLimitPerIndex === undefined
      ? [required('spec.backoffLimitPerIndex', 'when maxFailedIndexes is specified')]
      : []),
  ];
}

function validateUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const isUnstarted = before.suspend === true && statusOf(old).startTime === undefined;
  return [
    ...immutable('spec.selector', spec.selector, before.selector),
    ...immutable('spec.completionMode', spec.completionMode, before.completionMode),
    ...immutable('spec.podFailurePolicy', spec.podFailurePolicy, before.podFailurePolicy),
    ...immutable('spec.managedBy', spec.managedBy, before.managedBy),
    ...immutable('spec.successPolicy', spec.successPolicy, before.successPolicy),
    ...immutable('spec.backoffLimitPerIndex', spec.backoffLimitPerIndex, before.backoffLimitPerIndex),
    ...(isSameJson(spec.completions, before.completions) || isElastic(spec, before)
      ? []
      : immutable('spec.completions', spec.completions, before.completions)),
    ...immutable(
      'spec.template',
      isUnstarted ? withPlacementOf(spec.template, before.template) : spec.template,
      before.template,
    ),
    ...(spec.manualSelector !== before.manualSelector
      ? [forbiddenField('spec.manualSelector', 'field is immutable')]
      : []),
  ];
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

const MAX_MANAGED_BY_BYTES = 63;

/** Whose a job is that is not this server's, as `example.com/controller`. */
function managedByProblems({ managedBy }: Spec): readonly StatusCause[] {
  if (managedBy === undefined) return [];
  const field = 'spec.managedBy';
  if (managedBy === '') return [required(field)];
  const [domain = '', ...rest] = managedBy.split('/');
  const isPrefixed = domain !== '' && rest.length > 0 && rest.join('/') !== '';
  return [
    ...(isPrefixed
      ? checkName(field, domain, isDns1123Subdomain)
      : [invalidValue(field, managedBy, 'must be a domain-prefixed path (such as "acme.io/foo")')]),
    ...(Buffer.byteLength(managedBy) > MAX_MANAGED_BY_BYTES ? [tooLong(field, MAX_MANAGED_BY_BYTES)] : []),
  ];
}

/** An Indexed job may grow and shrink as long as completions follow parallelism. */
const isElastic = (spec: Spec, before: Spec): boolean =>
  spec.completionMode === 'Indexed' && spec.completions === spec.parallelism && before.completions !== undefined;

function stateOf(object: StoredObject): string {
  const is = (type: string): boolean =>
    (statusOf(object).conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
  if (is('Complete')) return 'Complete';
  if (is('Failed')) return 'Failed';
  if (object.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (is('Suspended')) return 'Suspended';
  if (is('FailureTarget')) return 'FailureTarget';
  if (is('SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

function completionsOf(object: StoredObject): string {
  const { completions, parallelism = 0 } = specOf(object);
  const succeeded = statusOf(object).succeeded ?? 0;
  if (completions !== undefined) return `${succeeded}/${completions}`;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationOf(object: StoredObject, nowMs: number): string {
  const { startTime, completionTime, conditions = [] } = statusOf(object);
  if (startTime === undefined) return '';
  const failed = conditions.find(({ type, status }) => type === 'Failed' && status === 'True')?.lastTransitionTime;
  const end = completionTime ?? failed;
  return humanDuration((end === undefined ? nowMs : Date.parse(String(end))) - Date.parse(String(startTime)));
}
