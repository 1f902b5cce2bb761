import type { HorizontalPodAutoscalerSpec as SpecV1 } from 'kubernetes-types/autoscaling/v1';
import type {
  HorizontalPodAutoscalerSpec as SpecV2,
  HorizontalPodAutoscalerStatus as StatusV2,
  MetricSpec,
} from 'kubernetes-types/autoscaling/v2';
import type { StoredObject } from '../../../shared/api/objects';
import type { Kind } from '../kind';
import { horizontalPodAutoscaler } from './horizontal-pod-autoscaler';

/** What autoscaling/v1 has no field for is kept in these annotations, as JSON. */
const METRICS = 'autoscaling.alpha.kubernetes.io/metrics';
const BEHAVIOR = 'autoscaling.alpha.kubernetes.io/behavior';
const CONDITIONS = 'autoscaling.alpha.kubernetes.io/conditions';
const CURRENT = 'autoscaling.alpha.kubernetes.io/current-metrics';

const isCpu = ({ type, resource }: MetricSpec): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;

const cpuMetric = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});

function fromStored(object: StoredObject): StoredObject {
  const { metrics = [], behavior, ...spec } = (object['spec'] as SpecV2 | undefined) ?? ({} as SpecV2);
  const { currentMetrics = [], conditions, ...status } = (object['status'] as StatusV2 | undefined) ?? ({} as StatusV2);
  const cpu = metrics.find(isCpu);
  const others = metrics.filter((metric) => metric !== cpu);
  const seen = currentMetrics.find(({ resource }) => resource?.name === 'cpu')?.resource?.current.averageUtilization;
  const annotations: Record<string, string> = {
    ...object.metadata.annotations,
    ...(others.length === 0 ? {} : { [METRICS]: JSON.stringify(others) }),
    ...(behavior === undefined ? {} : { [BEHAVIOR]: JSON.stringify(behavior) }),
    ...(conditions === undefined ? {} : { [CONDITIONS]: JSON.stringify(conditions) }),
    ...(currentMetrics.length === 0 ? {} : { [CURRENT]: JSON.stringify(currentMetrics) }),
  };
  const utilization = cpu?.resource?.target.averageUtilization;
  return {
    ...object,
    apiVersion: 'autoscaling/v1',
    metadata: { ...object.metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: { ...spec, ...(utilization === undefined ? {} : { targetCPUUtilizationPercentage: utilization }) },
    status: {
      ...status,
      currentReplicas: status.currentReplicas ?? 0,
      ...(seen === undefined ? {} : { currentCPUUtilizationPercentage: seen }),
    },
  };
}

function toStored(object: StoredObject): StoredObject {
  const { targetCPUUtilizationPercentage: cpu, ...spec } = (object['spec'] as SpecV1 | undefined) ?? ({} as SpecV1);
  const {
    [METRICS]: metrics,
    [BEHAVIOR]: behavior,
    [CONDITIONS]: conditions,
    [CURRENT]: current,
    ...annotations
  } = object.metadata.annotations ?? {};
  const { annotations: _, ...metadata } = object.metadata;
  const { currentCPUUtilizationPercentage: _cpu, ...status } =
    (object['status'] as Record<string, unknown> | undefined) ?? {};
  return {
    ...object,
    apiVersion: 'autoscaling/v2',
    metadata: { ...metadata, ...(Object.keys(annotations).length === 0 ? {} : { annotations }) },
    spec: {
      ...spec,
      metrics: [...(cpu === undefined ? [] : [cpuMetric(cpu)]), ...listIn(metrics)],
      ...(behavior === undefined ? {} : { behavior: valueIn(behavior) }),
    },
    status: {
      ...status,
      ...(current === undefined ? {} : { currentMetrics: listIn(current) }),
      ...(conditions === undefined ? {} : { conditions: listIn(conditions) }),
    },
  };
}

/** Anybody may write annotations: what is no JSON counts as absent. */
function valueIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function listIn(text = '[]'): readonly unknown[] {
  const value = valueIn(text);
  return Array.isArray(value) ? value : [];
}

/** The autoscaler of autoscaling/v2 in the words of v1: one target, of CPU. */
export const horizontalPodAutoscalerV1: Kind = {
  ...horizontalPodAutoscaler,
  version: 'v1',
  schema: 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
  columns: horizontalPodAutoscaler.columns.map((column) => ({
    ...column,
    cell: (object, nowMs) => column.cell(toStored(object), nowMs),
  })),
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as Partial<SpecV1>;
    spec.minReplicas ??= 1;
    spec.targetCPUUtilizationPercentage ??= 80;
  },
  validate: (object) => horizontalPodAutoscaler.validate?.(toStored(object as StoredObject)) ?? [],
  conversion: { fromStored, toStored },
};
