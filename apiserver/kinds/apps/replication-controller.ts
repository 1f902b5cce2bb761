import type { ReplicationControllerSpec } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn, labelsText } from '../columns';
import { defineKind } from '../define-kind';
import {
  containerImages,
  containerNames,
  lastingTemplateProblems,
  setTemplateDefaults,
} from '../pod-template/pod-template';
import { invalidValue, required, when } from '../validation/field-errors';
import { notNegative } from '../validation/numbers';
import { workloadWarnings } from '../pod-template/template-warnings';
import { SCALE, STATUS } from '../verbs';
import { statusNumber } from './workload';

type Spec = Partial<ReplicationControllerSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};

export const replicationController = defineKind({
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  shortNames: ['rc'],
  categories: ['all'],
  subresources: [STATUS, SCALE],
  schema: 'io.k8s.api.core.v1.ReplicationController',
  columns: [
    nameColumn,
    column('Desired', (object) => specOf(object).replicas ?? 0, { type: 'integer', description: 'Wanted pods' }),
    column('Current', (object) => statusNumber(object, 'replicas'), { type: 'integer', description: 'Pods there are' }),
    column('Ready', (object) => statusNumber(object, 'readyReplicas'), { type: 'integer', description: 'Ready pods' }),
    ageColumn,
    column('Containers', (object) => containerNames(specOf(object).template), { wide: true }),
    column('Images', (object) => containerImages(specOf(object).template), { wide: true }),
    column('Selector', (object) => labelsText(specOf(object).selector), { wide: true }),
  ],
  fieldSelectors: ['status.replicas'],
  hasStatus: true,
  orphansByDefault: true,
  hasGeneration: true,
  scale: { replicas: 'spec.replicas', statusReplicas: 'status.replicas', selector: 'spec.selector' },
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    spec.replicas ??= 1;
    const labels = spec.template?.metadata?.labels;
    if (labels !== undefined && Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    const metadata = (object.metadata ??= {});
    if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    setTemplateDefaults(spec.template);
  },
  warnings: workloadWarnings('spec.template'),
  validate(object) {
    const { replicas, minReadySeconds, selector = {}, template } = specOf(object);
    const labels = template?.metadata?.labels ?? {};
    const isMatched = Object.entries(selector).every(([key, value]) => labels[key] === value);
    return [
      ...notNegative('spec.minReadySeconds', minReadySeconds),
      ...when(Object.keys(selector).length === 0, required('spec.selector')),
      ...notNegative('spec.replicas', replicas),
      ...(template === undefined
        ? [required('spec.template')]
        : [
            ...when(
              !isMatched,
              invalidValue('spec.template.metadata.labels', labels, '`selector` does not match template `labels`'),
            ),
            ...lastingTemplateProblems('spec.template', template, 'ReplicationController'),
          ]),
    ];
  },
});
