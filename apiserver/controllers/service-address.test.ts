import type { TestControllers } from './testing/test-controllers';
import { startControllers } from './testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => (cluster = await startControllers()));
afterEach(() => cluster.stop());

const IP = '10.96.0.77';
const addresses = () =>
  cluster.client
    .view('IPAddress')
    .list()
    .map(({ metadata, spec }) => [metadata.name, spec.parentRef.name]);

async function serve(name: string, clusterIP: string): Promise<void> {
  const spec = { clusterIP, ports: [{ port: 80 }] };
  await cluster.client.create('Service', { metadata: { namespace: 'default', name }, spec });
  await cluster.idle();
}
const end = (name: string) => cluster.client.delete('Service', { namespace: 'default', name });

it('keeps an address for each that a Service holds, for as long as it does', async () => {
  await serve('web', IP);
  await serve('headless', 'None');
  expect(addresses()).toEqual([[IP, 'web']]);
  expect(cluster.client.view('IPAddress').get({ name: IP })).toMatchObject({
    metadata: {
      labels: {
        'ipaddress.kubernetes.io/ip-family': 'IPv4',
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
      },
    },
    spec: { parentRef: { group: '', resource: 'services', namespace: 'default', name: 'web' } },
  });

  await cluster.client.delete('IPAddress', { name: IP });
  await cluster.idle();
  expect(addresses()).toEqual([[IP, 'web']]);

  await end('web');
  await cluster.idle();
  expect(addresses()).toEqual([]);
});

it('hands an address over to the Service that gets it next', async () => {
  await serve('web', IP);
  await end('web');
  await serve('other', IP);
  await cluster.clock.advance(1_000);
  await cluster.idle();
  expect(addresses()).toEqual([[IP, 'other']]);
});

it('leaves alone what somebody else made', async () => {
  const parentRef = { resource: 'myresources', name: 'bar' };
  await cluster.client.create('IPAddress', { metadata: { name: '255.255.255.255' }, spec: { parentRef } });
  await cluster.idle();
  expect(addresses()).toEqual([['255.255.255.255', 'bar']]);
});
