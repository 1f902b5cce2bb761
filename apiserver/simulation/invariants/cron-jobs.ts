import type { CronJob, Job } from '../../../shared/api/objects';
import { controllerOf } from '../../controllers/workloads/ownership';
import type { Invariant, Scene } from './invariant';

const isOver = ({ status }: Job): boolean =>
  (status?.conditions ?? []).some(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );

const jobsOf = ({ metadata: { uid } }: CronJob, { store }: Scene): readonly Job[] =>
  store.all('Job').filter((job) => controllerOf(job)?.uid === uid);

/** A CronJob that forbids it never has two jobs at work, and none that takes the last one's place begins beside it. */
export const runsDoNotOverlap: Invariant = {
  name: 'runs-do-not-overlap',
  onChange({ resource, object, previous }, scene) {
    if (resource !== 'jobs.batch' || previous !== undefined) return undefined;
    const job = object as unknown as Job;
    const cronJob = scene.store.all('CronJob').find(({ metadata }) => metadata.uid === controllerOf(job)?.uid);
    if (cronJob === undefined || cronJob.spec?.concurrencyPolicy === 'Allow') return undefined;
    const others = jobsOf(cronJob, scene).filter(
      (each) =>
        each.metadata.uid !== job.metadata.uid && each.metadata.deletionTimestamp === undefined && !isOver(each),
    );
    return others.length === 0
      ? undefined
      : `${job.metadata.name} begins while ${others.map(({ metadata }) => metadata.name).join(', ')} runs`;
  },
};

/** In the end no more finished jobs are kept than a CronJob wants. */
export const historyIsLimited: Invariant = {
  name: 'history-is-limited',
  atEnd(scene) {
    for (const cronJob of scene.store.all('CronJob')) {
      const { successfulJobsHistoryLimit: most = 3, failedJobsHistoryLimit: mostFailed = 1 } = cronJob.spec ?? {};
      const jobs = jobsOf(cronJob, scene);
      const count = (wanted: string): number =>
        jobs.filter(({ status }) =>
          (status?.conditions ?? []).some(({ type, status: value }) => type === wanted && value === 'True'),
        ).length;
      if (count('Complete') > most || count('Failed') > mostFailed) {
        return `${cronJob.metadata.name} keeps ${count('Complete')} and ${count('Failed')} jobs, ${most} and ${mostFailed} are wanted`;
      }
    }
    return undefined;
  },
};
