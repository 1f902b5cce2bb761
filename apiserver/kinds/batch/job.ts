import type { JobSpec, JobStatus } from 'kubernetes-types/batch/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { humanDuration } from '../../../shared/human-duration';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { PodTemplate } from '../pod-template/pod-template';
import { containerImages, containerNames, setTemplateDefaults } from '../pod-template/pod-template';
import { selectorText } from '../selector-text';
import { setDefault } from '../set-default';
import { workloadWarnings } from '../pod-template/template-warnings';
import { STATUS } from '../verbs';
import { NAME_LABELS, UID_LABELS, jobProblems } from './job-problems';
import { jobUpdateProblems } from './job-update';

const BACKOFF_LIMIT = 6;
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
    for (const { onPodConditions } of spec.podFailurePolicy?.rules ?? []) {
      for (const pattern of onPodConditions ?? []) setDefault(pattern, 'status', 'True');
    }
    setTemplateDefaults(spec.template as PodTemplate | undefined);
    labelAsTemplate(object);
  },
  prepareForCreate: generateSelector,
  validate: jobProblems,
  warnings: workloadWarnings('spec.template'),
  validateUpdate: jobUpdateProblems,
});

/** A job finds its pods by its own uid, unless the selector is the user's business. */
function generateSelector(object: ApiObject): void {
  const spec = specOf(object);
  if (spec.manualSelector !== true && spec.template !== undefined) {
    const { uid = '', name = '' } = object.metadata ?? {};
    const template = spec.template as PodTemplate;
    const labels = ((template.metadata ??= {}).labels ??= {});
    // Others than these, of the client's, are refused by validation.
    for (const label of UID_LABELS) labels[label] ??= uid;
    for (const label of NAME_LABELS) labels[label] ??= name;
    const selector = ((spec.selector ??= {}).matchLabels ??= {});
    selector[UID_LABELS[0]] ??= uid;
  }
  labelAsTemplate(object);
}

/** A job without labels has those of its pods. */
function labelAsTemplate(object: ApiObject): void {
  const labels = specOf(object).template?.metadata?.labels;
  const metadata = (object.metadata ??= {});
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
}

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
