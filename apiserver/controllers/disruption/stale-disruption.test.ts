import { asDisruptionTarget } from '../../registry/disruption-target';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };
const target = () =>
  cluster.client
    .view('Pod')
    .get(key)
    ?.status?.conditions?.find(({ type }) => type === 'DisruptionTarget');

it('takes back from a pod after two minutes that it is about to go', async () => {
  await cluster.client.create('Pod', { metadata: key, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } });
  const why = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };
  await cluster.client.modify('Pod', key, (pod) => asDisruptionTarget(pod, why, cluster.clock.now()), {
    subresource: 'status',
  });
  await cluster.idle();
  await cluster.clock.advance(119_000);
  await cluster.idle();
  expect(target()).toMatchObject({ status: 'True', ...why });
  await cluster.clock.advance(1_000);
  await cluster.idle();
  expect(target()).toEqual({ type: 'DisruptionTarget', status: 'False', lastTransitionTime: '2026-01-01T00:02:00Z' });
});
