import type { Job, Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { ignoreNotFound } from '../../../shared/status-error';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { controllerOf } from '../workloads/ownership';
import { judgeFailure } from './failure-policy';
import { failedIndexesOf, hasIndexLimit, keptForCount } from './index-failures';
import { formatIndexes, parseIndexes } from './indexes';
import { hasValidIndex, indexOf, isEnded, isIndexed, isTracked, replacesOnlyFailed, TRACKING } from './job-pods';
import type { JobStatus } from './job-status';
import { changeStatus, unlessZero, withAim } from './job-status';
import type { Outcome } from './outcome';
import { aimOf } from './outcome';

/** Uids that stand in a status at a time. */
const MAX_UNCOUNTED = 500;

interface Uncounted {
  /** The pods to be counted now. */
  readonly ended: readonly Pod[];
  /** The indexes that are given up; undefined where none has a limit of its own. */
  readonly failedIndexes: Set<number> | undefined;
}

/**
 * Counts every pod of a Job exactly once, however it goes: a pod bears a finalizer until its uid stands in
 * `status.uncountedTerminatedPods`, from where it moves into the counts once the finalizer is gone. Of a Job with indexes the
 * indexes that succeeded stand in the status, which counts them once by itself.
 */
export class PodTally {
  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
  ) {}

  podsOf({ metadata: { namespace, uid } }: Job): readonly Pod[] {
    return this.client
      .view('Pod')
      .list({ namespace, ownedBy: uid })
      .filter((pod) => controllerOf(pod)?.uid === uid);
  }

  /** Whether there are pods that wait to be counted. */
  hasUncounted = (job: Job): boolean => this.uncounted(job).ended.length > 0;

  /** Moves ended pods into the counts, all pods where the job has come to its end. Undefined: the job is gone. */
  async count(job: Job): Promise<Job | undefined> {
    const { ended, failedIndexes } = this.uncounted(job);
    const failed = ended.filter((pod) => this.countsAsFailed(job, pod));
    const succeeded = ended.filter(({ status }) => status?.phase === 'Succeeded');
    const outcome = aimOf(job) === undefined ? failureByPolicy(job, failed) : undefined;
    const now = toTimestamp(this.clock.now());
    const noted = await changeStatus(this.client, job, ({ startTime, ...status }) => ({
      ...status,
      ...(job.spec?.suspend === true && startTime === undefined ? {} : { startTime: startTime ?? now }),
      ...(outcome === undefined ? {} : { conditions: withAim(status.conditions, outcome, now) }),
      ...(failedIndexes === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
      ...noteEnded(job, status, { succeeded, failed }),
    }));
    if (noted === undefined) return undefined;
    await Promise.all(ended.map((pod) => this.untrack(pod)));
    const held = new Set(
      this.podsOf(job)
        .filter(isTracked)
        .map(({ metadata }) => metadata.uid),
    );
    return changeStatus(this.client, noted, (status) => countFreed(status, held));
  }

  async untrack(pod: Pod): Promise<void> {
    await this.client
      .modify(
        'Pod',
        keyOf(pod),
        (current) => {
          if (!isTracked(current)) return undefined;
          const finalizers = (current.metadata.finalizers ?? []).filter((name) => name !== TRACKING);
          return { ...current, metadata: { ...current.metadata, finalizers } };
        },
        { uid: pod.metadata.uid },
      )
      .catch(ignoreNotFound);
  }

  private uncounted(job: Job): Uncounted {
    const pods = this.podsOf(job);
    const isOpen = aimOf(job) === undefined;
    // What is ended with the job has not failed by itself.
    const failedIndexes = hasIndexLimit(job) && isOpen ? failedIndexesOf(job, pods) : undefined;
    const kept = failedIndexes === undefined ? new Set<string>() : keptFor(job, pods, failedIndexes);
    const { succeeded = [], failed = [] } = job.status?.uncountedTerminatedPods ?? {};
    const ended = pods.filter(
      (pod) => isTracked(pod) && !kept.has(pod.metadata.uid) && (!isOpen || isEnded(pod) || isLost(job, pod)),
    );
    return { ended: ended.slice(0, MAX_UNCOUNTED - succeeded.length - failed.length), failedIndexes };
  }

  /** With a job that failed all fail that have not succeeded. */
  private countsAsFailed(job: Job, pod: Pod): boolean {
    if (pod.status?.phase === 'Succeeded' || (isIndexed(job) && !hasValidIndex(job, pod))) return false;
    const isFailure = pod.status?.phase === 'Failed' || isLost(job, pod) || aimOf(job)?.isSuccess === false;
    return isFailure && judgeFailure(job, pod).action !== 'Ignore';
  }
}

function failureByPolicy(job: Job, failed: readonly Pod[]): Outcome | undefined {
  for (const pod of failed) {
    const verdict = judgeFailure(job, pod);
    if (verdict.action === 'FailJob') return { isSuccess: false, reason: 'PodFailurePolicy', message: verdict.message };
  }
  return undefined;
}

/** The pods that bear what the next pod of their index has to know: not before a job comes to its end are they counted. */
function keptFor(job: Job, pods: readonly Pod[], failedIndexes: ReadonlySet<number>): ReadonlySet<string> {
  const done = pods.flatMap((pod) => (pod.status?.phase === 'Succeeded' ? (indexOf(pod) ?? []) : []));
  return keptForCount(job, pods, new Set([...failedIndexes, ...parseIndexes(job.status?.completedIndexes), ...done]));
}

/** A pod that is being deleted counts as failed, at once unless only failed pods are to be replaced. */
function isLost(job: Job, { metadata, spec: { nodeName } }: Pod): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  return !replacesOnlyFailed(job) || (nodeName ?? '') === '' || metadata.deletionGracePeriodSeconds === 0;
}

type Ended = { readonly succeeded: readonly Pod[]; readonly failed: readonly Pod[] };

/** Puts the uids of pods into the status; of a Job with indexes those that succeeded, of the indexes that there are. */
function noteEnded(job: Job, status: JobStatus, { succeeded, failed }: Ended): JobStatus {
  const uids = (of: readonly Pod[]): string[] => of.map(({ metadata }) => metadata.uid);
  const waiting = status.uncountedTerminatedPods ?? {};
  const bad = [...(waiting.failed ?? []), ...uids(failed)];
  if (!isIndexed(job)) {
    return { uncountedTerminatedPods: uncountedOf([...(waiting.succeeded ?? []), ...uids(succeeded)], bad) };
  }
  const { completions = 0 } = job.spec ?? {};
  const all = [...parseIndexes(status.completedIndexes), ...succeeded.flatMap((pod) => indexOf(pod) ?? [])];
  const indexes = new Set(all.filter((index) => index < completions));
  return {
    ...(indexes.size === 0 && status.completedIndexes === undefined
      ? {}
      : { completedIndexes: formatIndexes(indexes) }),
    ...(indexes.size === 0 && status.succeeded === undefined ? {} : { succeeded: indexes.size }),
    uncountedTerminatedPods: uncountedOf([], bad),
  };
}

/** Moves the uids of pods that nothing holds any more into the counts. */
function countFreed({ uncountedTerminatedPods, ...status }: JobStatus, held: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = uncountedTerminatedPods ?? {};
  const isHeld = (uid: string): boolean => held.has(uid);
  const free = (uids: readonly string[]): number => uids.filter((uid) => !isHeld(uid)).length;
  return {
    ...status,
    ...unlessZero('succeeded', (status.succeeded ?? 0) + free(succeeded)),
    ...unlessZero('failed', (status.failed ?? 0) + free(failed)),
    uncountedTerminatedPods: uncountedOf(succeeded.filter(isHeld), failed.filter(isHeld)),
  };
}

const uncountedOf = (
  succeeded: readonly string[],
  failed: readonly string[],
): NonNullable<JobStatus['uncountedTerminatedPods']> => ({
  ...(succeeded.length === 0 ? {} : { succeeded: [...new Set(succeeded)] }),
  ...(failed.length === 0 ? {} : { failed: [...new Set(failed)] }),
});
