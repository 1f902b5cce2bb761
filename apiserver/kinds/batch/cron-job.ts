import type { CronJobSpec, CronJobStatus } from 'kubernetes-types/batch/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, ago, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { PodTemplate } from '../pod-template/pod-template';
import { containerImages, containerNames, setTemplateDefaults } from '../pod-template/pod-template';
import { setDefault } from '../set-default';
import { selectorText } from '../selector-text';
import { invalidValue, notSupported, oneOf, required, tooLong, when } from '../validation/field-errors';
import { notNegative } from '../validation/numbers';
import { workloadWarnings } from '../pod-template/template-warnings';
import { STATUS } from '../verbs';
import { jobSpecProblems } from './job-problems';
import { scheduleProblem } from './schedule';

const POLICIES = ['Allow', 'Forbid', 'Replace'];
const SUCCESSFUL = 3;
const FAILED = 1;
/** The names of its jobs are eleven characters longer, and must be labels. */
const MAX_NAME = 52;

type Spec = Partial<CronJobSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};
const statusOf = (object: StoredObject): CronJobStatus => (object['status'] as CronJobStatus | undefined) ?? {};
const templateOf = (object: ApiObject | StoredObject): PodTemplate | undefined =>
  specOf(object).jobTemplate?.spec?.template as PodTemplate | undefined;

export const cronJob = defineKind({
  group: 'batch',
  version: 'v1',
  kind: 'CronJob',
  plural: 'cronjobs',
  shortNames: ['cj'],
  categories: ['all'],
  subresources: [STATUS],
  schema: 'io.k8s.api.batch.v1.CronJob',
  columns: [
    nameColumn,
    column('Schedule', (object) => specOf(object).schedule ?? '', { description: 'The schedule in Cron format' }),
    column('Timezone', (object) => specOf(object).timeZone ?? '<none>', {
      description: 'The time zone of the schedule',
    }),
    column('Suspend', (object) => (specOf(object).suspend === true ? 'True' : 'False'), { type: 'boolean' }),
    column('Active', (object) => (statusOf(object).active ?? []).length, {
      type: 'integer',
      description: 'Running jobs',
    }),
    column('Last Schedule', (object, nowMs) => {
      const { lastScheduleTime } = statusOf(object);
      return lastScheduleTime === undefined ? '<none>' : ago(String(lastScheduleTime), nowMs);
    }),
    ageColumn,
    column('Containers', (object) => containerNames(templateOf(object)), { wide: true }),
    column('Images', (object) => containerImages(templateOf(object)), { wide: true }),
    column('Selector', (object) => selectorText(specOf(object).jobTemplate?.spec?.selector), { wide: true }),
  ],
  hasStatus: true,
  hasGeneration: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    setDefault(spec, 'concurrencyPolicy', 'Allow');
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= SUCCESSFUL;
    spec.failedJobsHistoryLimit ??= FAILED;
    setTemplateDefaults(templateOf(object));
  },
  validate,
  validateCreate,
  warnings: workloadWarnings('spec.jobTemplate.spec.template'),
});

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { schedule = '', timeZone, jobTemplate } = spec;
  const problem = schedule === '' ? undefined : scheduleProblem(schedule, timeZone !== undefined);
  const { selector, manualSelector } = jobTemplate?.spec ?? {};
  const at = 'spec.jobTemplate.spec';
  return [
    ...when(schedule === '', required('spec.schedule')),
    ...(problem === undefined ? [] : [invalidValue('spec.schedule', schedule, problem)]),
    ...notNegative('spec.startingDeadlineSeconds', spec.startingDeadlineSeconds),
    ...timeZoneProblems(timeZone),
    ...oneOf('spec.concurrencyPolicy', spec.concurrencyPolicy, POLICIES),
    ...jobSpecProblems(jobTemplate?.spec ?? {}, at),
    ...when(selector !== undefined, invalidValue(`${at}.selector`, selector, '`selector` will be auto-generated')),
    ...when(manualSelector === true, notSupported(`${at}.manualSelector`, manualSelector, ['nil', 'false'])),
    ...notNegative('spec.successfulJobsHistoryLimit', spec.successfulJobsHistoryLimit),
    ...notNegative('spec.failedJobsHistoryLimit', spec.failedJobsHistoryLimit),
  ];
}

function validateCreate({ metadata }: ApiObject): readonly StatusCause[] {
  const { name = '' } = metadata ?? {};
  return when(name.length > MAX_NAME, invalidValue('metadata.name', name, 'must be no more than 52 characters'));
}

function timeZoneProblems(timeZone: string | undefined): readonly StatusCause[] {
  if (timeZone === undefined) return [];
  if (timeZone === '') return [invalidValue('spec.timeZone', timeZone, 'timeZone must be nil or non-empty string')];
  if (timeZone.length > 255) return [tooLong('spec.timeZone', 255)];
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone.toLowerCase() === 'local'
      ? [
          invalidValue(
            'spec.timeZone',
            timeZone,
            'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
          ),
        ]
      : [];
  } catch {
    return [invalidValue('spec.timeZone', timeZone, `unknown time zone ${timeZone}`)];
  }
}
