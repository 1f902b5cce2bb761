import type { MetricSpec, MetricTarget } from 'kubernetes-types/autoscaling/v2';
import { milliOf } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { each, forbiddenField, invalidValue, required } from '../validation/field-errors';

const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

/** What is wrong with the metrics of an autoscaler, as validateMetrics of kubernetes/pkg/apis/autoscaling/validation says it. */
export const metricProblems = (metrics: readonly MetricSpec[] | undefined): readonly StatusCause[] =>
  each('spec.metrics', metrics, (metric, path) => {
    const field = `${metric.type.slice(0, 1).toLowerCase()}${metric.type.slice(1)}`;
    if ((metric as unknown as Record<string, unknown>)[field] === undefined) {
      return [required(`${path}.${field}`, 'must populate information for the given metric source')];
    }
    return sourceProblems(metric, `${path}.${field}`);
  });

function sourceProblems(metric: MetricSpec, path: string): readonly StatusCause[] {
  const { type, resource, containerResource, pods, object, external } = metric;
  const source = resource ?? containerResource;
  if (source !== undefined) {
    return [
      ...named(`${path}.name`, source.name, 'must specify a resource name'),
      ...(type === 'ContainerResource'
        ? named(`${path}.container`, containerResource?.container, 'must specify a container')
        : []),
      ...targetProblems(`${path}.target`, source.target),
      ...resourceTargetProblems(`${path}.target`, source.target),
    ];
  }
  const custom = pods ?? object ?? external;
  return [
    ...(object === undefined ? [] : describedProblems(`${path}.describedObject`, object.describedObject)),
    ...named(`${path}.metric.name`, custom?.metric.name, 'must specify a metric name'),
    ...targetProblems(`${path}.target`, custom?.target),
    ...customTargetProblems(type, `${path}.target`, custom?.target),
  ];
}

const named = (field: string, name: string | undefined, message: string): readonly StatusCause[] =>
  (name ?? '') === '' ? [required(field, message)] : [];

const describedProblems = (
  field: string,
  described: { readonly kind?: string; readonly name?: string } | undefined,
): readonly StatusCause[] => [
  ...((described?.kind ?? '') === '' ? [required(`${field}.kind`)] : []),
  ...((described?.name ?? '') === '' ? [required(`${field}.name`)] : []),
];

function targetProblems(field: string, target: MetricTarget | undefined): readonly StatusCause[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {};
  return [
    ...(type === '' ? [required(`${field}.type`, 'must specify a metric target type')] : []),
    ...(type === '' || TARGET_TYPES.includes(type)
      ? []
      : [invalidValue(`${field}.type`, type, 'must be either Utilization, Value, or AverageValue')]),
    ...(value !== undefined && milliOf(value) <= 0 ? [invalidValue(`${field}.value`, value, 'must be positive')] : []),
    ...(averageValue !== undefined && milliOf(averageValue) <= 0
      ? [invalidValue(`${field}.averageValue`, averageValue, 'must be positive')]
      : []),
    ...(averageUtilization !== undefined && averageUtilization < 1
      ? [invalidValue(`${field}.averageUtilization`, averageUtilization, 'must be greater than 0')]
      : []),
  ];
}

function resourceTargetProblems(field: string, target: MetricTarget | undefined): readonly StatusCause[] {
  const { averageValue, averageUtilization } = target ?? {};
  if (averageValue === undefined && averageUtilization === undefined) {
    return [required(`${field}.averageUtilization`, 'must set either a target raw value or a target utilization')];
  }
  return averageValue !== undefined && averageUtilization !== undefined
    ? [forbiddenField(`${field}.averageValue`, 'may not set both a target raw value and a target utilization')]
    : [];
}

function customTargetProblems(type: string, field: string, target: MetricTarget | undefined): readonly StatusCause[] {
  const { value, averageValue } = target ?? {};
  if (type === 'Pods') {
    return averageValue === undefined
      ? [required(`${field}.averageValue`, 'must specify a positive target averageValue')]
      : [];
  }
  if (value === undefined && averageValue === undefined) {
    const what =
      type === 'External' ? 'a target value for metric or a per-pod target' : 'a target value or averageValue';
    return [required(`${field}.averageValue`, `must set either ${what}`)];
  }
  return type === 'External' && value !== undefined && averageValue !== undefined
    ? [forbiddenField(`${field}.value`, 'may not set both a target value for metric and a per-pod target')]
    : [];
}
