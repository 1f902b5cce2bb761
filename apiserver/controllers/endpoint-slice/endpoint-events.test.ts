import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { toldOf } from '../testing/told';

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

it('means endpoints for zones where a service asks for it, and tells when it can, cannot, and need no more', async () => {
  /** Changes of a service that come close together are looked at together. */
  const settled = async (): Promise<void> => {
    await cluster.clock.advance(1_000);
    await cluster.idle();
  };
  const setReady = async (name: string, status: 'True' | 'False'): Promise<void> => {
    const node = { allocatable: { cpu: '4' }, conditions: [{ type: 'Ready', status }] };
    await cluster.client.modify('Node', { name }, (it) => ({ ...it, status: node }), { subresource: 'status' });
    await settled();
  };
  const serve = async (name: string, nodeName: string, podIP: string): Promise<void> => {
    const at = { namespace: 'default', name };
    const spec = { nodeName, containers: [{ name: 'app', image: 'busybox:1' }] };
    await cluster.client.create('Pod', { metadata: { ...at, labels: { app: 'web' } }, spec });
    const conditions = [{ type: 'Ready', status: 'True' }];
    const status = { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions };
    await cluster.client.modify('Pod', at, (pod) => ({ ...pod, status }), { subresource: 'status' });
  };
  const zones = (): readonly unknown[] =>
    cluster.client
      .view('EndpointSlice')
      .list()
      .flatMap(({ endpoints }) => endpoints.map(({ hints }) => hints?.forZones?.[0]?.name));
  const told = (): Promise<readonly string[]> => toldOf(cluster, 'Service');
  const annotate = async (mode: string | null): Promise<void> => {
    const body = { metadata: { annotations: { 'service.kubernetes.io/topology-mode': mode } } };
    await cluster.client.patch('Service', key, { type: 'merge', body });
    await settled();
  };
  for (const [name, zone] of [
    ['n1', 'east'],
    ['n2', 'west'],
  ] as const) {
    await cluster.client.create('Node', { metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } } });
    await setReady(name, 'True');
  }
  await serve('a', 'n1', '10.9.0.1');
  await serve('b', 'n1', '10.9.0.2');
  await createService({ app: 'web' });
  expect(zones()).toEqual([undefined, undefined]);
  await annotate('Auto');
  expect([...zones()].sort()).toEqual(['east', 'west']);
  const enabled = 'Normal TopologyAwareHintsEnabled: Topology Aware Hints has been enabled, addressType: IPv4';
  const one = 'Warning TopologyAwareHintsDisabled: Nodes only ready in one zone, addressType: IPv4';
  const disabled = 'Warning TopologyAwareHintsDisabled: Topology Aware Hints has been disabled, addressType: IPv4';
  expect(await told()).toEqual([enabled]);
  await setReady('n2', 'False');
  expect(zones()).toEqual([undefined, undefined]);
  expect(await told()).toEqual([enabled, one]);
  await setReady('n2', 'True');
  expect([...zones()].sort()).toEqual(['east', 'west']);
  await annotate(null);
  expect(zones()).toEqual([undefined, undefined]);
  expect(await told()).toEqual([enabled, one, disabled]);
});
