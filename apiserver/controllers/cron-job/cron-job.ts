import type { CronJob, Job, ObjectReference } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreConflict, ignoreNotFound, isAlreadyExists } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { finishOf } from '../job/outcome';
import { controllerOf, controllerRef } from '../workloads/ownership';
import type { Schedule } from './schedule';
import { parseSchedule } from './schedule';

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

  constructor(private readonly deps: Deps) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const cron = this.deps.client.view('CronJob').get(key);
    if (cron === undefined || cron.metadata.deletionTimestamp !== undefined) return done;
    await this.followJobs(cron);
    await this.forgetOld(cron);
    if (cron.spec?.suspend === true) return done;
    const schedule = parseSchedule(cron.spec?.schedule ?? '', cron.spec?.timeZone);
    if (schedule === undefined) {
      this.tell(cron, 'Warning', 'UnparseableSchedule', `unparseable schedule: ${cron.spec?.schedule ?? ''}`);
      return done;
    }
    await this.startDue(cron, schedule);
    const nowMs = this.deps.clock.now();
    const sinceMs = this.deps.client.view('CronJob').get(key)?.status?.lastScheduleTime;
    const isEvery = cron.spec?.schedule.startsWith('@every') === true;
    const fromMs = isEvery ? Date.parse(sinceMs ?? cron.metadata.creationTimestamp) : nowMs;
    const next = schedule.nextAfter(isEvery ? (schedule.lastBetween(fromMs, nowMs) ?? fromMs) : nowMs);
    return next === undefined ? done : { requeueAfterMs: Math.max(0, next - nowMs) };
  }

  private async startDue(cron: CronJob, schedule: Schedule): Promise<void> {
    const nowMs = this.deps.clock.now();
    const { startingDeadlineSeconds, concurrencyPolicy } = cron.spec ?? {};
    const sinceMs = Date.parse(cron.status?.lastScheduleTime ?? cron.metadata.creationTimestamp);
    const dueMs = schedule.lastBetween(sinceMs, nowMs);
    if (dueMs === undefined) return;
    if (startingDeadlineSeconds !== undefined && dueMs + startingDeadlineSeconds * 1_000 < nowMs) {
      this.tell(cron, 'Warning', 'MissSchedule', `Missed scheduled time to start a job: ${toTimestamp(dueMs)}`);
      return;
    }
    const active = this.jobsOf(cron).filter((job) => finishOf(job) === undefined);
    if (active.length > 0 && concurrencyPolicy === 'Forbid') {
      this.tell(
        cron,
        'Normal',
        'JobAlreadyActive',
        'Not starting job because prior execution is running and concurrency policy is Forbid',
      );
      return;
    }
    if (concurrencyPolicy === 'Replace') for (const job of active) await this.remove(cron, job);
    await this.start(cron, dueMs);
  }

  /** The name tells the time, so that no run is started twice. */
  private async start(cron: CronJob, dueMs: number): Promise<void> {
    const { namespace, name } = cron.metadata;
    const template = cron.spec?.jobTemplate;
    try {
      const job = await this.deps.client.create('Job', {
        metadata: {
          namespace,
          name: `${name}-${Math.floor(dueMs / 60_000)}`,
          labels: { ...template?.metadata?.labels },
          annotations: { ...template?.metadata?.annotations, [SCHEDULED_AT]: toTimestamp(dueMs) },
          ownerReferences: [controllerRef(cron)],
        },
        spec: structuredClone(template?.spec),
      });
      this.tell(cron, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`);
    } catch (error) {
      if (!isAlreadyExists(error)) {
        const message = error instanceof Error ? error.message : String(error);
        this.tell(cron, 'Warning', 'FailedCreate', `Error creating job: ${message}`);
        throw error;
      }
    }
    await this.change(cron, (status) => ({
      ...status,
      active: this.activeOf(cron),
      lastScheduleTime: toTimestamp(dueMs),
    }));
  }

  /** Brings `status.active` and the time of the last success up to what the jobs show. */
  private async followJobs(cron: CronJob): Promise<void> {
    const jobs = this.jobsOf(cron);
    for (const job of jobs) {
      const finish = finishOf(job);
      const wasActive = (cron.status?.active ?? []).some(({ uid }) => uid === job.metadata.uid);
      if (finish === undefined || !wasActive) continue;
      this.tell(
        cron,
        'Normal',
        'SawCompletedJob',
        `Saw completed job: ${job.metadata.name}, condition: ${finish.type}`,
      );
    }
    const successes = jobs.flatMap(({ status }) => status?.completionTime ?? []);
    const known = cron.status?.lastSuccessfulTime;
    const last = [...successes, ...(known === undefined ? [] : [known])].sort().at(-1);
    await this.change(cron, ({ active: _, ...status }) => {
      const active = this.activeOf(cron);
      return {
        ...status,
        ...(active.length === 0 ? {} : { active }),
        ...(last === undefined ? {} : { lastSuccessfulTime: last }),
      };
    });
  }

  private async forgetOld(cron: CronJob): Promise<void> {
    const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = cron.spec ?? {};
    for (const [type, limit] of [
      ['Complete', successfulJobsHistoryLimit],
      ['Failed', failedJobsHistoryLimit],
    ] as const) {
      const finished = this.jobsOf(cron)
        .filter((job) => finishOf(job)?.type === type && job.metadata.deletionTimestamp === undefined)
        .sort((a, b) => startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
      for (const job of finished.slice(0, Math.max(0, finished.length - limit))) await this.remove(cron, job);
    }
  }

  private async remove(cron: CronJob, job: Job): Promise<void> {
    await this.deps.client
      .delete('Job', keyOf(job), { propagationPolicy: 'Background', preconditions: { uid: job.metadata.uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
    this.tell(cron, 'Normal', 'SuccessfulDelete', `Deleted job ${job.metadata.name}`);
  }

  private activeOf(cron: CronJob): ObjectReference[] {
    return this.jobsOf(cron)
      .filter((job) => finishOf(job) === undefined)
      .map(({ metadata: { namespace, name, uid } }) => ({ apiVersion: 'batch/v1', kind: 'Job', namespace, name, uid }));
  }

  private jobsOf({ metadata: { namespace, uid } }: CronJob): readonly Job[] {
    return this.deps.client
      .view('Job')
      .list({ namespace, ownedBy: uid })
      .filter((job) => controllerOf(job)?.uid === uid);
  }

  private async change(
    cron: CronJob,
    to: (status: NonNullable<CronJob['status']>) => NonNullable<CronJob['status']>,
  ): Promise<void> {
    await this.deps.client
      .modify(
        'CronJob',
        keyOf(cron),
        (current) => {
          const before = current.status ?? {};
          const status = to(before);
          return isSameJson(status, before) ? undefined : { ...current, status };
        },
        { subresource: 'status', uid: cron.metadata.uid },
      )
      .catch(ignoreNotFound);
  }

  private tell(cron: CronJob, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.deps.events.record(cron, { type, reason, message }, SOURCE);
  }
}

const startOf = ({ metadata, status }: Job): number => Date.parse(status?.startTime ?? metadata.creationTimestamp);
