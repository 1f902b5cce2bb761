import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from 'kubernetes-types/autoscaling/v2';
import { formatQuantity, milliOf } from '../../../shared/quantity';
import { MetricError, replicasFor } from './replica-count';
import type { Failure } from './unserved-metrics';
import { notServed } from './unserved-metrics';

type Seen = Parameters<typeof replicasFor>[1] & { readonly namespace: string };

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
  return { failure: notServed(spec, seen.namespace) };
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
  const fail = (message: string): Proposed => {
    const subject = container === undefined ? `${resource} resource` : `${container} container`;
    return { failure: { reason, message, summary: `failed to get ${subject} metric value: ${message}` } };
  };
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
      return fail(
        'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
      );
    }
    const { replicas, averageMilli, utilization } = replicasFor({ resource, container, target: wanted }, seen);
    const kind = container === undefined ? 'resource' : 'container resource';
    return {
      replicas,
      metric:
        averageValue === undefined ? `${resource} ${kind} utilization (percentage of request)` : `${resource} resource`,
      status: statusOf({
        ...(utilization === undefined ? {} : { averageUtilization: utilization }),
        averageValue: formatQuantity({ nanos: BigInt(averageMilli) * 1_000_000n, format: 'decimal' }),
      }),
    };
  } catch (error) {
    if (!(error instanceof MetricError)) throw error;
    return fail(`failed to get ${resource} ${what}: ${error.message}`);
  }
}
