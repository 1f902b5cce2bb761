import type { HorizontalPodAutoscalerSpec, HorizontalPodAutoscalerStatus } from 'kubernetes-types/autoscaling/v2';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { invalidValue, required } from '../validation/field-errors';
import { STATUS } from '../verbs';
import { behaviorProblems } from './behavior';
import { metricProblems } from './metric-problems';
import { targetsText } from './targets-text';

const CPU_PERCENT = 80;
const SCALE_UP_POLICIES = [
  { type: 'Pods', value: 4, periodSeconds: 15 },
  { type: 'Percent', value: 100, periodSeconds: 15 },
];
const SCALE_DOWN_POLICIES = [{ type: 'Percent', value: 100, periodSeconds: 15 }];

type Spec = Partial<HorizontalPodAutoscalerSpec>;
const specOf = (object: ApiObject | StoredObject): Spec => (object['spec'] as Spec | undefined) ?? {};
const statusOf = (object: StoredObject): Partial<HorizontalPodAutoscalerStatus> =>
  (object['status'] as HorizontalPodAutoscalerStatus | undefined) ?? {};

export const horizontalPodAutoscaler = defineKind({
  group: 'autoscaling',
  version: 'v2',
  kind: 'HorizontalPodAutoscaler',
  plural: 'horizontalpodautoscalers',
  shortNames: ['hpa'],
  categories: ['all'],
  subresources: [STATUS],
  schema: 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  columns: [
    nameColumn,
    column('Reference', (object) => {
      const { kind = '', name = '' } = specOf(object).scaleTargetRef ?? {};
      return `${kind}/${name}`;
    }),
    column('Targets', (object) => targetsText(specOf(object).metrics, statusOf(object).currentMetrics)),
    column('MinPods', (object) => String(specOf(object).minReplicas ?? '<unset>')),
    column('MaxPods', (object) => specOf(object).maxReplicas ?? 0),
    column('Replicas', (object) => statusOf(object).currentReplicas ?? 0),
    ageColumn,
  ],
  hasStatus: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Spec;
    spec.minReplicas ??= 1;
    if ((spec.metrics ?? []).length === 0) {
      spec.metrics = [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: CPU_PERCENT } },
        },
      ];
    }
    if (spec.behavior === undefined) return;
    const up = (spec.behavior.scaleUp ??= {});
    up.stabilizationWindowSeconds ??= 0;
    up.selectPolicy ??= 'Max';
    up.policies ??= structuredClone(SCALE_UP_POLICIES);
    const down = (spec.behavior.scaleDown ??= {});
    down.selectPolicy ??= 'Max';
    down.policies ??= structuredClone(SCALE_DOWN_POLICIES);
  },
  validate,
});

function validate(object: ApiObject): readonly StatusCause[] {
  const { minReplicas = 1, maxReplicas, scaleTargetRef, metrics, behavior } = specOf(object);
  return [
    ...(minReplicas < 1 ? [invalidValue('spec.minReplicas', minReplicas, 'must be greater than or equal to 1')] : []),
    ...(maxReplicas === undefined || maxReplicas < 1
      ? [invalidValue('spec.maxReplicas', maxReplicas ?? 0, 'must be greater than 0')]
      : maxReplicas < minReplicas
        ? [invalidValue('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`')]
        : []),
    ...((scaleTargetRef?.kind ?? '') === '' ? [required('spec.scaleTargetRef.kind')] : []),
    ...((scaleTargetRef?.name ?? '') === '' ? [required('spec.scaleTargetRef.name')] : []),
    ...metricProblems(metrics),
    ...behaviorProblems(behavior),
  ];
}
