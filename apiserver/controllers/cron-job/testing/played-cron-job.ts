import type { CronJob, Job } from '../../../../shared/api/objects';
import { report } from '../../testing/pod-figures';
import type { TestControllers } from '../../testing/test-controllers';
import { isActive } from '../../workloads/pod-state';

export const MINUTE = 60_000;
export const key = { namespace: 'default', name: 'tick' };
export const template = { spec: { restartPolicy: 'Never', containers: [{ name: 'app', image: 'busybox:1' }] } };

/** What tests do to the CronJob `tick`, of every minute unless they say otherwise, and see of it. */
export function playedCronJob(cluster: () => TestControllers) {
  return {
    async create(spec: object = {}): Promise<CronJob> {
      const cron = await cluster().client.create('CronJob', {
        metadata: key,
        spec: { schedule: '* * * * *', jobTemplate: { spec: { template } }, ...spec },
      });
      await cluster().idle();
      return cron;
    },
    async pass(ms: number): Promise<void> {
      await cluster().clock.advance(ms);
      await cluster().idle();
    },
    cron: (): CronJob | undefined => cluster().client.view('CronJob').get(key),
    jobs: (): readonly Job[] => cluster().client.view('Job').list(),
    /** All pods that are left. */
    endAll: (phase: 'Succeeded' | 'Failed'): Promise<void> =>
      report(cluster(), cluster().client.view('Pod').list().filter(isActive), phase),
  };
}
