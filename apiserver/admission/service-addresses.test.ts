import type { ApiObject, Service } from '../../shared/api/objects';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';
import { IpRange } from './ip-range';

let cluster: TestRegistry;
const start = async (range = '10.1.0.0/29'): Promise<void> => {
  const serviceIpRange = IpRange.parse(range);
  if (serviceIpRange === undefined) throw new Error(`${range} is no range`);
  cluster = await startRegistry({ serviceIpRange });
};
beforeEach(() => start());
afterEach(() => cluster.registry.close());

const key = (name: string) => ({ namespace: 'default', name });
const service = (name: string, spec: object = {}): ApiObject => ({
  metadata: key(name),
  spec: { ports: [{ port: 80 }], ...structuredClone(spec) },
});
const create = (name: string, spec?: object): Promise<Service> => cluster.client.create('Service', service(name, spec));
const patch = (name: string, spec: object): Promise<Service> =>
  cluster.client.patch('Service', key(name), { type: 'merge', body: { spec } });
const claims = async (): Promise<readonly string[]> =>
  (await cluster.store.list({ prefix: '/claims/' })).items.map((item) => item.key);

it('gives every service an address of its own, however many come at once', async () => {
  const services = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => create(name)));
  const ips = services.map(({ spec }) => spec?.clusterIP);
  expect([...ips].sort()).toEqual([1, 2, 3, 4, 5, 6].map((last) => `10.1.0.${last}`));
  expect(services.map(({ spec }) => spec?.clusterIPs?.[0])).toEqual(ips);
  await expect(create('g')).rejects.toThrow('all cluster IPs are in use');
  await cluster.client.delete('Service', key('c'));
  expect((await create('g')).spec?.clusterIP).toBe(ips[2]);
});

it('gives one of two that ask for the same address at the same time a refusal', async () => {
  const outcomes = await Promise.allSettled(['a', 'b'].map((name) => create(name, { clusterIP: '10.1.0.3' })));
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  expect(await claims()).toEqual(['/claims/cluster-ips/10.1.0.3']);
});

it.each([
  ['taken', { clusterIP: '10.1.0.3' }, 'provided IP is already allocated'],
  [
    'outside of the range',
    { clusterIP: '10.2.0.1' },
    'the provided IP (10.2.0.1) is not in the valid range. The range of valid IPs is 10.1.0.0/29',
  ],
  ['the broadcast address', { clusterIP: '10.1.0.7' }, 'is not in the valid range'],
  ['no address', { clusterIP: 'here' }, 'must be a valid IP address'],
  [
    'a taken node port',
    { type: 'NodePort', ports: [{ port: 1, nodePort: 30_080 }] },
    'provided port is already allocated',
  ],
  [
    'a node port outside of the range',
    { type: 'NodePort', ports: [{ port: 1, nodePort: 80 }] },
    'provided port is not in the valid range. The range of valid ports is 30000-32767',
  ],
])('refuses what is %s', async (_, spec, message) => {
  await create('first', { type: 'NodePort', clusterIP: '10.1.0.3', ports: [{ port: 80, nodePort: 30_080 }] });
  await expect(create('second', spec)).rejects.toMatchObject({
    reason: 'Invalid',
    message: expect.stringContaining(message) as string,
  });
});

it.each([
  ['None', { clusterIP: 'None' }],
  [undefined, { type: 'ExternalName', externalName: 'example.com' }],
])('gives no address to a service whose clusterIP is %s', async (clusterIP, spec) => {
  expect((await create('a', spec)).spec?.clusterIP).toBe(clusterIP);
  expect((await create('b', spec)).spec?.clusterIP).toBe(clusterIP);
  expect(await claims()).toEqual([]);
});

it('keeps the address and the node ports that an update leaves out', async () => {
  const before = await create('a', { type: 'NodePort' });
  const replaced = await cluster.client.update('Service', {
    ...before,
    spec: {
      type: 'NodePort',
      ports: [{ port: 80 }, { port: 81, name: 'more' }].map((port) => ({ name: 'x', ...port })),
    },
  });
  expect(replaced.spec?.clusterIP).toBe(before.spec?.clusterIP);
  const nodePorts = replaced.spec?.ports?.map(({ nodePort }) => nodePort) ?? [];
  expect(nodePorts[0]).toBe(before.spec?.ports?.[0]?.nodePort);
  expect(nodePorts[1]).toBeGreaterThanOrEqual(30_000);
  expect(nodePorts[1]).toBeLessThanOrEqual(32_767);
  expect(nodePorts[1]).not.toBe(nodePorts[0]);
});

it('lets no address change, but gives all back with the type that needs them', async () => {
  await create('a', { type: 'NodePort', clusterIP: '10.1.0.3' });
  await expect(patch('a', { clusterIP: '10.1.0.4' })).rejects.toThrow(
    'spec.clusterIPs[0]: Invalid value: ["10.1.0.4"]: may not change once set',
  );
  const plain = await patch('a', { type: 'ClusterIP' });
  expect(plain.spec?.ports?.[0]?.nodePort).toBeUndefined();
  expect(await claims()).toEqual(['/claims/cluster-ips/10.1.0.3']);
  const external = await patch('a', { type: 'ExternalName', externalName: 'example.com', clusterIP: '' });
  expect(external.spec).not.toHaveProperty('clusterIP');
  expect(await claims()).toEqual([]);
});

it('gives everything back with the service', async () => {
  await create('a', { type: 'LoadBalancer' });
  expect(await claims()).toHaveLength(2);
  await cluster.client.delete('Service', key('a'));
  expect(await claims()).toEqual([]);
});

it.each(['10.96.0.0', '10.96.0.1/16', '10.96.0.0/31', '10.96.0.0/7', '300.0.0.0/8', 'x/16', 'fd00::/108'])(
  'takes %s for no range',
  (text) => {
    expect(IpRange.parse(text)).toBeUndefined();
  },
);
