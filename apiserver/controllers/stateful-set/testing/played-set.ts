import type { Pod } from '../../../../shared/api/objects';
import type { TestControllers } from '../../testing/test-controllers';

export const key = { namespace: 'default', name: 'db' };
export const labels = { app: 'db' };
export const templateOf = (image: string) => ({ metadata: { labels }, spec: { containers: [{ name: 'app', image }] } });
export const imageOf = ({ spec }: Pod): string | undefined => spec.containers[0]?.image;

/** What tests do to the StatefulSet `db`, of three pods unless they say otherwise, and see of it. */
export function playedSet(cluster: () => TestControllers) {
  const pods = (): readonly Pod[] =>
    [...cluster().client.view('Pod').list()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return {
    async create(spec: object = {}): Promise<void> {
      const template = templateOf('a:1');
      await cluster().client.create('StatefulSet', {
        metadata: key,
        spec: { replicas: 3, serviceName: 'db', selector: { matchLabels: labels }, template, ...spec },
      });
      await cluster().idle();
    },
    async change(spec: object): Promise<void> {
      await cluster().client.patch('StatefulSet', key, { type: 'merge', body: { spec } });
      await cluster().idle();
    },
    /** By name. */
    pods,
    images: (): readonly (string | undefined)[] => pods().map(imageOf),
  };
}
