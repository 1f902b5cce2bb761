import type { Deployment } from '../../../../shared/api/objects';
import type { TestControllers } from '../../testing/test-controllers';

export const key = { namespace: 'default', name: 'web' };
export const labels = { app: 'web' };
export const templateOf = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'app', image }] } });

/** What tests do to the Deployment `web`, of so many pods unless they say otherwise, and see of it. */
export function playedDeployment(cluster: () => TestControllers, replicas: number) {
  return {
    async create(spec: object = {}): Promise<void> {
      await cluster().client.create('Deployment', {
        metadata: key,
        spec: { replicas, selector: { matchLabels: labels }, template: templateOf('busybox:1'), ...spec },
      });
      await cluster().idle();
    },
    async change(spec: object): Promise<void> {
      await cluster().client.patch('Deployment', key, { type: 'merge', body: { spec } });
      await cluster().idle();
    },
    deployment: (): Deployment | undefined => cluster().client.view('Deployment').get(key),
  };
}
