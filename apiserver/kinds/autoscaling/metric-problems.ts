import type { MetricSpec, MetricTarget } from 'kubernetes-types/autoscaling/v2';
import { milliOf } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { each, forbiddenField, invalidValue, oneOfIfSet, required } from '../validation/field-errors';

const SOURCES = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'] as const;
type Source = (typeof SOURCES)[number];
const fieldOf = (source: Source): Uncapitalize<Source> =>
  `${source.charAt(0).toLowerCase()}${source.slice(1)}` as Uncapitalize<Source>;
const TARGET_TYPES = ['Utilization', 'Value', 'AverageValue'];

/** What is wrong with the metrics of an autoscaler, as validateMetrics of kubernetes/pkg/apis/autoscaling/validation says it. */
export const metricProblems = (metrics: readonly MetricSpec[] | undefined): readonly StatusCause[] =>
  each('spec.metrics', metrics, (metric, path) => {
    const given = SOURCES.filter((source) => metric[fieldOf(source)] !== undefined);
    const type = (metric.type as string | undefined) ?? '';
    const [first] = given;
    return [
      ...(type === ''
        ? [required(`${path}.type`, 'must specify a metric source type')]
        : oneOfIfSet(`${path}.type`, type, SOURCES)),
      ...(first === undefined ? [] : sourceProblems(metric, first, `${path}.${fieldOf(first)}`)),
      ...SOURCES.filter((source) => source === type && !given.includes(source)).map((source) =>
        required(`${path}.${fieldOf(source)}`, 'must populate information for the given metric source'),
      ),
      ...given
        .filter((source) => source !== type)
        .map((source) => forbiddenField(`${path}.${fieldOf(source)}`, 'must populate the given metric source only')),
    ];
  });

function sourceProblems(metric: MetricSpec, type: Source, path: string): readonly StatusCause[] {
  if (type === 'Resource' || type === 'ContainerResource') {
    const source = type === 'Resource' ? metric.resource : metric.containerResource;
    return [
      ...named(`${path}.name`, source?.name, 'must specify a resource name'),
      ...(type === 'ContainerResource'
        ? named(`${path}.container`, metric.containerResource?.container, 'must specify a container')
        : []),
      ...targetProblems(`${path}.target`, source?.target),
      ...resourceTargetProblems(`${path}.target`, source?.target),
    ];
  }
  const source = metric[fieldOf(type)] as Partial<NonNullable<MetricSpec['pods']>> | undefined;
  return [
    ...(type === 'Object' ? describedProblems(`${path}.describedObject`, metric.object?.describedObject) : []),
    ...named(`${path}.metric.name`, source?.metric?.name, 'must specify a metric name'),
    ...targetProblems(`${path}.target`, source?.target),
    ...customTargetProblems(type, `${path}.target`, source?.target),
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
