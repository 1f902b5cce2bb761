import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from 'kubernetes-types/autoscaling/v2';
import { formatQuantity, milliOf } from '../../../shared/quantity';
import { MetricError, replicasFor } from './replica-count';

type Seen = Parameters<typeof replicasFor>[1];

/** A metric that cannot be told: the reason is for the condition and the Event. */
export interface Failure {
  readonly reason: string;
  readonly message: string;
}

export interface Proposals {
  /** The most that a metric asks for; undefined where no metric may decide. */
  readonly replicas: number | undefined;
  /** Which metric that is, in words. */
  readonly metric: string;
  readonly statuses: readonly MetricStatus[];
  readonly failures: readonly Failure[];
}

/** What each metric asks for. The most decides; with a metric that cannot be told, nothing is scaled down. */
export function proposalsOf(metrics: readonly MetricSpec[], seen: Seen): Proposals {
  let best: { readonly replicas: number; readonly metric: string } | undefined;
  const failures: Failure[] = [];
  const statuses = metrics.map((spec): MetricStatus => {
    const proposal = proposalOf(spec, seen);
    if ('failure' in proposal) {
      failures.push(proposal.failure);
      return { type: '' };
    }
    if (best === undefined || proposal.replicas > best.replicas) best = proposal;
    return proposal.status;
  });
  const mayDecide = best !== undefined && (failures.length === 0 || best.replicas >= seen.replicas);
  return { replicas: mayDecide ? best?.replicas : undefined, metric: best?.metric ?? '', statuses, failures };
}

type Proposed =
  { readonly replicas: number; readonly metric: string; readonly status: MetricStatus } | { readonly failure: Failure };

function proposalOf(spec: MetricSpec, seen: Seen): Proposed {
  const { type, resource, containerResource } = spec;
  if (type === 'Resource' && resource !== undefined) {
    return resourceProposal(resource, seen, 'FailedGetResourceMetric', (current) => ({
      type,
      resource: { name: resource.name, current },
    }));
  }
  if (type === 'ContainerResource' && containerResource !== undefined) {
    const { name, container } = containerResource;
    return resourceProposal(containerResource, seen, 'FailedGetContainerResourceMetric', (current) => ({
      type,
      containerResource: { name, container, current },
    }));
  }
  return { failure: notServed(spec) };
}

function resourceProposal(
  source: { readonly name: string; readonly container?: string; readonly target: MetricTarget },
  seen: Seen,
  reason: string,
  statusOf: (current: MetricValueStatus) => MetricStatus,
): Proposed {
  const { name: resource, container, target } = source;
  const { averageUtilization, averageValue } = target;
  const what = averageValue === undefined ? 'utilization' : 'usage';
  try {
    if (resource !== 'cpu' && resource !== 'memory') {
      throw new MetricError(`unable to get metrics for resource ${resource}: only cpu and memory are measured`);
    }
    const wanted =
      averageValue !== undefined
        ? { averageMilli: milliOf(averageValue) }
        : averageUtilization === undefined
          ? undefined
          : { utilization: averageUtilization };
    if (wanted === undefined) {
      const message =
        'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set';
      return { failure: { reason, message } };
    }
    const { replicas, averageMilli, utilization } = replicasFor({ resource, container, target: wanted }, seen);
    return {
      replicas,
      metric:
        averageValue === undefined
          ? `${resource} resource utilization (percentage of request)`
          : `${resource} resource`,
      status: statusOf({
        ...(utilization === undefined ? {} : { averageUtilization: utilization }),
        averageValue: formatQuantity({ nanos: BigInt(averageMilli) * 1_000_000n, format: 'decimal' }),
      }),
    };
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    return { failure: { reason, message: `failed to get ${resource} ${what}: ${error.message}` } };
  }
}

/** Metrics of applications need an API that somebody else would serve. */
function notServed({ type, pods, object, external }: MetricSpec): Failure {
  const custom = 'no custom metrics API (custom.metrics.k8s.io) registered';
  switch (type) {
    case 'Pods':
      return {
        reason: 'FailedGetPodsMetric',
        message: `failed to get pods metric value: unable to get metric ${pods?.metric.name ?? ''}: ${custom}`,
      };
    case 'Object':
      return {
        reason: 'FailedGetObjectMetric',
        message: `failed to get object metric value: unable to get metric ${object?.metric.name ?? ''}: ${custom}`,
      };
    case 'External':
      return {
        reason: 'FailedGetExternalMetric',
        message: `failed to get external metric value: unable to get external metric ${external?.metric.name ?? ''}: no external metrics API (external.metrics.k8s.io) registered`,
      };
    default:
      return { reason: 'InvalidMetricSourceType', message: `unknown metric source type ${JSON.stringify(type)}` };
  }
}
