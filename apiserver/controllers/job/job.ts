import type { Job, Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import type { EventRecorder, EventText } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { LookPace } from '../workloads/look-pace';
import { claim, controllerOf } from '../workloads/ownership';
import { PodControl } from '../workloads/pod-control';
import { isActive, isReady } from '../workloads/pod-state';
import { BackOff } from './back-off';
import { isTerminating, isTracked, jobPod, TRACKING } from './job-pods';
import type { JobStatus } from './job-status';
import { changeStatus, conditionAt, unlessZero, withAim, withCondition } from './job-status';
import type { Outcome } from './outcome';
import { aimOf, COMPLETE, finishOf, isComplete, isOnHold, judge } from './outcome';
import { planPods } from './pod-plan';
import { PodTally } from './pod-tally';

const SOURCE = { component: 'job-controller' };
/** Each pod puts the next look at its job off by this much, some ten times what it costs to look at it. */
const PER_POD_MS = 0.05;
/** Who a Job's `managedBy` names where it means this controller. */
const MANAGER = 'kubernetes.io/job-controller';

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Runs pods until enough of them succeeded. */
export class JobController implements Controller {
  readonly name = 'job';
  readonly watches;
  private readonly pods: PodControl;
  private readonly tally: PodTally;
  private readonly pace: LookPace;
  private readonly backOff = new BackOff();

  constructor(private readonly deps: Deps) {
    this.pace = new LookPace(deps.clock, PER_POD_MS);
    this.pods = new PodControl(deps.client, deps.events, SOURCE.component);
    this.tally = new PodTally(deps.client, deps.clock);
    this.watches = [
      watching('Job', ({ type, object }) => {
        if (type === 'DELETED') this.backOff.forget(object.metadata.uid);
        return [keyOf(object)];
      }),
      watching('Pod', ({ object, previous }) =>
        [object, ...(previous === undefined ? [] : [previous])].flatMap((pod) => {
          const owner = controllerOf(pod);
          return owner?.kind === 'Job' ? [{ namespace: pod.metadata.namespace, name: owner.name }] : [];
        }),
      ),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const job = this.deps.client.view('Job').get(key);
    const id = keyString(key);
    if (job === undefined) {
      this.pace.forget(id);
      return this.letGo(key);
    }
    if ((job.spec?.managedBy ?? MANAGER) !== MANAGER) return done;
    if (job.metadata.deletionTimestamp !== undefined || finishOf(job) !== undefined) {
      this.backOff.forget(job.metadata.uid);
      return this.letGo(key, job.metadata.uid);
    }
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    this.pace.looked(id, this.tally.podsOf(job).length);
    await claim(this.deps.client, 'Pod', job, job.spec?.selector, { finalizer: TRACKING });
    this.backOff.observe(job, this.tally.podsOf(job));
    const counted = await this.tally.count(job);
    return counted === undefined ? done : this.proceed(counted);
  }

  /** Pods of a Job that is gone, goes, or is over, are counted by nobody. */
  private async letGo({ namespace = '', name }: ObjectKey, uid?: string): Promise<Result> {
    const left = this.deps.client.view('Pod').list({
      namespace,
      ...(uid === undefined ? {} : { ownedBy: uid }),
      where: (pod) => {
        const owner = controllerOf(pod);
        return isTracked(pod) && owner?.kind === 'Job' && owner.name === name && (uid ?? owner.uid) === owner.uid;
      },
    });
    await Promise.all(left.map((pod) => this.tally.untrack(pod)));
    return done;
  }

  private async proceed(job: Job): Promise<Result> {
    // What ended while others were counted looks as if it were still to be done: its change asks for another look.
    if (this.tally.hasUncounted(job)) return done;
    const nowMs = this.deps.clock.now();
    const outcome = aimOf(job) ?? judge(job, this.activeOf(job), nowMs);
    if (outcome !== undefined) return this.finish(job, outcome);
    const waitMs = await this.adjust(job, nowMs);
    if (isComplete(job, this.activeOf(job))) return this.finish(job, COMPLETE);
    const reported = await this.report(job);
    const { activeDeadlineSeconds: deadline, suspend } = job.spec ?? {};
    const startMs = Date.parse(reported?.status?.startTime ?? toTimestamp(nowMs));
    const waits = [
      ...(waitMs > 0 ? [waitMs] : []),
      ...(deadline === undefined || suspend === true ? [] : [Math.max(0, startMs + deadline * 1_000 - nowMs)]),
    ];
    return waits.length === 0 ? done : { requeueAfterMs: Math.min(...waits) };
  }

  /** Makes what is missing, ends what is too much. Returns how long it holds back after failures. */
  private async adjust(job: Job, nowMs: number): Promise<number> {
    const backOffMs = this.backOff.waitMs(job, nowMs);
    const { surplus, missing, waitMs } = planPods(job, this.tally.podsOf(job), { nowMs, backOffMs });
    await Promise.all(surplus.map((pod) => this.drop(job, pod)));
    await this.pods.createMany(job, missing.length, (at) => jobPod(job, missing[at]));
    return waitMs;
  }

  /** Ends what still runs; the job is over when nothing does any more. */
  private async finish(job: Job, outcome: Outcome): Promise<Result> {
    const { client, clock } = this.deps;
    const now = toTimestamp(clock.now());
    const aimed = await changeStatus(client, job, (status) => ({
      ...status,
      conditions: withAim(status.conditions, outcome, now),
    }));
    // Counted before they are deleted: what a job ends that succeeded has not failed.
    const counted = aimed === undefined ? undefined : await this.tally.count(aimed);
    if (counted === undefined) return done;
    await this.pods.deleteMany(job, this.activeOf(job));
    const isOver = !this.tally.podsOf(job).some((pod) => isTracked(pod) || isTerminating(pod));
    const condition = conditionAt(outcome.isSuccess ? 'Complete' : 'Failed', outcome, now);
    const finished = await changeStatus(client, counted, (status) => ({
      ...this.withFigures(job, status),
      ...(isOver && outcome.isSuccess ? { completionTime: now } : {}),
      ...(isOver ? { conditions: withCondition(status.conditions, condition) } : {}),
    }));
    if (isOver && finished !== undefined) this.tellEnd(finished, outcome);
    return done;
  }

  private tellEnd(job: Job, outcome: Outcome): void {
    if (!outcome.isSuccess) {
      this.tell(job, { type: 'Warning', reason: outcome.reason, message: outcome.message });
      return;
    }
    if ((job.status?.succeeded ?? 0) > (job.spec?.completions ?? Infinity)) {
      const message = 'Too many succeeded pods running after completion count reached';
      this.tell(job, { type: 'Warning', reason: 'TooManySucceededPods', message });
    }
    this.tell(job, { type: 'Normal', reason: 'Completed', message: 'Job completed' });
  }

  /** Says how far the job is, and whether it is suspended. Undefined: it is gone. */
  private async report(job: Job): Promise<Job | undefined> {
    const now = toTimestamp(this.deps.clock.now());
    const isSuspended = job.spec?.suspend === true;
    const text = isSuspended
      ? { reason: 'JobSuspended', message: 'Job suspended' }
      : { reason: 'JobResumed', message: 'Job resumed' };
    const condition = { ...conditionAt('Suspended', text, now), status: isSuspended ? 'True' : 'False' };
    const isNews = isOnHold(job) !== isSuspended;
    const reported = await changeStatus(this.deps.client, job, (status) => ({
      ...this.withFigures(job, status),
      // A job that goes on has its whole time again.
      ...(isNews && !isSuspended ? { startTime: now } : {}),
      ...(isNews ? { conditions: withCondition(status.conditions, condition) } : {}),
    }));
    if (isNews)
      this.tell(job, { type: 'Normal', reason: isSuspended ? 'Suspended' : 'Resumed', message: text.message });
    return reported;
  }

  private withFigures(job: Job, { active: _, ...status }: JobStatus): JobStatus {
    const active = this.activeOf(job);
    return {
      ...status,
      ...unlessZero('active', active.length),
      ready: active.filter(isReady).length,
      terminating: this.tally.podsOf(job).filter(isTerminating).length,
    };
  }

  private readonly activeOf = (job: Job): readonly Pod[] => this.tally.podsOf(job).filter(isActive);

  /** Ends a pod without counting it as a failure. */
  private async drop(job: Job, pod: Pod): Promise<void> {
    await this.tally.untrack(pod);
    await this.pods.delete(job, pod);
  }

  private tell(job: Job, text: EventText): void {
    this.deps.events.record(job, text, SOURCE);
  }
}
