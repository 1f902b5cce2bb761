import type {
  ContainerResourceMetricSource,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
  ResourceMetricSource,
} from 'kubernetes-types/autoscaling/v2';

const MAX_SHOWN = 2;
const UNKNOWN = '<unknown>';

/** What an autoscaler sees and what it wants, as `cpu: 40%/80%`: the first two metrics, and how many more there are. */
export function targetsText(metrics: readonly MetricSpec[] = [], current: readonly MetricStatus[] = []): string {
  if (metrics.length === 0) return '<none>';
  const shown = metrics.slice(0, MAX_SHOWN).map((metric, index) => targetText(metric, current[index]));
  const more = metrics.length - MAX_SHOWN;
  return more > 0 ? `${shown.join(', ')} + ${more} more...` : shown.join(', ');
}

function targetText({ type, ...wanted }: MetricSpec, seen: MetricStatus | undefined): string {
  switch (type) {
    case 'Resource':
      return resourceText(wanted.resource, seen?.resource?.current);
    case 'ContainerResource':
      return resourceText(wanted.containerResource, seen?.containerResource?.current);
    case 'Pods':
      return `${seen?.pods?.current.averageValue ?? UNKNOWN}/${wanted.pods?.target.averageValue ?? '0'}`;
    case 'Object':
      return valueText(wanted.object?.target, seen?.object?.current);
    case 'External':
      return valueText(wanted.external?.target, seen?.external?.current);
    default:
      return '<unknown type>';
  }
}

function resourceText(
  source: ResourceMetricSource | ContainerResourceMetricSource | undefined,
  current: MetricValueStatus | undefined,
): string {
  const { averageValue, averageUtilization } = source?.target ?? ({} as Partial<MetricTarget>);
  const name = source?.name ?? '';
  if (averageValue !== undefined) return `${name}: ${current?.averageValue ?? UNKNOWN}/${averageValue}`;
  const wanted = averageUtilization === undefined ? '<auto>' : `${averageUtilization}%`;
  const seen = current?.averageUtilization === undefined ? UNKNOWN : `${current.averageUtilization}%`;
  return `${name}: ${seen}/${wanted}`;
}

const valueText = (target: MetricTarget | undefined, current: MetricValueStatus | undefined): string =>
  target?.averageValue === undefined
    ? `${current?.value ?? UNKNOWN}/${target?.value ?? '0'}`
    : `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`;
