import type { DeploymentSpec } from 'kubernetes-types/apps/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import {
  lastingTemplateProblems,
  selectionProblems,
  selectorProblems,
  setTemplateDefaults,
} from '../pod-template/pod-template';
import { forbiddenField, invalidValue, notSupported, when } from '../validation/field-errors';
import { isZeroNumberOrPercent, notMoreThanAll, notNegative, numberOrPercent } from '../validation/numbers';
import { setDefault } from '../set-default';
import { immutable } from '../validation/object-meta';
import { workloadWarnings } from '../pod-template/template-warnings';
import { SCALE, STATUS } from '../verbs';
import { REPLICA_SCALE, containerColumns, statusNumber, workloadSpec } from './workload';

const QUARTER = '25%';
const HISTORY = 10;
const DEADLINE_SECONDS = 600;
const STRATEGIES = ['Recreate', 'RollingUpdate'];

type Spec = Partial<DeploymentSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => workloadSpec<Spec>(object);

export const deployment = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  plural: 'deployments',
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: [STATUS, SCALE],
  schema: 'io.k8s.api.apps.v1.Deployment',
  columns: [
    nameColumn,
    column('Ready', (object) => `${statusNumber(object, 'readyReplicas')}/${specOf(object).replicas ?? 0}`, {
      description: 'Number of the pod with ready state',
    }),
    column('Up-to-date', (object) => statusNumber(object, 'updatedReplicas'), {
      description: 'Total number of non-terminated pods targeted by this deployment that have the desired template.',
    }),
    column('Available', (object) => statusNumber(object, 'availableReplicas'), {
      description: 'Total number of available pods (ready for at least minReadySeconds).',
    }),
    ageColumn,
    ...containerColumns,
  ],
  hasStatus: true,
  statusKeeps: 'labels',
  hasGeneration: true,
  generationCountsAnnotations: true,
  scale: REPLICA_SCALE,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    spec.replicas ??= 1;
    const strategy = (spec.strategy ??= {});
    setDefault(strategy, 'type', 'RollingUpdate');
    if (strategy.type === 'RollingUpdate') {
      const rolling = (strategy.rollingUpdate ??= {});
      rolling.maxUnavailable ??= QUARTER;
      rolling.maxSurge ??= QUARTER;
    }
    spec.revisionHistoryLimit ??= HISTORY;
    spec.progressDeadlineSeconds ??= DEADLINE_SECONDS;
    setTemplateDefaults(spec.template);
  },
  validate,
  warnings: workloadWarnings('spec.template'),
  validateUpdate: (object, old) => immutable('spec.selector', specOf(object).selector, specOf(old).selector),
});

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { strategy = {}, progressDeadlineSeconds = 0, minReadySeconds = 0 } = spec;
  return [
    ...notNegative('spec.replicas', spec.replicas),
    ...selectorProblems(spec.selector, 'deployment'),
    ...selectionProblems(spec.selector, spec.template),
    ...lastingTemplateProblems('spec.template', spec.template, 'ReplicaSet'),
    ...strategyProblems(strategy),
    ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...notNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
    ...notNegative('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds),
    ...(progressDeadlineSeconds <= minReadySeconds
      ? [invalidValue('spec.progressDeadlineSeconds', progressDeadlineSeconds, 'must be greater than minReadySeconds')]
      : []),
  ];
}

function strategyProblems(strategy: NonNullable<Spec['strategy']>): readonly StatusCause[] {
  const field = 'spec.strategy';
  const { type = '', rollingUpdate } = strategy;
  if (!STRATEGIES.includes(type)) return [notSupported(field, strategy, STRATEGIES)];
  if (type === 'Recreate') {
    return rollingUpdate === undefined
      ? []
      : [forbiddenField(`${field}.rollingUpdate`, "may not be specified when strategy `type` is 'Recreate'")];
  }
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  return [
    ...numberOrPercent(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable),
    ...numberOrPercent(`${field}.rollingUpdate.maxSurge`, maxSurge),
    ...when(
      isZeroNumberOrPercent(maxUnavailable) && isZeroNumberOrPercent(maxSurge),
      invalidValue(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'),
    ),
    ...notMoreThanAll(`${field}.rollingUpdate.maxUnavailable`, maxUnavailable),
  ];
}
