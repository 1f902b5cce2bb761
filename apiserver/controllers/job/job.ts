import type { JobCondition } from 'kubernetes-types/batch/v1';
import type { Job, Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { inDeletionOrder } from '../workloads/deletion-order';
import { claim, controllerOf } from '../workloads/ownership';
import { PodControl } from '../workloads/pod-control';
import { isActive, isReady } from '../workloads/pod-state';
import { judgeFailure } from './failure-policy';
import {
  failedIndexesOf,
  failureAnnotations,
  hasIndexLimit,
  indexWaitMs,
  keptForCount,
  lastFailures,
} from './index-failures';
import { formatIndexes, parseIndexes } from './indexes';
import { backoffMs, indexOf, isEnded, isIndexed, isTracked, jobPod, TRACKING } from './job-pods';
import type { Outcome } from './outcome';
import { aimOf, finishOf, jobConditionOf, judge } from './outcome';

type Status = NonNullable<Job['status']>;
const SOURCE = { component: 'job-controller' };
/** Who a Job's `managedBy` names where it means this controller. */
const MANAGER = 'kubernetes.io/job-controller';
/** Pods made in one go. */
const BURST = 500;

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/**
 * Runs pods until enough of them succeeded. Every pod is counted exactly once, however it goes: it bears a finalizer until
 * its uid stands in `status.uncountedTerminatedPods`, from where it moves into the counts once the finalizer is gone.
 */
export class JobController implements Controller {
  readonly name = 'job';
  readonly watches;
  private readonly pods: PodControl;

  constructor(private readonly deps: Deps) {
    this.pods = new PodControl(deps.client, deps.events, SOURCE.component);
    this.watches = [
      watching('Job', ({ object }) => [keyOf(object)]),
      watching('Pod', ({ object }) => {
        const owner = controllerOf(object);
        return owner?.kind === 'Job' ? [{ namespace: object.metadata.namespace, name: owner.name }] : [];
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const job = this.deps.client.view('Job').get(key);
    if (job === undefined) return this.letGo(key);
    if ((job.spec?.managedBy ?? MANAGER) !== MANAGER) return done;
    if (job.metadata.deletionTimestamp !== undefined) return this.letGo(key, job.metadata.uid);
    await claim(this.deps.client, 'Pod', job, job.spec?.selector);
    const counted = await this.count(job);
    if (counted === undefined || finishOf(counted) !== undefined) return done;
    return this.proceed(counted);
  }

  /** Pods of a Job that is gone, or goes, are counted by nobody. */
  private async letGo({ namespace = '', name }: ObjectKey, uid?: string): Promise<Result> {
    const left = this.deps.client.view('Pod').list({
      namespace,
      where: (pod) => {
        const owner = controllerOf(pod);
        return (
          owner?.kind === 'Job' && owner.name === name && (uid === undefined || owner.uid === uid) && isTracked(pod)
        );
      },
    });
    await Promise.all(left.map((pod) => this.untrack(pod)));
    return done;
  }

  /** Moves ended pods into the counts. Undefined: the job is gone. */
  private async count(job: Job): Promise<Job | undefined> {
    const { ended, failedIndexes } = this.uncounted(job);
    const succeeded = ended.filter(({ status }) => status?.phase === 'Succeeded');
    const failed = ended.filter((pod) => !succeeded.includes(pod) && judgeFailure(job, pod).action !== 'Ignore');
    const uids = (of: readonly Pod[]): string[] => of.map(({ metadata }) => metadata.uid);
    const failure = failed.map((pod) => judgeFailure(job, pod)).find(({ action }) => action === 'FailJob');
    const outcome: Outcome | undefined =
      failure?.action === 'FailJob'
        ? { isSuccess: false, reason: 'PodFailurePolicy', message: failure.message }
        : undefined;
    const noted = await this.change(job, (status) => {
      const uncounted = status.uncountedTerminatedPods ?? {};
      const indexes = parseIndexes(status.completedIndexes);
      const news = succeeded.filter((pod) => {
        const index = indexOf(pod);
        if (!isIndexed(job)) return true;
        if (index === undefined || indexes.has(index) || index >= (job.spec?.completions ?? 0)) return false;
        indexes.add(index);
        return true;
      });
      return {
        ...status,
        ...(outcome === undefined ? {} : { conditions: this.aiming(status, outcome) }),
        ...(indexes.size === 0 ? {} : { completedIndexes: formatIndexes(indexes) }),
        ...(failedIndexes === undefined ? {} : { failedIndexes: formatIndexes(failedIndexes) }),
        uncountedTerminatedPods: uncountedOf(
          [...(uncounted.succeeded ?? []), ...uids(news)],
          [...(uncounted.failed ?? []), ...uids(failed)],
        ),
      };
    });
    if (noted === undefined) return undefined;
    await Promise.all(ended.map((pod) => this.untrack(pod)));
    const held = new Set(
      this.podsOf(job)
        .filter(isTracked)
        .map(({ metadata }) => metadata.uid),
    );
    return this.change(noted, (status) => {
      const { succeeded: good = [], failed: bad = [] } = status.uncountedTerminatedPods ?? {};
      const isFree = (uid: string): boolean => !held.has(uid);
      const [succeededCount, failedCount] = [good.filter(isFree).length, bad.filter(isFree).length];
      const { uncountedTerminatedPods: _, ...rest } = status;
      return {
        ...rest,
        ...((status.succeeded ?? 0) + succeededCount === 0
          ? {}
          : { succeeded: (status.succeeded ?? 0) + succeededCount }),
        ...((status.failed ?? 0) + failedCount === 0 ? {} : { failed: (status.failed ?? 0) + failedCount }),
        uncountedTerminatedPods: uncountedOf(
          good.filter((uid) => held.has(uid)),
          bad.filter((uid) => held.has(uid)),
        ),
      };
    });
  }

  /** The pods to be counted now, and the indexes that are given up where each index has its own limit. */
  private uncounted(job: Job): { readonly ended: readonly Pod[]; readonly failedIndexes: Set<number> | undefined } {
    const isFinished = finishOf(job) !== undefined;
    const pods = this.podsOf(job);
    // What is ended with the job has not failed by itself.
    const isOpen = !isFinished && aimOf(job) === undefined;
    const failedIndexes = hasIndexLimit(job) && isOpen ? failedIndexesOf(job, pods) : undefined;
    const kept = this.keptFor(job, pods, failedIndexes);
    const isOver = (pod: Pod): boolean => isEnded(pod) || isFinished || this.isLost(job, pod);
    return {
      ended: pods.filter((pod) => isTracked(pod) && !kept.has(pod.metadata.uid) && isOver(pod)),
      failedIndexes,
    };
  }

  /** The pods that bear what the next pod of their index has to know: not before a job comes to its end are they counted. */
  private keptFor(job: Job, pods: readonly Pod[], failedIndexes: ReadonlySet<number> | undefined): ReadonlySet<string> {
    if (failedIndexes === undefined) return new Set();
    const done = pods.flatMap((pod) => (pod.status?.phase === 'Succeeded' ? (indexOf(pod) ?? []) : []));
    return keptForCount(job, pods, new Set([...failedIndexes, ...parseIndexes(job.status?.completedIndexes), ...done]));
  }

  /** A pod that is being deleted counts as failed, at once unless only failed pods are to be replaced. */
  private isLost({ spec }: Job, { metadata, spec: { nodeName } }: Pod): boolean {
    if (metadata.deletionTimestamp === undefined) return false;
    return (
      spec?.podReplacementPolicy !== 'Failed' || (nodeName ?? '') === '' || metadata.deletionGracePeriodSeconds === 0
    );
  }

  private async proceed(job: Job): Promise<Result> {
    // What ended while others were counted looks as if it were still to be done: its change asks for another look.
    if (this.uncounted(job).ended.length > 0) return done;
    const nowMs = this.deps.clock.now();
    const active = this.podsOf(job).filter(isActive);
    const outcome = aimOf(job) ?? judge(job, active, nowMs);
    if (outcome !== undefined) return this.finish(job, active, outcome);
    if (job.spec?.suspend === true) {
      await Promise.all(active.map((pod) => this.drop(job, pod)));
      return this.report(job, { isSuspended: true });
    }
    const waitMs = await this.adjust(job, active, nowMs);
    const deadline = job.spec?.activeDeadlineSeconds;
    await this.report(job, { isSuspended: false });
    const startMs = Date.parse(this.deps.client.view('Job').get(keyOf(job))?.status?.startTime ?? toTimestamp(nowMs));
    const waits = [
      ...(waitMs > 0 ? [waitMs] : []),
      ...(deadline === undefined ? [] : [Math.max(0, startMs + deadline * 1_000 - nowMs)]),
    ];
    return waits.length === 0 ? done : { requeueAfterMs: Math.min(...waits) };
  }

  /** Makes what is missing, ends what is too much. Returns how long it holds back after failures. */
  private async adjust(job: Job, active: readonly Pod[], nowMs: number): Promise<number> {
    const { parallelism = 1, completions } = job.spec ?? {};
    const { succeeded = 0 } = job.status ?? {};
    const givenUp = hasIndexLimit(job) ? parseIndexes(job.status?.failedIndexes).size : 0;
    const open =
      completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded - givenUp;
    const wanted = Math.max(0, Math.min(parallelism, open));
    if (active.length > wanted) {
      const surplus = inDeletionOrder(active).slice(0, active.length - wanted);
      await Promise.all(surplus.map((pod) => this.drop(job, pod)));
      return 0;
    }
    const terminating = this.podsOf(job).filter(
      (pod) => pod.metadata.deletionTimestamp !== undefined && !isEnded(pod),
    ).length;
    const held = job.spec?.podReplacementPolicy === 'Failed' ? terminating : 0;
    const missing = Math.min(wanted - active.length - held, BURST);
    if (missing <= 0) return 0;
    if (hasIndexLimit(job)) return this.makeIndexes(job, active, missing, nowMs);
    const waitMs = backoffMs(this.podsOf(job), nowMs);
    if (waitMs > 0) return waitMs;
    const free = isIndexed(job) ? this.freeIndexes(job, active, missing) : undefined;
    await this.pods.createMany(job, free?.length ?? missing, (at) => jobPod(job, free?.[at]));
    return 0;
  }

  /** Where each index fails on its own, each waits on its own. Returns how long the first of those has to that were left. */
  private async makeIndexes(job: Job, active: readonly Pod[], count: number, nowMs: number): Promise<number> {
    const failures = lastFailures(job, this.podsOf(job));
    const waits = this.freeIndexes(job, active, Infinity).map((index) => ({
      index,
      waitMs: indexWaitMs(failures.get(index), nowMs),
    }));
    const due = waits.filter(({ waitMs }) => waitMs === 0).slice(0, count);
    await this.pods.createMany(job, due.length, (at) => {
      const { index = 0 } = due[at] ?? {};
      return jobPod(job, index, failureAnnotations(job, failures.get(index)));
    });
    const later = waits.filter(({ waitMs }) => waitMs > 0).map(({ waitMs }) => waitMs);
    return due.length < count && later.length > 0 ? Math.min(...later) : 0;
  }

  private freeIndexes(job: Job, active: readonly Pod[], count: number): readonly number[] {
    const taken = new Set([...parseIndexes(job.status?.completedIndexes), ...parseIndexes(job.status?.failedIndexes)]);
    for (const pod of active) taken.add(indexOf(pod) ?? -1);
    const free: number[] = [];
    for (let index = 0; index < (job.spec?.completions ?? 0) && free.length < count; index++) {
      if (!taken.has(index)) free.push(index);
    }
    return free;
  }

  /** Ends what still runs; the job is over when nothing does any more. */
  private async finish(job: Job, active: readonly Pod[], outcome: Outcome): Promise<Result> {
    const aimed = await this.change(job, (status) => ({ ...status, conditions: this.aiming(status, outcome) }));
    if (aimed === undefined) return done;
    await this.pods.deleteMany(job, active);
    const counted = await this.count(aimed);
    if (counted === undefined || this.podsOf(job).some((pod) => isTracked(pod))) return done;
    const now = toTimestamp(this.deps.clock.now());
    await this.change(counted, (status) => {
      const { active: _active, ready: _ready, terminating: _terminating, ...rest } = status;
      return {
        ...rest,
        ready: 0,
        terminating: 0,
        ...(outcome.isSuccess ? { completionTime: now } : {}),
        conditions: [
          ...(status.conditions ?? []),
          conditionAt(outcome.isSuccess ? 'Complete' : 'Failed', outcome, now),
        ],
      };
    });
    this.tell(
      job,
      outcome.isSuccess
        ? { type: 'Normal', reason: 'Completed', message: 'Job completed' }
        : { type: 'Warning', reason: outcome.reason, message: outcome.message },
    );
    return done;
  }

  private aiming(status: Partial<Status>, outcome: Outcome): JobCondition[] {
    const type = outcome.isSuccess ? 'SuccessCriteriaMet' : 'FailureTarget';
    const conditions = status.conditions ?? [];
    return conditions.some((each) => each.type === type)
      ? conditions
      : [...conditions, conditionAt(type, outcome, toTimestamp(this.deps.clock.now()))];
  }

  private async report(job: Job, { isSuspended }: { readonly isSuspended: boolean }): Promise<Result> {
    const now = toTimestamp(this.deps.clock.now());
    const pods = this.podsOf(job);
    const active = pods.filter(isActive);
    const wasSuspended = jobConditionOf(job, 'Suspended') !== undefined;
    await this.change(job, ({ active: _, startTime, ...status }) => ({
      ...status,
      ...(isSuspended ? {} : { startTime: startTime ?? now }),
      ...(active.length === 0 ? {} : { active: active.length }),
      ready: active.filter(isReady).length,
      terminating: pods.filter((pod) => pod.metadata.deletionTimestamp !== undefined && !isEnded(pod)).length,
      ...(wasSuspended === isSuspended
        ? {}
        : {
            conditions: [
              ...(status.conditions ?? []).filter(({ type }) => type !== 'Suspended'),
              isSuspended
                ? conditionAt('Suspended', { reason: 'JobSuspended', message: 'Job suspended' }, now)
                : {
                    ...conditionAt('Suspended', { reason: 'JobResumed', message: 'Job resumed' }, now),
                    status: 'False',
                  },
            ],
          }),
    }));
    if (wasSuspended !== isSuspended) {
      this.tell(job, {
        type: 'Normal',
        reason: isSuspended ? 'Suspended' : 'Resumed',
        message: isSuspended ? 'Job suspended' : 'Job resumed',
      });
    }
    return done;
  }

  /** Ends a pod without counting it as a failure. */
  private async drop(job: Job, pod: Pod): Promise<void> {
    await this.untrack(pod);
    await this.pods.delete(job, pod);
  }

  private async untrack(pod: Pod): Promise<void> {
    await this.deps.client
      .modify(
        'Pod',
        keyOf(pod),
        (current) =>
          isTracked(current)
            ? {
                ...current,
                metadata: {
                  ...current.metadata,
                  finalizers: (current.metadata.finalizers ?? []).filter((name) => name !== TRACKING),
                },
              }
            : undefined,
        { uid: pod.metadata.uid },
      )
      .catch(ignoreNotFound);
  }

  private podsOf({ metadata: { namespace, uid } }: Job): readonly Pod[] {
    return this.deps.client
      .view('Pod')
      .list({ namespace, ownedBy: uid })
      .filter((pod) => controllerOf(pod)?.uid === uid);
  }

  private async change(job: Job, to: (status: Partial<Status>) => Partial<Status>): Promise<Job | undefined> {
    const changed = await this.deps.client
      .modify(
        'Job',
        keyOf(job),
        (current) => {
          const before = current.status ?? {};
          const status = to(before);
          return isSameJson(status, before) ? undefined : { ...current, status };
        },
        { subresource: 'status', uid: job.metadata.uid },
      )
      .catch(ignoreNotFound);
    return changed ?? undefined;
  }

  private tell(job: Job, text: { type: 'Normal' | 'Warning'; reason: string; message: string }): void {
    this.deps.events.record(job, text, SOURCE);
  }
}

const conditionAt = (
  type: string,
  { reason, message }: Pick<Outcome, 'reason' | 'message'>,
  now: string,
): JobCondition => ({ type, status: 'True', reason, message, lastProbeTime: now, lastTransitionTime: now });

const uncountedOf = (
  succeeded: readonly string[],
  failed: readonly string[],
): NonNullable<Status['uncountedTerminatedPods']> => ({
  ...(succeeded.length === 0 ? {} : { succeeded: [...new Set(succeeded)] }),
  ...(failed.length === 0 ? {} : { failed: [...new Set(failed)] }),
});
