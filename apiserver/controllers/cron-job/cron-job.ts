import type { CronJob, Job } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { messageOf } from '../../../shared/message-of';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound, isAlreadyExists } from '../../../shared/status-error';
import type { EventRecorder, EventText } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { isNamespaceTerminating } from '../terminating-namespace';
import { controllerOf, controllerRef } from '../workloads/ownership';
import { dueTime, isTooLate, nextDueMs } from './due-time';
import type { CronJobStatus } from './followed-jobs';
import { followJobs, outdatedJobs, referenceTo, withActive } from './followed-jobs';
import type { Schedule } from './schedule';
import { parseSchedule } from './schedule';
import { ScheduleChanges } from './schedule-changes';
import { zonedTimestamp } from './zoned-timestamp';

const SOURCE = { component: 'cronjob-controller' };
const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Starts a Job whenever its schedule says so; after an outage only the last of those missed. */
export class CronJobController implements Controller {
  readonly name = 'cronjob';
  readonly watches = [
    watching('CronJob', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
    watching('Job', ({ object }) => {
      const owner = controllerOf(object);
      return owner?.kind === 'CronJob' ? [{ namespace: object.metadata.namespace, name: owner.name }] : [];
    }),
  ];

  private readonly changes: ScheduleChanges;

  constructor(private readonly deps: Deps) {
    this.changes = new ScheduleChanges(deps.clock);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const found = this.deps.client.view('CronJob').get(key);
    if (found === undefined) {
      this.changes.forget(key);
      return done;
    }
    this.changes.see(found);
    const { status, news } = followJobs(found.status ?? {}, this.jobsOf(found));
    const cron = await this.write(found, status);
    if (cron === undefined) return done;
    for (const text of news) this.tell(cron, text);
    for (const job of outdatedJobs(cron, this.jobsOf(cron))) await this.remove(cron, job);
    if (cron.metadata.deletionTimestamp !== undefined || cron.spec?.suspend === true) return done;
    const schedule = this.scheduleOf(cron);
    if (schedule === undefined) return done;
    const after = await this.startDue(cron, schedule);
    const nowMs = this.deps.clock.now();
    const nextMs = nextDueMs(after, schedule, nowMs);
    return nextMs === undefined ? done : { requeueAfterMs: Math.max(0, nextMs - nowMs) };
  }

  /** Undefined, and told of: nothing is ever due by it. */
  private scheduleOf(cron: CronJob): Schedule | undefined {
    const text = cron.spec?.schedule ?? '';
    const schedule = parseSchedule(text, cron.spec?.timeZone);
    if (schedule === undefined) {
      this.warn(cron, 'UnparseableSchedule', `unparseable schedule: ${JSON.stringify(text)}`);
    } else if (schedule.nextAfter(this.deps.clock.now()) === undefined) {
      const why = 'time difference between two schedules is less than 1 second';
      this.warn(cron, 'InvalidSchedule', `invalid schedule: ${text} : ${why}`);
      return undefined;
    }
    return schedule;
  }

  /** Returns the CronJob as it is afterwards. */
  private async startDue(cron: CronJob, schedule: Schedule): Promise<CronJob> {
    const nowMs = this.deps.clock.now();
    const { dueMs, isManyMissed } = dueTime(cron, schedule, nowMs, this.changes.validFromMs(cron));
    if (dueMs === undefined) return cron;
    if (isManyMissed) {
      const cure = 'Set or decrease .spec.startingDeadlineSeconds or check clock skew';
      this.warn(cron, 'TooManyMissedTimes', `too many missed start times. ${cure}`);
    }
    if (isTooLate(cron, dueMs, nowMs)) {
      const when = new Date(dueMs).toUTCString().replace('GMT', '+0000');
      this.warn(cron, 'MissSchedule', `Missed scheduled time to start a job: ${when}`);
      return cron;
    }
    const active = cron.status?.active ?? [];
    if (active.some(({ name }) => name === jobName(cron, dueMs))) return cron;
    if (active.length > 0 && cron.spec?.concurrencyPolicy === 'Forbid') {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.tell(cron, { type: 'Normal', reason: 'JobAlreadyActive', message });
      return cron;
    }
    if (cron.spec?.concurrencyPolicy !== 'Replace') return this.start(cron, cron.status ?? {}, dueMs);
    for (const job of this.jobsOf(cron)) {
      if (!active.some(({ uid }) => uid === job.metadata.uid)) continue;
      const failure = await this.remove(cron, job);
      if (failure !== undefined) throw failure;
    }
    return this.start(cron, withActive(cron.status ?? {}, []), dueMs);
  }

  /** The name tells the time, so that no run is started twice. */
  private async start(cron: CronJob, status: CronJobStatus, dueMs: number): Promise<CronJob> {
    const job = await this.create(cron, dueMs);
    // Of somebody else: they took the name.
    if (controllerOf(job)?.uid !== cron.metadata.uid) return cron;
    const active = [...(status.active ?? []), referenceTo(job)];
    const started = { ...withActive(status, active), lastScheduleTime: toTimestamp(dueMs) };
    return (await this.write(cron, started)) ?? cron;
  }

  private async create(cron: CronJob, dueMs: number): Promise<Job> {
    const name = jobName(cron, dueMs);
    const { namespace } = cron.metadata;
    const { jobTemplate, timeZone = 'UTC' } = cron.spec ?? {};
    try {
      const job = await this.deps.client.create('Job', {
        metadata: {
          namespace,
          name,
          labels: { ...jobTemplate?.metadata?.labels },
          annotations: { ...jobTemplate?.metadata?.annotations, [SCHEDULED_AT]: zonedTimestamp(dueMs, timeZone) },
          ownerReferences: [controllerRef(cron)],
        },
        spec: structuredClone(jobTemplate?.spec),
      });
      this.tell(cron, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}` });
      return job;
    } catch (error) {
      if (isAlreadyExists(error)) return this.deps.client.get('Job', { namespace, name });
      if (!isNamespaceTerminating(error)) this.warn(cron, 'FailedCreate', `Error creating job: ${messageOf(error)}`);
      throw error;
    }
  }

  /** Whether it is gone, or goes. */
  /** Returns what stood against it, after an Event has said so. */
  private async remove(cron: CronJob, job: Job): Promise<Error | undefined> {
    try {
      const preconditions = { uid: job.metadata.uid };
      await this.deps.client
        .delete('Job', keyOf(job), { propagationPolicy: 'Background', preconditions })
        .catch(ignoreNotFound);
      this.tell(cron, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${job.metadata.name}` });
      return undefined;
    } catch (error) {
      this.warn(cron, 'FailedDelete', `Deleted job: ${messageOf(error)}`);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  private jobsOf({ metadata: { namespace, uid } }: CronJob): readonly Job[] {
    return this.deps.client
      .view('Job')
      .list({ namespace, ownedBy: uid })
      .filter((job) => controllerOf(job)?.uid === uid);
  }

  /** Undefined: the CronJob is gone. */
  private async write(cron: CronJob, status: CronJobStatus): Promise<CronJob | undefined> {
    const written = await this.deps.client
      .modify(
        'CronJob',
        keyOf(cron),
        (current) => (isSameJson(status, current.status ?? {}) ? undefined : { ...current, status }),
        { subresource: 'status', uid: cron.metadata.uid },
      )
      .catch(ignoreNotFound);
    return written ?? undefined;
  }

  private warn(cron: CronJob, reason: string, message: string): void {
    this.tell(cron, { type: 'Warning', reason, message });
  }
  private tell(cron: CronJob, text: EventText): void {
    this.deps.events.record(cron, text, SOURCE);
  }
}

const jobName = ({ metadata }: CronJob, dueMs: number): string => `${metadata.name}-${Math.floor(dueMs / 60_000)}`;
