import type { ReplicaSet } from '../../../shared/api/objects';
import { StatusError } from '../../../shared/status-error';
import { settle } from '../../../shared/testing/fake-clock';
import type { Client } from '../../registry/client';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { podFrom, PodControl } from './pod-control';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const template = { spec: { containers: [{ name: 'app', image: 'busybox:1' }] } };

it('does not fail before everything that it began is over', async () => {
  const labels = { app: 'web' };
  const owner: ReplicaSet = await cluster.client.create('ReplicaSet', {
    metadata: { namespace: 'default', name: 'web' },
    spec: { replicas: 0, selector: { matchLabels: labels }, template: { metadata: { labels }, ...template } },
  });
  let goOn: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (goOn = resolve));
  let tries = 0;
  /** The second is refused at once, the third takes its time. */
  const create: Client['create'] = async (kind, object) => {
    tries += 1;
    if (tries === 2) throw new StatusError('InternalError', 'no space is left');
    if (tries === 3) await slow;
    return cluster.client.create(kind, object);
  };
  const control = new PodControl({ ...cluster.client, create }, cluster.events, 'test');
  let outcome = 'open';
  const made = control
    .createMany(owner, 7, () => podFrom(owner, template))
    .catch((error: Error) => {
      outcome = error.message;
    });
  await settle();
  expect(outcome).toBe('open');
  goOn();
  await made;
  expect(outcome).toContain('no space is left');
  expect(tries).toBe(3);
});
