import type { HorizontalPodAutoscaler } from '../../shared/api/objects';
import { headText, underlined } from './head-text';
import { timeText } from './times';

type Spec = NonNullable<HorizontalPodAutoscaler['spec']>;
type Metric = NonNullable<Spec['metrics']>[number];
type Current = NonNullable<NonNullable<HorizontalPodAutoscaler['status']>['currentMetrics']>[number] | undefined;
interface Amounts {
  readonly averageUtilization?: number;
  readonly averageValue?: string;
  readonly value?: string;
}

const UNKNOWN = '<unknown>';

export function autoscalerText({ metadata, spec, status }: HorizontalPodAutoscaler): string {
  const target = spec?.scaleTargetRef;
  const metrics = (spec?.metrics ?? []).map((metric, index) => metricLine(metric, status?.currentMetrics?.[index]));
  const conditions = (status?.conditions ?? []).map(({ type, status: is, reason = '', message = '' }) => [
    type,
    is,
    reason,
    message,
  ]);
  return [
    headText(metadata),
    `CreationTimestamp:\t${timeText(metadata.creationTimestamp)}\n`,
    `Reference:\t${target?.kind ?? ''}/${target?.name ?? ''}\nMetrics:\t( current / target )\n`,
    ...metrics,
    `Min replicas:\t${spec?.minReplicas ?? '<unset>'}\nMax replicas:\t${spec?.maxReplicas ?? 0}\n`,
    behaviourText(spec?.behavior),
    `${target?.kind ?? ''} pods:\t${status?.currentReplicas ?? 0} current / ${status?.desiredReplicas ?? 0} desired\n`,
    conditions.length === 0 ? '' : `Conditions:\n${underlined(['Type', 'Status', 'Reason', 'Message'], conditions)}`,
  ].join('');
}

function metricLine(metric: Metric, now: Current): string {
  switch (metric.type) {
    case 'Resource':
      return resourceLine(
        `resource ${metric.resource?.name ?? ''}`,
        metric.resource?.target ?? {},
        now?.resource?.current,
      );
    case 'ContainerResource': {
      const { name = '', container = '', target = {} } = metric.containerResource ?? {};
      return resourceLine(`resource ${name} of container "${container}"`, target, now?.containerResource?.current);
    }
    case 'Pods': {
      const { metric: of, target } = metric.pods ?? {};
      return `  "${of?.name ?? ''}" on pods:\t${now?.pods?.current.averageValue ?? UNKNOWN} / ${target?.averageValue ?? ''}\n`;
    }
    case 'Object': {
      const { describedObject: on, metric: of, target = {} } = metric.object ?? {};
      return `  "${of?.name ?? ''}" on ${on?.kind ?? ''}/${on?.name ?? ''} ${valueText(target, now?.object?.current)}`;
    }
    case 'External': {
      const { metric: of, target = {} } = metric.external ?? {};
      return `  "${of?.name ?? ''}" ${valueText(target, now?.external?.current)}`;
    }
    default:
      return `  <unknown metric type "${metric.type}">\n`;
  }
}

function resourceLine(what: string, target: Amounts, now: Amounts | undefined): string {
  if (target.averageValue !== undefined)
    return `  ${what} on pods:\t${now?.averageValue ?? UNKNOWN} / ${target.averageValue}\n`;
  const current =
    now?.averageUtilization === undefined ? UNKNOWN : `${now.averageUtilization}% (${now.averageValue ?? ''})`;
  const wanted = target.averageUtilization === undefined ? '<auto>' : `${target.averageUtilization}%`;
  return `  ${what} on pods  (as a percentage of request):\t${current} / ${wanted}\n`;
}

const valueText = (target: Amounts, now: Amounts | undefined): string =>
  target.averageValue === undefined
    ? `(target value):\t${now?.value ?? UNKNOWN} / ${target.value ?? ''}\n`
    : `(target average value):\t${now?.averageValue ?? UNKNOWN} / ${target.averageValue}\n`;

function behaviourText(behaviour: Spec['behavior']): string {
  if (behaviour === undefined) return '';
  const directions = [
    ['Scale Up', behaviour.scaleUp],
    ['Scale Down', behaviour.scaleDown],
  ] as const;
  const parts = directions.map(([name, rules]) => {
    if (rules === undefined) return '';
    const { stabilizationWindowSeconds: window, selectPolicy = 'Max', policies = [] } = rules;
    return [
      `  ${name}:\n`,
      window === undefined ? '' : `    Stabilization Window: ${window} seconds\n`,
      `    Select Policy: ${selectPolicy}\n`,
      policies.length === 0 ? '' : '    Policies:\n',
      ...policies.map(
        ({ type, value, periodSeconds }) =>
          `      - Type: ${type}\tValue: ${value}\tPeriod: ${periodSeconds} seconds\n`,
      ),
    ].join('');
  });
  return `Behavior:\n${parts.join('')}`;
}
