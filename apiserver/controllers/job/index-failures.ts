import type { Job, Pod } from '../../../shared/api/objects';
import { endedAtMs, exponentialBackoffMs } from './back-off';
import { judgeFailure } from './failure-policy';
import { parseIndexes } from './indexes';
import { indexOf, isTerminating, isTracked, replacesOnlyFailed } from './job-pods';

const FAILURES = 'batch.kubernetes.io/job-index-failure-count';
const IGNORED = 'batch.kubernetes.io/job-index-ignored-failure-count';

/** Whether each index fails on its own, with a limit of its own. */
export const hasIndexLimit = ({ spec }: Job): boolean => spec?.backoffLimitPerIndex !== undefined;

const numberIn = ({ metadata }: Pod, annotation: string): number => {
  const text = metadata.annotations?.[annotation] ?? '0';
  return /^\d{1,9}$/.test(text) ? Number(text) : 0;
};
/** How often its index had failed when a pod was made. */
const failuresBefore = (pod: Pod): number => numberIn(pod, FAILURES) + numberIn(pod, IGNORED);

/** Whether a pod is over without success, or about to be. */
const hasFailed = (job: Job, pod: Pod): boolean =>
  pod.status?.phase === 'Failed' || (isTerminating(pod) && !replacesOnlyFailed(job));

/** The indexes that are given up: those before, and those of pods that failed once too often or finally. */
export function failedIndexesOf(job: Job, pods: readonly Pod[]): Set<number> {
  const limit = job.spec?.backoffLimitPerIndex ?? 0;
  const failed = parseIndexes(job.status?.failedIndexes);
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined || index >= (job.spec?.completions ?? 0) || !hasFailed(job, pod)) continue;
    const { action } = judgeFailure(job, pod);
    if (action === 'FailIndex' || (action !== 'Ignore' && numberIn(pod, FAILURES) >= limit)) failed.add(index);
  }
  return failed;
}

/** By index: the pod that failed last, of those that nobody has replaced yet. */
export function lastFailures(job: Job, pods: readonly Pod[]): ReadonlyMap<number, Pod> {
  const last = new Map<number, Pod>();
  for (const pod of pods) {
    const index = indexOf(pod);
    if (index === undefined) continue;
    const known = last.get(index);
    if (known === undefined || failuresBefore(pod) > failuresBefore(known)) last.set(index, pod);
  }
  for (const [index, pod] of last) if (!hasFailed(job, pod)) last.delete(index);
  return last;
}

/**
 * Pods that stay uncounted for now, by their uids: how often their index failed stands on them alone until the next pod
 * of that index bears it.
 */
export function keptForCount(job: Job, pods: readonly Pod[], settled: ReadonlySet<number>): ReadonlySet<string> {
  const last = [...lastFailures(job, pods)].filter(([index, pod]) => !settled.has(index) && isTracked(pod));
  return new Set(last.map(([, { metadata }]) => metadata.uid));
}

/** What the next pod of an index bears, after this one failed. */
export function failureAnnotations(job: Job, last: Pod | undefined): Readonly<Record<string, string>> {
  if (last === undefined) return { [FAILURES]: '0' };
  const isIgnored = judgeFailure(job, last).action === 'Ignore';
  const ignored = numberIn(last, IGNORED) + (isIgnored ? 1 : 0);
  return {
    [FAILURES]: String(numberIn(last, FAILURES) + (isIgnored ? 0 : 1)),
    ...(ignored === 0 ? {} : { [IGNORED]: String(ignored) }),
  };
}

/** How long an index waits for its next pod. */
export const indexWaitMs = (last: Pod | undefined, nowMs: number): number =>
  last === undefined ? 0 : Math.max(0, endedAtMs(last) + exponentialBackoffMs(failuresBefore(last) + 1) - nowMs);

export type IndexOutcome = { readonly reason: string; readonly message: string } | undefined;

/** Whether the indexes that are given up end the job. */
export function judgeIndexes({ spec, status }: Job): IndexOutcome {
  const failed = parseIndexes(status?.failedIndexes).size;
  if (failed > (spec?.maxFailedIndexes ?? Infinity)) {
    return {
      reason: 'MaxFailedIndexesExceeded',
      message: 'Job has exceeded the specified maximal number of failed indexes',
    };
  }
  const isOver = failed > 0 && failed + parseIndexes(status?.completedIndexes).size >= (spec?.completions ?? 0);
  return isOver ? { reason: 'FailedIndexes', message: 'Job has failed indexes' } : undefined;
}
