import type { MetricSpec } from 'kubernetes-types/autoscaling/v2';
import type { LabelSelector } from '../../../shared/api/objects';

/** A metric that cannot be told: the reason and the message are for the condition and the Event. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
  /** The message with what it is about, where the metrics are told of together. */
  readonly summary: string;
}

const NO_CUSTOM =
  'unable to fetch metrics from custom metrics API: no custom metrics API (custom.metrics.k8s.io) registered';
const NO_EXTERNAL =
  'unable to fetch metrics from external metrics API: no external metrics API (external.metrics.k8s.io) registered';

/** Metrics of applications need an API that somebody else would serve: the words are kube-controller-manager's without one. */
export function notServed({ type, pods, object, external }: MetricSpec, namespace: string): Failure {
  const failure = (reason: string, message: string, about: string): Failure => ({
    reason,
    message,
    summary: `failed to get ${about}: ${message}`,
  });
  switch (type) {
    case 'Pods': {
      const message = `unable to get metric ${pods?.metric.name ?? ''}: ${NO_CUSTOM}`;
      return failure('FailedGetPodsMetric', message, 'pods metric value');
    }
    case 'Object': {
      const { describedObject: { kind = '', name = '' } = {}, metric, target } = object ?? {};
      const message = `unable to get metric ${metric?.name ?? ''}: ${kind} on ${namespace} ${name}/${NO_CUSTOM}`;
      const each = target?.type === 'AverageValue' ? `: failed to get ${metric?.name ?? ''} object metric` : '';
      return failure('FailedGetObjectMetric', message, `object metric value${each}`);
    }
    case 'External': {
      const { metric, target } = external ?? {};
      const name = metric?.name ?? '';
      const what = target?.averageValue === undefined ? `external metric ${name}` : `${name} external metric`;
      const message = `unable to get external metric ${namespace}/${name}/${goText(metric?.selector)}: ${NO_EXTERNAL}`;
      return failure('FailedGetExternalMetric', message, `${name} external metric value: failed to get ${what}`);
    }
    default: {
      const message = `unknown metric source type ${JSON.stringify(type)}`;
      return { reason: 'InvalidMetricSourceType', message, summary: message };
    }
  }
}

/** A selector as Go prints it. */
function goText(selector: LabelSelector | undefined): string {
  if (selector === undefined) return 'nil';
  const labels = Object.entries(selector.matchLabels ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const expressions = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${(values ?? []).join(' ')}],},`,
  );
  return `&LabelSelector{MatchLabels:map[string]string{${labels.map(([key, value]) => `${key}: ${value},`).join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`;
}
