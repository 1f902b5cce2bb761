import type { EndpointSlice, Endpoints } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = (name: string) => ({ namespace: 'default', name });
const labels = { app: 'web' };

interface PodTraits {
  readonly ports?: readonly object[];
  readonly spec?: object;
}

async function createPod(name: string, podIP: string, { ports = [], spec = {} }: PodTraits = {}): Promise<void> {
  await cluster.client.create('Pod', {
    metadata: { ...key(name), labels },
    spec: { containers: [{ name: 'app', image: 'busybox:1', ports }], ...spec },
  });
  await cluster.client.modify('Pod', key(name), (pod) => ({ ...pod, status: { ...pod.status, podIP } }), {
    subresource: 'status',
  });
  await setReady(name, true);
}
async function setReady(name: string, isReady: boolean): Promise<void> {
  await report(cluster, [await cluster.client.get('Pod', key(name))], isReady ? 'ready' : 'unready');
}
async function createService(spec: object = {}, metadata: object = {}): Promise<void> {
  await cluster.client.create('Service', {
    metadata: { ...key('web'), ...metadata },
    spec: { selector: labels, ports: [{ name: 'http', port: 80, targetPort: 8080 }], ...spec },
  });
  await cluster.idle();
}
const slices = (): readonly EndpointSlice[] => cluster.client.view('EndpointSlice').list({ namespace: 'default' });
const slice = (): EndpointSlice | undefined => slices()[0];
const endpoints = (): Endpoints | undefined => cluster.client.view('Endpoints').get(key('web'));
const shown = (): readonly string[] => slices().flatMap((each) => each.endpoints.flatMap(({ addresses }) => addresses));

it('shows the pods behind a service, in slices and in Endpoints', async () => {
  await cluster.client.create('Node', {
    metadata: { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'east' } },
  });
  await createPod('web-0', '10.1.0.1', { spec: { nodeName: 'n1', hostname: 'web-0', subdomain: 'web' } });
  await createService({}, { labels: { team: 'shop' } });
  const uid = cluster.client.view('Service').get(key('web'))?.metadata.uid;
  const targetRef = {
    kind: 'Pod',
    namespace: 'default',
    name: 'web-0',
    uid: cluster.client.view('Pod').get(key('web-0'))?.metadata.uid,
  };
  expect(slice()).toMatchObject({
    metadata: {
      name: expect.stringMatching(/^web-[a-z0-9]{5}$/) as unknown,
      generateName: 'web-',
      labels: {
        team: 'shop',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z' },
      ownerReferences: [
        { apiVersion: 'v1', kind: 'Service', name: 'web', uid, controller: true, blockOwnerDeletion: true },
      ],
    },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints: [
      {
        addresses: ['10.1.0.1'],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: 'web-0',
        nodeName: 'n1',
        zone: 'east',
        targetRef,
      },
    ],
  });
  expect(endpoints()).toMatchObject({
    metadata: { labels: { team: 'shop', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' } },
    subsets: [
      {
        addresses: [{ ip: '10.1.0.1', hostname: 'web-0', nodeName: 'n1', targetRef }],
        ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      },
    ],
  });
});

it('follows its nodes into another zone', async () => {
  const setZone = async (zone: string): Promise<void> => {
    const body = { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } };
    await cluster.client.patch('Node', { name: 'n1' }, { type: 'merge', body });
    await cluster.idle();
  };
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await createPod('web-0', '10.1.0.1', { spec: { nodeName: 'n1' } });
  await createService();
  expect(slice()?.endpoints[0]?.zone).toBeUndefined();
  await setZone('east');
  expect(slice()?.endpoints[0]?.zone).toBe('east');
});

it.each([
  ['PreferClose', { forZones: [{ name: 'east' }] }],
  ['PreferSameZone', { forZones: [{ name: 'east' }] }],
  ['PreferSameNode', { forZones: [{ name: 'east' }], forNodes: [{ name: 'n1' }] }],
  [undefined, undefined],
])('says whom a ready endpoint is meant for: %s', async (trafficDistribution, hints) => {
  const metadata = { name: 'n1', labels: { 'topology.kubernetes.io/zone': 'east' } };
  await cluster.client.create('Node', { metadata });
  await createPod('web-0', '10.1.0.1', { spec: { nodeName: 'n1' } });
  await createService({ trafficDistribution });
  expect(slice()?.endpoints[0]?.hints).toEqual(hints);
  await setReady('web-0', false);
  expect(slice()?.endpoints[0]?.hints).toBeUndefined();
});

it.each([
  ['PreferSameZone', undefined],
  ['PreferSameNode', { forNodes: [{ name: 'n1' }] }],
])('says it of nodes that are in no zone as far as it can: %s', async (trafficDistribution, hints) => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await createPod('web-0', '10.1.0.1', { spec: { nodeName: 'n1' } });
  await createService({ trafficDistribution });
  expect(slice()?.endpoints[0]?.hints).toEqual(hints);
});

it('follows readiness, with the time of the change', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService();
  await cluster.clock.advance(60_000);
  await setReady('web-0', false);
  expect(slice()?.endpoints).toMatchObject([{ conditions: { ready: false, serving: false, terminating: false } }]);
  expect(endpoints()?.subsets).toMatchObject([{ notReadyAddresses: [{ ip: '10.1.0.1' }] }]);
  for (const object of [slice(), endpoints()]) {
    expect(object?.metadata.annotations).toEqual({
      'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:01:00Z',
    });
  }
});

it('tells of a pod that goes that it still serves, and forgets it when it is gone', async () => {
  await createPod('web-0', '10.1.0.1');
  await cluster.client.bind(key('web-0'), {
    nodeName: 'n1',
    uid: (await cluster.client.get('Pod', key('web-0'))).metadata.uid,
  });
  await createService();
  await cluster.client.delete('Pod', key('web-0'));
  await cluster.idle();
  expect(slice()?.endpoints).toMatchObject([{ conditions: { ready: false, serving: true, terminating: true } }]);
  expect(endpoints()?.subsets).toBeUndefined();
  await cluster.client.delete('Pod', key('web-0'), { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect(slices()).toMatchObject([{ endpoints: [], ports: [] }]);
});

it('shows pods that are not ready as ready where the service says so', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService({ publishNotReadyAddresses: true });
  await setReady('web-0', false);
  expect(slice()?.endpoints).toMatchObject([{ conditions: { ready: true, serving: false, terminating: false } }]);
  expect(endpoints()?.subsets).toMatchObject([{ addresses: [{ ip: '10.1.0.1' }] }]);
});

it('follows a named port into each pod, apart where it is another', async () => {
  await createPod('old', '10.1.0.1', { ports: [{ name: 'http', containerPort: 8080 }] });
  await createPod('new', '10.1.0.2', { ports: [{ name: 'http', containerPort: 9090 }] });
  await createPod('none', '10.1.0.3');
  await createService({ ports: [{ port: 80, targetPort: 'http' }] });
  const ports = slices().map((each) => [each.ports?.[0]?.port, each.endpoints.flatMap(({ addresses }) => addresses)]);
  expect(new Map(ports as [number | undefined, string[]][])).toEqual(
    new Map<number | undefined, string[]>([
      [8080, ['10.1.0.1']],
      [9090, ['10.1.0.2']],
      [undefined, ['10.1.0.3']],
    ]),
  );
  expect(endpoints()?.subsets).toHaveLength(2);
});

it('marks a headless service, which needs no ports', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService({ clusterIP: 'None', ports: [] });
  expect(slice()).toMatchObject({ ports: [], endpoints: [{ addresses: ['10.1.0.1'] }] });
  for (const object of [slice(), endpoints()]) {
    expect(object?.metadata.labels).toMatchObject({ 'service.kubernetes.io/headless': '' });
  }
  expect(endpoints()?.subsets).toMatchObject([{ addresses: [{ ip: '10.1.0.1' }] }]);
});

it.each([
  ['has ended', async () => report(cluster, [await cluster.client.get('Pod', key('web-0'))], 'Succeeded')],
  [
    'no longer bears the labels',
    async () => {
      await cluster.client.patch('Pod', key('web-0'), { type: 'merge', body: { metadata: { labels: { app: 'db' } } } });
      await cluster.idle();
    },
  ],
])('drops a pod that %s', async (_what, change) => {
  await createPod('web-0', '10.1.0.1');
  await createService();
  expect(shown()).toEqual(['10.1.0.1']);
  await change();
  expect(shown()).toEqual([]);
  expect(endpoints()?.subsets).toBeUndefined();
});

it('spreads many endpoints over slices, and changes one slice for one pod', async () => {
  for (let index = 0; index < 130; index++) await createPod(`web-${index}`, `10.1.0.${index}`);
  await createService();
  expect(
    slices()
      .map((each) => each.endpoints.length)
      .sort(),
  ).toEqual([100, 30]);
  const versions = () => slices().map(({ metadata }) => metadata.resourceVersion);
  const before = versions();
  await cluster.clock.advance(1_000);
  await setReady('web-7', false);
  expect(versions().filter((version) => !before.includes(version))).toHaveLength(1);
});

it('shows the first of many changes of a large service at once, those that follow together', async () => {
  for (let index = 0; index < 20; index++) await createPod(`web-${index}`, `10.1.0.${index}`);
  await createService();
  await cluster.clock.advance(1_000);
  const unready = () => slice()?.endpoints.filter(({ conditions }) => conditions?.ready === false).length;
  for (const name of ['web-1', 'web-2', 'web-3']) await setReady(name, false);
  expect([unready(), endpoints()?.subsets?.[0]?.notReadyAddresses?.length]).toEqual([1, 1]);
  await cluster.clock.advance(10);
  await cluster.idle();
  expect([unready(), endpoints()?.subsets?.[0]?.notReadyAddresses?.length]).toEqual([3, 3]);
});

it('writes nothing where nothing changed', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService();
  const versions = [slice()?.metadata.resourceVersion, endpoints()?.metadata.resourceVersion];
  await cluster.client.patch('Service', key('web'), { type: 'merge', body: { metadata: { annotations: { a: 'b' } } } });
  await cluster.client.patch('Pod', key('web-0'), { type: 'merge', body: { metadata: { annotations: { a: 'b' } } } });
  await cluster.idle();
  expect([slice()?.metadata.resourceVersion, endpoints()?.metadata.resourceVersion]).toEqual(versions);
});

it('mends what somebody else changed or deleted', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService();
  await cluster.client.patch('EndpointSlice', key(slice()?.metadata.name ?? ''), {
    type: 'merge',
    body: { endpoints: [] },
  });
  await cluster.client.delete('Endpoints', key('web'));
  await cluster.idle();
  expect(shown()).toEqual(['10.1.0.1']);
  expect(endpoints()?.subsets).toHaveLength(1);
  await cluster.client.delete('EndpointSlice', key(slice()?.metadata.name ?? ''));
  await cluster.idle();
  expect(shown()).toEqual(['10.1.0.1']);
});

it('takes all away with the service', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService();
  await cluster.client.delete('Service', key('web'));
  await cluster.idle();
  expect([slices(), endpoints()]).toEqual([[], undefined]);
});

it('follows a change of the service', async () => {
  await createPod('web-0', '10.1.0.1');
  await createService();
  await cluster.client.patch('Service', key('web'), {
    type: 'merge',
    body: { metadata: { labels: { team: 'shop' } }, spec: { ports: [{ name: 'http', port: 80, targetPort: 9090 }] } },
  });
  await cluster.idle();
  expect(slices()).toMatchObject([{ metadata: { labels: { team: 'shop' } }, ports: [{ port: 9090 }] }]);
  expect(endpoints()).toMatchObject({ metadata: { labels: { team: 'shop' } }, subsets: [{ ports: [{ port: 9090 }] }] });
});

describe('without a selector', () => {
  const createEndpoints = async (metadata: object = {}): Promise<void> => {
    await cluster.client.create('Endpoints', {
      metadata: { ...key('web'), ...metadata },
      subsets: [
        {
          addresses: [{ ip: '192.0.2.1' }, { ip: '2001:db8::1' }],
          notReadyAddresses: [{ ip: '192.0.2.2' }],
          ports: [{ port: 5432 }],
        },
      ],
    });
    await cluster.idle();
  };
  const noSelector = () => createService({ selector: null });

  it('leaves the Endpoints as they are, and mirrors them into slices', async () => {
    await noSelector();
    await createEndpoints({ labels: { team: 'shop' } });
    expect(endpoints()?.metadata.labels).toEqual({ team: 'shop' });
    const byType = [...slices()].sort((a, b) => (a.addressType < b.addressType ? -1 : 1));
    expect(byType).toMatchObject([
      {
        metadata: {
          labels: {
            team: 'shop',
            'kubernetes.io/service-name': 'web',
            'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
          },
          ownerReferences: [{ kind: 'Endpoints', name: 'web' }],
        },
        addressType: 'IPv4',
        ports: [{ name: '', port: 5432, protocol: 'TCP' }],
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: { ready: true } },
          { addresses: ['192.0.2.2'], conditions: { ready: false } },
        ],
      },
      { addressType: 'IPv6', endpoints: [{ addresses: ['2001:db8::1'] }] },
    ]);
  });

  it.each([
    ['that say not to be', { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } }],
    ['of a leader election', { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }],
  ])('mirrors no Endpoints %s', async (_which, metadata) => {
    await noSelector();
    await createEndpoints(metadata);
    expect(slices()).toEqual([]);
  });

  it('stops mirroring when the service is gone, or finds its pods itself', async () => {
    await noSelector();
    await createEndpoints();
    await cluster.client.patch('Service', key('web'), { type: 'merge', body: { spec: { selector: labels } } });
    await cluster.idle();
    expect(slices().map(({ metadata }) => metadata.labels?.['endpointslice.kubernetes.io/managed-by'])).toEqual([
      'endpointslice-controller.k8s.io',
    ]);
    await cluster.client.delete('Service', key('web'));
    await cluster.idle();
    expect([slices(), endpoints()]).toEqual([[], undefined]);
  });
});
