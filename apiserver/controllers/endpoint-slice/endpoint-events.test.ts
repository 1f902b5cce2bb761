import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };

async function refuse(resource: string): Promise<void> {
  const metadata = { namespace: 'default', name: 'none' };
  await cluster.client.create('ResourceQuota', { metadata, spec: { hard: { [`count/${resource}`]: '0' } } });
  await cluster.idle();
}
async function createService(selector?: Record<string, string>): Promise<void> {
  const spec = { ports: [{ port: 80 }], ...(selector === undefined ? {} : { selector }) };
  await cluster.client.create('Service', { metadata: key, spec });
  await cluster.idle();
}
async function warnings(): Promise<readonly (readonly [string, string, string])[]> {
  await cluster.events.flush();
  return cluster.client
    .view('Event')
    .list({ where: ({ type }) => type === 'Warning' })
    .map(({ involvedObject: { kind = '' }, reason = '', message = '' }) => [kind, reason, message] as const);
}

it.each([
  [
    'endpointslices.discovery.k8s.io',
    'Service',
    'FailedToUpdateEndpointSlices',
    /^Error updating Endpoint Slices for Service default\/web: endpointslices.discovery.k8s.io "web-" is forbidden: exceeded quota/,
  ],
  [
    'endpoints',
    'Endpoints',
    'FailedToCreateEndpoint',
    /^Failed to create endpoint for service default\/web: endpoints "web" is forbidden: exceeded quota/,
  ],
])('says that %s cannot be made', async (resource, kind, reason, message) => {
  await refuse(resource);
  await createService({ app: 'web' });
  expect(await warnings()).toEqual([[kind, reason, expect.stringMatching(message)]]);
});

it('says how many addresses of Endpoints are too many to be mirrored', async () => {
  const addresses = Array.from({ length: 1_003 }, (_, at) => ({
    ip: `10.9.${Math.floor(at / 250)}.${(at % 250) + 1}`,
  }));
  await createService();
  await cluster.client.create('Endpoints', { metadata: key, subsets: [{ addresses, ports: [{ port: 80 }] }] });
  await cluster.idle();
  const told =
    'A max of 1000 addresses can be mirrored to EndpointSlices per Endpoints subset. 3 addresses were skipped';
  expect(await warnings()).toEqual([['Endpoints', 'TooManyAddressesToMirror', told]]);
});

it('says that Endpoints cannot be mirrored where no slice can be made', async () => {
  await refuse('endpointslices.discovery.k8s.io');
  await createService();
  const subsets = [{ addresses: [{ ip: '10.9.0.1' }], ports: [{ port: 80 }] }];
  await cluster.client.create('Endpoints', { metadata: key, subsets });
  await cluster.idle();
  expect(await warnings()).toEqual([
    [
      'Endpoints',
      'FailedToUpdateEndpointSlices',
      expect.stringMatching(/^Error updating Endpoint Slices for Endpoints default\/web: .*exceeded quota/),
    ],
  ]);
});
