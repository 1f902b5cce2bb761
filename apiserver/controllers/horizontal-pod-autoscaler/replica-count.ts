import type { Container, Pod } from '../../../shared/api/objects';
import { isSidecar, podLevelAmount } from '../../../shared/pod/pod-resources';
import { milliOf } from '../../../shared/quantity';
import type { PodUsage } from '../../../shared/wire/node-channel';

/** A change of the ratio smaller than these, each way, is none. */
export interface Tolerances {
  readonly up: number;
  readonly down: number;
}
export const TOLERANCES: Tolerances = { up: 0.1, down: 0.1 };
/** How long after its start the CPU of a pod may be that of its beginning. */
const CPU_INITIALIZATION_MS = 300_000;
/** A pod that became unready within this time of its start was never ready. */
const INITIAL_READINESS_MS = 30_000;
/** CPU is averaged since the look before, and is 0 for a container that is looked at for the first time. */
const WINDOW_MS = 15_000;

/** Why no number of replicas can be told from a metric; the message is for conditions and Events. */
export class MetricError extends Error {
  override readonly name = 'MetricError';
}

export interface ResourceMetric {
  readonly resource: string;
  /** Absent: the pod's containers together. */
  readonly container?: string | undefined;
  /** A percentage of what the pods request, or an amount in thousandths for each pod. */
  readonly target: { readonly utilization: number } | { readonly averageMilli: number };
}

export interface Proposal {
  readonly replicas: number;
  /** What was seen, without pods that say nothing. */
  readonly averageMilli: number;
  readonly utilization?: number;
}

interface Ratio {
  /** What is used to what is wanted. */
  readonly ratio: number;
  readonly averageMilli: number;
  readonly utilization?: number;
}

/**
 * How many replicas bring a metric to its target (replica_calculator.go of kubernetes): pods that start or do not answer
 * are left out first; where they could change the outcome they count as what speaks against scaling. Throws MetricError.
 */
export function replicasFor(
  metric: ResourceMetric,
  seen: {
    readonly pods: readonly Pod[];
    readonly usages: ReadonlyMap<string, PodUsage>;
    readonly replicas: number;
    readonly nowMs: number;
    readonly tolerances?: Tolerances;
  },
): Proposal {
  const { pods, replicas, nowMs, tolerances = TOLERANCES } = seen;
  const isTolerable = (ratio: number): boolean => ratio >= 1 - tolerances.down && ratio <= 1 + tolerances.up;
  const used = usageByPod(metric, pods, seen.usages);
  if (pods.length === 0) throw new MetricError('no pods returned by selector while calculating replica count');
  const { ready, unready, missing, ignored } = groupPods(metric, pods, used, nowMs);
  for (const name of [...ignored, ...unready]) used.delete(name);
  if (used.size === 0) throw new MetricError('did not receive metrics for targeted pods (pods might be unready)');
  const requests = 'utilization' in metric.target ? requestsByPod(metric, pods) : undefined;
  const first = ratioOf(metric, used, requests);
  const proposal = (count: number): Proposal => ({
    replicas: count,
    averageMilli: first.averageMilli,
    ...(first.utilization === undefined ? {} : { utilization: first.utilization }),
  });
  const risesWithUnready = unready.length > 0 && first.ratio > 1;
  if (!risesWithUnready && missing.length === 0) {
    return proposal(isTolerable(first.ratio) ? replicas : Math.ceil(first.ratio * ready));
  }
  for (const name of missing) {
    if (first.ratio < 1) used.set(name, cautiousUsage(metric, requests?.get(name) ?? 0));
    else if (first.ratio > 1 || requests === undefined) used.set(name, 0);
  }
  if (risesWithUnready) for (const name of unready) used.set(name, 0);
  const { ratio } = ratioOf(metric, used, requests);
  const isOtherWay = (first.ratio < 1 && ratio > 1) || (first.ratio > 1 && ratio < 1);
  if (isTolerable(ratio) || isOtherWay) return proposal(replicas);
  const count = Math.ceil(ratio * used.size);
  const isAgainst = (ratio < 1 && count > replicas) || (ratio > 1 && count < replicas);
  return proposal(isAgainst ? replicas : count);
}

/** What a pod that does not answer counts as where fewer pods seem enough. */
const cautiousUsage = ({ target }: ResourceMetric, request: number): number =>
  'utilization' in target ? (request * Math.max(100, target.utilization)) / 100 : target.averageMilli;

function ratioOf(
  { target }: ResourceMetric,
  used: ReadonlyMap<string, number>,
  requests: ReadonlyMap<string, number> | undefined,
): Ratio {
  const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
  if ('averageMilli' in target) {
    const averageMilli = Math.trunc(sum(used.values()) / used.size);
    return { ratio: averageMilli / target.averageMilli, averageMilli };
  }
  const known = [...used].filter(([name]) => requests?.has(name) === true);
  const requested = sum(known.map(([name]) => requests?.get(name) ?? 0));
  if (requested === 0) throw new MetricError('no metrics returned matched known pods');
  const total = sum(known.map(([, value]) => value));
  const utilization = Math.trunc((total * 100) / requested);
  return { ratio: utilization / target.utilization, averageMilli: Math.trunc(total / known.length), utilization };
}

function usageByPod(
  { resource, container }: ResourceMetric,
  pods: readonly Pod[],
  usages: ReadonlyMap<string, PodUsage>,
): Map<string, number> {
  const used = new Map<string, number>();
  for (const { metadata } of pods) {
    const usage = usages.get(metadata.uid);
    if (usage === undefined) continue;
    const counted = usage.containers.filter(({ name }) => container === undefined || name === container);
    if (container !== undefined && counted.length === 0) {
      throw new MetricError(
        `container ${container} not present in metrics for pod ${metadata.namespace}/${metadata.name}`,
      );
    }
    const milli = counted.map(({ cpuMilli, memoryBytes }) => (resource === 'cpu' ? cpuMilli : memoryBytes * 1_000));
    used.set(metadata.name, Math.ceil(milli.reduce((total, value) => total + value, 0)));
  }
  if (used.size === 0) {
    throw new MetricError(
      `unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`,
    );
  }
  return used;
}

function requestsByPod({ resource, container }: ResourceMetric, pods: readonly Pod[]): ReadonlyMap<string, number> {
  return new Map(
    pods.map(({ metadata, spec }) => {
      const whole = podLevelAmount(spec, 'requests', resource);
      if (container === undefined && whole !== undefined) return [metadata.name, milliOf(whole)];
      const running: readonly Container[] = [...spec.containers, ...(spec.initContainers ?? []).filter(isSidecar)];
      const counted = running.filter(({ name }) => container === undefined || name === container);
      const total = counted.reduce((sum, { name, resources }) => {
        const request = resources?.requests?.[resource];
        if (request === undefined) {
          throw new MetricError(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`);
        }
        return sum + milliOf(request);
      }, 0);
      return [metadata.name, total];
    }),
  );
}

/** By name: the pods that are about to serve or have not said yet, those that say nothing, those that go; the others are ready. */
function groupPods(
  { resource }: ResourceMetric,
  pods: readonly Pod[],
  used: ReadonlyMap<string, number>,
  nowMs: number,
): {
  readonly ready: number;
  readonly unready: readonly string[];
  readonly missing: readonly string[];
  readonly ignored: readonly string[];
} {
  const groups = { ready: 0, unready: [] as string[], missing: [] as string[], ignored: [] as string[] };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const phase = pod.status?.phase;
    if (deletionTimestamp !== undefined || phase === 'Failed') groups.ignored.push(name);
    else if (phase === 'Pending') groups.unready.push(name);
    else if (!used.has(name)) groups.missing.push(name);
    else if (resource === 'cpu' && isStarting(pod, nowMs)) groups.unready.push(name);
    else groups.ready += 1;
  }
  return groups;
}

/** Whether the CPU of a pod says nothing of its work yet. */
function isStarting({ status }: Pod, nowMs: number): boolean {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  if (ready === undefined || status?.startTime === undefined) return true;
  const startMs = Date.parse(status.startTime);
  const changedMs = ready.lastTransitionTime === undefined ? 0 : Date.parse(ready.lastTransitionTime);
  if (startMs + CPU_INITIALIZATION_MS > nowMs) return ready.status === 'False' || nowMs < changedMs + WINDOW_MS;
  return ready.status === 'False' && startMs + INITIAL_READINESS_MS > changedMs;
}
