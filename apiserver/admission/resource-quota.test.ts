import type { ResourceQuotaSpec } from 'kubernetes-types/core/v1';
import type { ApiObject, KindName, Pod, PodSpec } from '../../shared/api/objects';
import { startControllers } from '../controllers/testing/test-controllers';
import type { TestControllers } from '../controllers/testing/test-controllers';
import { SYSTEM_USER } from '../auth/user';
import { StoreFullError } from '../store/store';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = (name: string) => ({ namespace: 'default', name });
const quota = (hard: Record<string, string>, scopes: Omit<ResourceQuotaSpec, 'hard'> = {}, name = 'q') =>
  cluster.client.create('ResourceQuota', { metadata: key(name), spec: { hard, ...structuredClone(scopes) } });
const used = async (name = 'q'): Promise<Record<string, string> | undefined> => {
  await cluster.idle();
  return (await cluster.client.get('ResourceQuota', key(name))).status?.used;
};

type Amounts = Record<string, string>;
const podSpec = (requests: Amounts = {}, limits: Amounts = {}, more: Partial<PodSpec> = {}): object => ({
  containers: [{ name: 'c', image: 'busybox:1', resources: { requests, limits } }],
  ...structuredClone(more),
});
const pod = (name: string, ...spec: Parameters<typeof podSpec>) =>
  cluster.client.create('Pod', { metadata: key(name), spec: podSpec(...spec) });
const create = (kind: KindName, name: string, fields: object = {}) =>
  cluster.client.create(kind, { metadata: key(name), ...structuredClone(fields) });

it('never lets more through than the quota, however many come at once', async () => {
  await quota({ pods: '10', 'requests.cpu': '20' });
  const outcomes = await Promise.allSettled(
    Array.from({ length: 100 }, (_, index) => pod(`p${index}`, { cpu: index % 2 === 0 ? '1' : '3' })),
  );
  const created = outcomes.filter(({ status }) => status === 'fulfilled');
  expect(created.length).toBeGreaterThan(0);
  expect(cluster.client.view('Pod').list()).toHaveLength(created.length);
  const total = await used();
  expect(Number(total?.['pods'])).toBe(created.length);
  expect(Number(total?.['pods'])).toBeLessThanOrEqual(10);
  expect(Number(total?.['requests.cpu'])).toBeLessThanOrEqual(20);
  // Ten pods of 1 and 3 CPU in turn are just what fits.
  expect(total).toEqual({ pods: '10', 'requests.cpu': '20' });
});

it('says what was asked for, what is used and what the limit is', async () => {
  await quota({ 'requests.cpu': '1', 'requests.memory': '1Gi', pods: '5' });
  await pod('a', { cpu: '800m', memory: '512Mi' });
  await expect(pod('b', { cpu: '300m', memory: '1Gi' })).rejects.toMatchObject({
    code: 403,
    reason: 'Forbidden',
    message:
      'pods "b" is forbidden: exceeded quota: q, requested: requests.cpu=300m,requests.memory=1Gi, used: requests.cpu=800m,requests.memory=512Mi, limited: requests.cpu=1,requests.memory=1Gi',
  });
});

it('asks for the amounts that a quota counts, from every container', async () => {
  await quota({ 'limits.cpu': '1', memory: '1Gi', 'requests.ephemeral-storage': '1Gi' });
  const initContainers = [{ name: 'i', image: 'busybox:1', resources: { requests: { memory: '1Mi' } } }];
  await expect(pod('a', {}, {}, { initContainers })).rejects.toThrow(
    'pods "a" is forbidden: failed quota: q: must specify limits.cpu for: c,i; memory for: c',
  );
});

it('takes nothing for what is refused, fails, or is tried out', async () => {
  await quota({ pods: '1' });
  await expect(create('Pod', 'Not-A-Name', { spec: podSpec() })).rejects.toMatchObject({ reason: 'Invalid' });
  const { registry } = cluster;
  const body: ApiObject = { metadata: key('tried'), spec: podSpec() };
  await Promise.all(
    [1, 2, 3].map(() =>
      registry.create(registry.kinds.require('Pod'), 'default', body, { user: SYSTEM_USER, dryRun: true }),
    ),
  );
  expect(await used()).toEqual({ pods: '0' });
  await pod('a');
  await expect(pod('a')).rejects.toMatchObject({ reason: 'AlreadyExists' });
  const second = registry.create(registry.kinds.require('Pod'), 'default', body, { user: SYSTEM_USER, dryRun: true });
  await expect(second).rejects.toThrow('exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1');
  expect(await used()).toEqual({ pods: '1' });
});

it('gives back at once what is deleted', async () => {
  await quota({ pods: '1', 'requests.cpu': '1' });
  for (let round = 0; round < 3; round += 1) {
    await pod('a', { cpu: '1' });
    await cluster.client.delete('Pod', key('a'));
  }
  expect(await used()).toEqual({ pods: '0', 'requests.cpu': '0' });
});

it('counts pods that are over as objects only', async () => {
  await quota({ pods: '1', cpu: '1', 'count/pods': '2' });
  await pod('a', { cpu: '1' });
  await cluster.client.modify('Pod', key('a'), (old) => ({ ...old, status: { ...old.status, phase: 'Succeeded' } }), {
    subresource: 'status',
  });
  expect(await used()).toEqual({ pods: '0', cpu: '0', 'count/pods': '1' });
  await pod('b', { cpu: '1' });
  await expect(pod('c', { cpu: '1' })).rejects.toThrow('exceeded quota: q, requested: count/pods=1,cpu=1,pods=1');
});

const claim = (storage: string, storageClassName?: string): object => ({
  spec: {
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage } },
    ...(storageClassName === undefined ? {} : { storageClassName }),
  },
});
const ports = (...numbers: number[]): object[] => numbers.map((port) => ({ name: `p${port}`, port }));
const template = { metadata: { labels: { a: 'b' } }, spec: podSpec() };

it.each<[string, Record<string, string>, () => Promise<unknown>, Record<string, string>]>([
  [
    'requests and limits of a pod, with its init containers and sidecars',
    {
      cpu: '9',
      'requests.memory': '9Gi',
      'limits.cpu': '9',
      'limits.memory': '9Gi',
      'requests.ephemeral-storage': '9Gi',
      'limits.ephemeral-storage': '9Gi',
    },
    () => {
      const resources = (cpu: string) => ({ requests: { cpu, memory: '1Gi' }, limits: { cpu: '2', memory: '2Gi' } });
      const initContainers = [
        { name: 's', image: 'busybox:1', restartPolicy: 'Always', resources: resources('1') },
        { name: 'i', image: 'busybox:1', resources: resources('500m') },
      ];
      const storage = { 'ephemeral-storage': '2Gi' };
      return pod(
        'a',
        { cpu: '250m', memory: '1Gi', ...storage },
        { cpu: '1', memory: '1Gi', ...storage },
        { initContainers },
      );
    },
    {
      cpu: '1500m',
      'requests.memory': '2Gi',
      'limits.cpu': '4',
      'limits.memory': '4Gi',
      'requests.ephemeral-storage': '2Gi',
      'limits.ephemeral-storage': '2Gi',
    },
  ],
  [
    'extended resources',
    { 'requests.example.com/gpu': '4' },
    () => pod('a', { 'example.com/gpu': '2' }, { 'example.com/gpu': '2' }),
    { 'requests.example.com/gpu': '2' },
  ],
  [
    'services by their types',
    { services: '9', 'services.nodeports': '9', 'services.loadbalancers': '9', 'count/services': '9' },
    async () => {
      await create('Service', 'a', { spec: { ports: ports(1, 2) } });
      await create('Service', 'b', { spec: { type: 'NodePort', ports: ports(1, 2) } });
      await create('Service', 'c', { spec: { type: 'LoadBalancer', ports: ports(1) } });
      const bare = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports: ports(1) };
      await create('Service', 'd', { spec: bare });
    },
    { services: '4', 'services.nodeports': '3', 'services.loadbalancers': '2', 'count/services': '4' },
  ],
  [
    'claims and their storage, by class',
    {
      persistentvolumeclaims: '9',
      'requests.storage': '90Gi',
      'gold.storageclass.storage.k8s.io/requests.storage': '90Gi',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '9',
      'tin.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
    },
    async () => {
      await create('PersistentVolumeClaim', 'a', claim('1Gi'));
      await create('PersistentVolumeClaim', 'b', claim('2Gi', 'gold'));
    },
    {
      persistentvolumeclaims: '2',
      'requests.storage': '3Gi',
      'gold.storageclass.storage.k8s.io/requests.storage': '2Gi',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'tin.storageclass.storage.k8s.io/persistentvolumeclaims': '0',
    },
  ],
  [
    'objects of any kind',
    {
      secrets: '9',
      'count/secrets': '9',
      'count/deployments.apps': '9',
      resourcequotas: '9',
      'count/nothing.at.all': '1',
    },
    async () => {
      await create('Secret', 'a');
      await create('Deployment', 'd', { spec: { replicas: 0, selector: { matchLabels: { a: 'b' } }, template } });
    },
    {
      secrets: '1',
      'count/secrets': '1',
      'count/deployments.apps': '1',
      resourcequotas: '1',
      'count/nothing.at.all': '0',
    },
  ],
])('counts %s, whether they come before the quota or after it', async (_, hard, fill, expected) => {
  await quota(hard, {}, 'before');
  await fill();
  await quota(hard, {}, 'after');
  const counted = 'resourcequotas' in hard ? { ...expected, resourcequotas: '2' } : expected;
  expect(await used('before')).toEqual(counted);
  expect(await used('after')).toEqual(counted);
});

const affine = {
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'x', namespaces: ['other'], labelSelector: {} }],
  },
};
const scoped = (scopeName: string, operator: string, values?: string[]): Omit<ResourceQuotaSpec, 'hard'> => ({
  scopeSelector: { matchExpressions: [{ scopeName, operator, ...(values === undefined ? {} : { values }) }] },
});

it.each<[string, Omit<ResourceQuotaSpec, 'hard'>, string[]]>([
  ['Terminating', { scopes: ['Terminating'] }, ['deadline']],
  ['NotTerminating', { scopes: ['NotTerminating'] }, ['affine', 'best', 'high', 'sized']],
  ['BestEffort', { scopes: ['BestEffort'] }, ['affine', 'best', 'deadline', 'high']],
  ['NotBestEffort', { scopes: ['NotBestEffort'] }, ['sized']],
  ['both of two scopes', { scopes: ['BestEffort', 'Terminating'] }, ['deadline']],
  ['CrossNamespacePodAffinity', { scopes: ['CrossNamespacePodAffinity'] }, ['affine']],
  ['any PriorityClass', { scopes: ['PriorityClass'] }, ['high']],
  ['one of some PriorityClasses', scoped('PriorityClass', 'In', ['high', 'low']), ['high']],
  [
    'none of some PriorityClasses',
    scoped('PriorityClass', 'NotIn', ['low']),
    ['affine', 'best', 'deadline', 'high', 'sized'],
  ],
  ['no PriorityClass', scoped('PriorityClass', 'DoesNotExist'), ['affine', 'best', 'deadline', 'sized']],
])('counts pods in the scope of %s alone', async (_, scopes, expected) => {
  await cluster.client.create('PriorityClass', { metadata: { name: 'high' }, value: 10 });
  await quota({ pods: '9' }, scopes);
  const specs: Record<string, object> = {
    affine: podSpec({}, {}, { affinity: affine }),
    best: podSpec(),
    deadline: podSpec({}, {}, { activeDeadlineSeconds: 60 }),
    high: podSpec({}, {}, { priorityClassName: 'high' }),
    sized: podSpec({ cpu: '1' }),
  };
  const counted: string[] = [];
  for (const [name, spec] of Object.entries(specs)) {
    const before = (await used())?.['pods'];
    await create('Pod', name, { spec });
    if ((await used())?.['pods'] !== before) counted.push(name);
  }
  expect(counted).toEqual(expected);
});

it('charges an update for what it adds', async () => {
  await quota({ 'services.nodeports': '1', 'requests.storage': '10Gi' });
  await create('Service', 's', { spec: { ports: ports(1) } });
  const patch = (spec: object) => cluster.client.patch('Service', key('s'), { type: 'merge', body: { spec } });
  await patch({ type: 'NodePort' });
  await expect(patch({ ports: ports(1, 2) })).rejects.toThrow(
    'services "s" is forbidden: exceeded quota: q, requested: services.nodeports=1, used: services.nodeports=1, limited: services.nodeports=1',
  );
  const body = { allowVolumeExpansion: true };
  await cluster.client.patch('StorageClass', { name: 'local-path' }, { type: 'merge', body });
  await create('PersistentVolumeClaim', 'a', claim('8Gi'));
  const bound = { status: { phase: 'Bound' } };
  await cluster.client.patch(
    'PersistentVolumeClaim',
    key('a'),
    { type: 'merge', body: bound },
    { subresource: 'status' },
  );
  const grow = (storage: string) =>
    cluster.client.patch('PersistentVolumeClaim', key('a'), {
      type: 'merge',
      body: { spec: { resources: { requests: { storage } } } },
    });
  await expect(grow('11Gi')).rejects.toThrow('requested: requests.storage=3Gi, used: requests.storage=8Gi');
  await grow('10Gi');
  expect(await used()).toEqual({ 'services.nodeports': '1', 'requests.storage': '10Gi' });
});

it('counts what a pod still has while it is made smaller, and what it asks for while it is made larger', async () => {
  await quota({ 'requests.cpu': '4', 'limits.memory': '4Gi' });
  await pod('p', { cpu: '2' }, { memory: '2Gi' });
  const report = async (cpu: string, memory: string, conditions: object[] = []): Promise<void> => {
    const has = { requests: { cpu }, limits: { memory } };
    const status = { name: 'c', image: '', imageID: '', ready: true, restartCount: 0, resources: has };
    const containerStatuses = [{ ...status, allocatedResources: { cpu } }];
    const body = { status: { phase: 'Running', containerStatuses, conditions } };
    await cluster.client.patch('Pod', key('p'), { type: 'merge', body }, { subresource: 'status' });
  };
  const resize = (cpu: string, memory: string): Promise<unknown> => {
    const resources = { requests: { cpu }, limits: { memory } };
    const change = (it: Pod): Pod => ({
      ...it,
      spec: { ...it.spec, containers: it.spec.containers.map((each) => ({ ...each, resources })) },
    });
    return cluster.client.modify('Pod', key('p'), change, { subresource: 'resize' });
  };
  await report('2', '2Gi');
  await resize('1', '1Gi');
  expect(await used()).toEqual({ 'requests.cpu': '2', 'limits.memory': '2Gi' });
  await report('1', '1Gi');
  expect(await used()).toEqual({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
  await resize('3', '3Gi');
  expect(await used()).toEqual({ 'requests.cpu': '3', 'limits.memory': '3Gi' });
  await expect(resize('5', '3Gi')).rejects.toThrow('requested: requests.cpu=2, used: requests.cpu=3');
  await report('1', '1Gi', [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }]);
  expect(await used()).toEqual({ 'requests.cpu': '1', 'limits.memory': '1Gi' });
});

it('never lets updates at the same time through to more than the quota', async () => {
  const names = Array.from({ length: 10 }, (_, index) => `s${index}`);
  for (const name of names) await create('Service', name, { spec: { ports: ports(1) } });
  await quota({ 'services.nodeports': '3' });
  const outcomes = await Promise.allSettled(
    names.map((name) =>
      cluster.client.patch('Service', key(name), { type: 'merge', body: { spec: { type: 'NodePort' } } }),
    ),
  );
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  expect(await used()).toEqual({ 'services.nodeports': '3' });
});

it('takes nothing for a write that the store could not make', async () => {
  await quota({ pods: '1' });
  const { store } = cluster;
  const { commit } = store;
  store.commit = () => Promise.reject(new StoreFullError('no space'));
  await expect(pod('a')).rejects.toMatchObject({ reason: 'ServiceUnavailable' });
  store.commit = commit;
  await expect(pod('a')).resolves.toBeDefined();
  expect(await used()).toEqual({ pods: '1' });
});

it('lets everything but growth happen in a namespace that is over its quota', async () => {
  await pod('a', { cpu: '2' });
  await quota({ pods: '0', cpu: '1' });
  const labelled = cluster.client.patch('Pod', key('a'), { type: 'merge', body: { metadata: { labels: { x: 'y' } } } });
  await expect(labelled).resolves.toBeDefined();
  await expect(pod('b', { cpu: '1' })).rejects.toThrow('used: cpu=2,pods=1');
});

it('follows a change of the limits at once', async () => {
  await quota({ pods: '1' });
  await pod('a');
  await cluster.client.patch('ResourceQuota', key('q'), { type: 'merge', body: { spec: { hard: { pods: '2' } } } });
  await pod('b');
  await expect(pod('c')).rejects.toThrow('limited: pods=2');
  expect((await cluster.client.get('ResourceQuota', key('q'))).status?.hard).toEqual({ pods: '2' });
  await cluster.client.delete('ResourceQuota', key('q'));
  await expect(pod('c')).resolves.toBeDefined();
});

it('counts no more, in time, a pod that should have been gone for long', async () => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await quota({ pods: '1' });
  const { uid } = (await pod('a')).metadata;
  await cluster.client.bind(key('a'), { nodeName: 'n1', uid });
  await cluster.client.delete('Pod', key('a'));
  expect(await used()).toEqual({ pods: '1' });
  await cluster.clock.advance(10 * 60_000);
  expect(await used()).toEqual({ pods: '0' });
  expect(cluster.client.view('Pod').get(key('a'))).toBeDefined();
});

it('mends a status that somebody else wrote', async () => {
  await quota({ pods: '1' });
  await used();
  const wrong = { hard: { pods: '7' }, used: { pods: '5' } };
  await cluster.client.modify('ResourceQuota', key('q'), (old) => ({ ...old, status: wrong }), {
    subresource: 'status',
  });
  expect(await used()).toEqual({ pods: '0' });
});

it.each<[string, ResourceQuotaSpec, string]>([
  ['a name that means nothing', { hard: { bogus: '1' } }, 'must be a standard resource for quota'],
  ['less than nothing', { hard: { pods: '-1' } }, 'must be greater than or equal to 0'],
  ['half an object', { hard: { 'count/secrets': '1500m' } }, 'must be an integer'],
  ['no scope', { hard: {}, scopes: ['Odd'] }, 'unsupported scope'],
  ['contrary scopes', { hard: {}, scopes: ['Terminating', 'NotTerminating'] }, 'conflicting scopes'],
  [
    'a scope that does not fit',
    { hard: { cpu: '1' }, scopes: ['BestEffort'] },
    'unsupported scope applied to resource',
  ],
  ['a scope without values', { hard: {}, ...scoped('PriorityClass', 'In') }, 'must be at least one value'],
])('refuses a quota of %s', async (_, { hard = {}, ...rest }, message) => {
  await expect(quota(hard, rest)).rejects.toThrow(message);
});
