import type { CronJob, Job, ObjectReference } from '../../../shared/api/objects';
import type { EventText } from '../../events/event-recorder';
import { finishOf } from '../job/outcome';

export type CronJobStatus = NonNullable<CronJob['status']>;

export const referenceTo = ({ metadata: { namespace, name, uid, resourceVersion } }: Job): ObjectReference => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  namespace,
  name,
  uid,
  resourceVersion,
});

/** The status with these jobs as those that run. */
export const withActive = (
  { active: _, ...status }: CronJobStatus,
  active: readonly ObjectReference[],
): CronJobStatus => ({ ...status, ...(active.length === 0 ? {} : { active: [...active] }) });

/**
 * What has become of a CronJob's jobs since its status was written, and what is to be told of it. Only jobs that it has
 * started itself are active: one that somebody else made in its name (`kubectl create job --from`) holds up no run.
 */
export function followJobs(
  status: CronJobStatus,
  jobs: readonly Job[],
): { readonly status: CronJobStatus; readonly news: readonly EventText[] } {
  const known = status.active ?? [];
  const byUid = new Map(jobs.map((job) => [job.metadata.uid, job]));
  const missing = known.filter(({ uid }) => !byUid.has(uid ?? ''));
  const news: EventText[] = [];
  for (const job of jobs) {
    const isKnown = known.some(({ uid }) => uid === job.metadata.uid);
    const finish = finishOf(job);
    if (!isKnown && finish === undefined) {
      const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`;
      news.push({ type: 'Warning', reason: 'UnexpectedJob', message });
    }
    if (!isKnown || finish === undefined) continue;
    const message = `Saw completed job: ${job.metadata.name}, condition: ${finish.type}`;
    news.push({ type: 'Normal', reason: 'SawCompletedJob', message });
  }
  for (const { name } of missing) {
    news.push({ type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name ?? ''}` });
  }
  const running = known.filter(({ uid }) => {
    const job = byUid.get(uid ?? '');
    return job !== undefined && finishOf(job) === undefined;
  });
  const successes = jobs.flatMap((job) =>
    finishOf(job)?.type === 'Complete' ? (job.status?.completionTime ?? []) : [],
  );
  const last = [...successes, ...(status.lastSuccessfulTime === undefined ? [] : [status.lastSuccessfulTime])]
    .sort()
    .at(-1);
  return {
    status: { ...withActive(status, running), ...(last === undefined ? {} : { lastSuccessfulTime: last }) },
    news,
  };
}

/** The finished jobs that are more than the CronJob is to keep, the oldest first. */
export function outdatedJobs({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const limits = [
    ['Complete', spec?.successfulJobsHistoryLimit],
    ['Failed', spec?.failedJobsHistoryLimit],
  ] as const;
  return limits.flatMap(([type, limit]) => {
    if (limit === undefined) return [];
    const finished = jobs
      .filter((job) => finishOf(job)?.type === type && job.metadata.deletionTimestamp === undefined)
      .sort((a, b) => startOf(a) - startOf(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
    return finished.slice(0, Math.max(0, finished.length - limit));
  });
}

/** Those that never started come last. */
const startOf = ({ status }: Job): number =>
  status?.startTime === undefined ? Infinity : Date.parse(status.startTime);
