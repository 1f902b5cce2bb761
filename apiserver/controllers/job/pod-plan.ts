import type { Job, Pod } from '../../../shared/api/objects';
import { inDeletionOrder } from '../workloads/deletion-order';
import { isActive } from '../workloads/pod-state';
import { failureAnnotations, hasIndexLimit, indexWaitMs, lastFailures } from './index-failures';
import { parseIndexes } from './indexes';
import { hasValidIndex, indexOf, isIndexed, isTerminating, replacesOnlyFailed } from './job-pods';

/** Pods made or ended in one go. */
const BURST = 500;

/** A pod to be made: of which index, and what it bears. */
export interface NewPod {
  readonly index?: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What is to be done about the pods of a Job that goes on. Pods are ended or made, never both at a time. */
export interface PodPlan {
  readonly surplus: readonly Pod[];
  readonly missing: readonly NewPod[];
  /** How long it holds back after failures; 0: it does not. */
  readonly waitMs: number;
}

/** `backOffMs`: how long new pods still wait after failures, where not each index waits on its own. */
export function planPods(
  job: Job,
  pods: readonly Pod[],
  { nowMs, backOffMs }: { readonly nowMs: number; readonly backOffMs: number },
): PodPlan {
  const active = pods.filter(isActive);
  if (job.spec?.suspend === true) return { surplus: active.slice(0, BURST), missing: [], waitMs: 0 };
  const wanted = wantedActive(job, active.length);
  const surplus = surplusOf(job, active, active.length - wanted);
  if (surplus.length > 0) return { surplus, missing: [], waitMs: 0 };
  const terminating = replacesOnlyFailed(job) ? pods.filter(isTerminating) : [];
  const count = Math.min(wanted - active.length - terminating.length, BURST);
  const taken = [...active, ...terminating];
  if (count <= 0) return { surplus, missing: [], waitMs: 0 };
  if (hasIndexLimit(job)) return { surplus, ...planIndexes(job, pods, { taken, count, nowMs }) };
  if (backOffMs > 0) return { surplus, missing: [], waitMs: backOffMs };
  const missing = isIndexed(job)
    ? freeIndexes(job, taken, count).map((index) => ({ index }))
    : Array.from({ length: count }, () => ({}));
  return { surplus, missing, waitMs: 0 };
}

/** How many pods are to run at a time. */
function wantedActive({ spec, status }: Job, active: number): number {
  const { parallelism = 1, completions } = spec ?? {};
  const { succeeded = 0, failedIndexes } = status ?? {};
  // Once one has succeeded, nothing is added where no number is asked for.
  if (completions === undefined) return succeeded > 0 ? active : parallelism;
  const givenUp = spec?.backoffLimitPerIndex === undefined ? 0 : parseIndexes(failedIndexes).size;
  return Math.max(0, Math.min(parallelism, completions - succeeded - givenUp));
}

/** Pods without an index of their own that the Job has, and as many others as are too much. */
function surplusOf(job: Job, active: readonly Pod[], atLeast: number): readonly Pod[] {
  const extra = isIndexed(job) ? withoutOwnIndex(job, active) : [];
  if (extra.length === 0 && atLeast <= 0) return extra;
  const others = active.filter((pod) => !extra.includes(pod));
  return [...extra, ...inDeletionOrder(others).slice(0, Math.max(0, atLeast - extra.length))].slice(0, BURST);
}

function withoutOwnIndex(job: Job, active: readonly Pod[]): readonly Pod[] {
  const byIndex = new Map<number | undefined, Pod[]>();
  const extra: Pod[] = [];
  for (const pod of active) {
    const index = indexOf(pod);
    const same = byIndex.get(index);
    if (!hasValidIndex(job, pod)) extra.push(pod);
    else if (same === undefined) byIndex.set(index, [pod]);
    else same.push(pod);
  }
  const doubles = [...byIndex.values()].filter(({ length }) => length > 1);
  return [...extra, ...doubles.flatMap((pods) => inDeletionOrder(pods).slice(0, -1))];
}

function freeIndexes({ spec, status }: Job, taken: readonly Pod[], count: number): readonly number[] {
  const known = new Set([...parseIndexes(status?.completedIndexes), ...parseIndexes(status?.failedIndexes)]);
  for (const pod of taken) known.add(indexOf(pod) ?? -1);
  const free: number[] = [];
  for (let index = 0; index < (spec?.completions ?? 0) && free.length < count; index++) {
    if (!known.has(index)) free.push(index);
  }
  return free;
}

/** Where each index fails on its own, each waits on its own: the wait is that of the first of those that were left. */
function planIndexes(
  job: Job,
  pods: readonly Pod[],
  { taken, count, nowMs }: { readonly taken: readonly Pod[]; readonly count: number; readonly nowMs: number },
): Omit<PodPlan, 'surplus'> {
  const failures = lastFailures(job, pods);
  const waits = freeIndexes(job, taken, Infinity).map((index) => ({
    index,
    waitMs: indexWaitMs(failures.get(index), nowMs),
  }));
  const due = waits.filter(({ waitMs }) => waitMs === 0).slice(0, count);
  const later = waits.filter(({ waitMs }) => waitMs > 0).map(({ waitMs }) => waitMs);
  return {
    missing: due.map(({ index }) => ({ index, annotations: failureAnnotations(job, failures.get(index)) })),
    waitMs: due.length < count && later.length > 0 ? Math.min(...later) : 0,
  };
}
