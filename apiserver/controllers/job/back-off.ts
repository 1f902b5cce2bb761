import type { ContainerStatus, Job, Pod } from '../../../shared/api/objects';
import { isTerminating, isTracked, replacesOnlyFailed } from './job-pods';

const FIRST_MS = 10_000;
const LONGEST_MS = 600_000;
/** So many failures in a row make the longest wait: no more need be remembered. */
const MOST = Math.ceil(Math.log2(LONGEST_MS / FIRST_MS)) + 1;

/** How long to wait after so many failures in a row. */
export const exponentialBackoffMs = (failures: number): number => Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS);

/**
 * How long the next pods of a Job wait: twice as long with every failure since the last success, from the last failure
 * on. Failures are remembered although their pods are gone, until the Job is forgotten or this server starts anew, which
 * then knows those of the pods that are left.
 */
export class BackOff {
  /** By the uid of a Job, then of a pod: when it failed. */
  private readonly failures = new Map<string, ReadonlyMap<string, number>>();

  /** Takes note of the pods of a Job. To be called before a pod is counted: afterwards it is not told from one that the Job ended. */
  observe(job: Job, pods: readonly Pod[]): void {
    const known = this.failures.get(job.metadata.uid) ?? new Map<string, number>();
    const ends = new Map(known);
    for (const pod of pods) {
      if (hasFailed(job, pod) && !ends.has(pod.metadata.uid)) ends.set(pod.metadata.uid, endedAtMs(pod));
    }
    const successes = pods.filter(({ status }) => status?.phase === 'Succeeded').map(endedAtMs);
    const lastSuccessMs = Math.max(0, ...successes);
    const inRow = [...ends].filter(([, endMs]) => endMs >= lastSuccessMs).sort(([, one], [, other]) => one - other);
    this.failures.set(job.metadata.uid, new Map(inRow.slice(-MOST)));
  }

  waitMs({ metadata: { uid } }: Job, nowMs: number): number {
    const ends = [...(this.failures.get(uid)?.values() ?? [])];
    if (ends.length === 0) return 0;
    return Math.max(0, Math.max(...ends) + exponentialBackoffMs(ends.length) - nowMs);
  }

  /** The Job is over or gone. */
  forget(uid: string): void {
    this.failures.delete(uid);
  }
}

/** Also one that somebody deletes, which may never come to say that it failed; not one that the Job itself has ended. */
const hasFailed = (job: Job, pod: Pod): boolean =>
  pod.status?.phase === 'Failed' || (isTerminating(pod) && isTracked(pod) && !replacesOnlyFailed(job));

/** When a pod ended, as near as its status tells: of one that is being deleted and still runs, when that was asked for. */
export function endedAtMs({ metadata, spec, status }: Pod): number {
  const sidecars = (spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const ends = [
    ...(status?.containerStatuses ?? []),
    ...(status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.some((sidecar) => sidecar.name === name)),
  ].map(finishedMs);
  if (ends.length > 0 && !ends.includes(undefined)) return Math.max(...ends.map((end) => end ?? 0));
  const ready = (status?.conditions ?? []).find(({ type, status: is }) => type === 'Ready' && is === 'False');
  if (ready?.lastTransitionTime !== undefined) return Date.parse(ready.lastTransitionTime);
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = metadata;
  return deletionTimestamp === undefined
    ? Date.parse(creationTimestamp)
    : Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1_000;
}

const finishedMs = ({ state }: ContainerStatus): number | undefined =>
  state?.terminated?.finishedAt === undefined ? undefined : Date.parse(state.terminated.finishedAt);
