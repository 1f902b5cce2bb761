import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import {
  lastingTemplateProblems,
  selectionProblems,
  selectorProblems,
  setTemplateDefaults,
} from '../pod-template/pod-template';
import { notNegative } from '../validation/numbers';
import { immutable } from '../validation/object-meta';
import { workloadWarnings } from '../pod-template/template-warnings';
import { SCALE, STATUS } from '../verbs';
import type { WorkloadSpec } from './workload';
import { REPLICA_SCALE, containerColumns, statusNumber, workloadSpec } from './workload';

export const replicaSet = defineKind({
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  plural: 'replicasets',
  shortNames: ['rs'],
  categories: ['all'],
  subresources: [STATUS, SCALE],
  schema: 'io.k8s.api.apps.v1.ReplicaSet',
  columns: [
    nameColumn,
    column('Desired', (object) => workloadSpec(object).replicas ?? 0, {
      type: 'integer',
      description: 'Replicas is the number of desired pods.',
    }),
    column('Current', (object) => statusNumber(object, 'replicas'), {
      type: 'integer',
      description: 'Replicas is the most recently observed number of non-terminating pods.',
    }),
    column('Ready', (object) => statusNumber(object, 'readyReplicas'), {
      type: 'integer',
      description: 'The number of non-terminating pods targeted by this ReplicaSet with a Ready Condition.',
    }),
    ageColumn,
    ...containerColumns,
  ],
  fieldSelectors: ['status.replicas'],
  hasStatus: true,
  hasGeneration: true,
  scale: REPLICA_SCALE,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as WorkloadSpec;
    spec.replicas ??= 1;
    setTemplateDefaults(spec.template);
  },
  validate(object) {
    const spec = workloadSpec(object);
    return [
      ...notNegative('spec.replicas', spec.replicas),
      ...notNegative('spec.minReadySeconds', spec.minReadySeconds),
      ...selectorProblems(spec.selector, 'deployment'),
      ...selectionProblems(spec.selector, spec.template),
      ...lastingTemplateProblems('spec.template', spec.template, 'ReplicaSet'),
    ];
  },
  warnings: workloadWarnings('spec.template'),
  validateUpdate: (object, old) =>
    immutable('spec.selector', workloadSpec(object).selector, workloadSpec(old).selector),
});
