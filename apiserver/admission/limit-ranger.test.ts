import type { LimitRangeItem } from 'kubernetes-types/core/v1';
import type { ApiObject, Container, Pod } from '../../shared/api/objects';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await startRegistry();
});
afterEach(() => cluster.registry.close());

type Amounts = Record<string, string>;
const limit = (name: string, ...limits: LimitRangeItem[]): Promise<unknown> =>
  cluster.client.create('LimitRange', {
    metadata: { namespace: 'default', name },
    spec: { limits: structuredClone(limits) },
  });
const container = (requests?: Amounts, limits?: Amounts, more: object = {}): Container => ({
  name: 'c',
  image: 'busybox:1',
  resources: { ...(requests === undefined ? {} : { requests }), ...(limits === undefined ? {} : { limits }) },
  ...more,
});
const pod = (containers: Container[], initContainers: Container[] = []): ApiObject => ({
  metadata: { namespace: 'default', name: 'web' },
  spec: structuredClone({ containers, initContainers }),
});
const create = (...args: Parameters<typeof pod>): Promise<Pod> => cluster.client.create('Pod', pod(...args));

it('gives containers what they leave out, and says so in an annotation', async () => {
  await limit('defaults', {
    type: 'Container',
    default: { cpu: '500m', memory: '512Mi' },
    defaultRequest: { cpu: '250m' },
  });
  const { spec, metadata } = await create(
    [container(), container({ cpu: '300m' }, { memory: '1Gi' }, { name: 'd' })],
    [container({}, {}, { name: 'i' })],
  );
  expect(spec.containers.map(({ resources }) => resources)).toEqual([
    { requests: { cpu: '250m', memory: '512Mi' }, limits: { cpu: '500m', memory: '512Mi' } },
    { requests: { cpu: '300m', memory: '1Gi' }, limits: { cpu: '500m', memory: '1Gi' } },
  ]);
  expect(spec.initContainers?.[0]?.resources?.limits).toEqual({ cpu: '500m', memory: '512Mi' });
  expect(metadata.annotations).toEqual({
    'kubernetes.io/limit-ranger':
      'LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for container c; cpu limit for container d; cpu, memory request for init container i; cpu, memory limit for init container i',
  });
});

it('decides the quality of service class on what containers end up with', async () => {
  await limit('defaults', { type: 'Container', default: { cpu: '1', memory: '1Gi' } });
  expect((await create([container()])).status?.qosClass).toBe('Guaranteed');
});

it('leaves pods of other namespaces alone', async () => {
  await limit('tight', { type: 'Container', max: { cpu: '1m' } });
  await cluster.client.create('Namespace', { metadata: { name: 'other' } });
  const free = { ...pod([container({ cpu: '4' })]), metadata: { namespace: 'other', name: 'web' } };
  await expect(cluster.client.create('Pod', free)).resolves.toBeDefined();
});

const sidecar = { name: 's', restartPolicy: 'Always' };

it.each<[string, LimitRangeItem, Container[], Container[], string | undefined]>([
  ['at its minimum', { type: 'Container', min: { cpu: '1' } }, [container({ cpu: '1000m' })], [], undefined],
  [
    'below the minimum',
    { type: 'Container', min: { memory: '64Mi' } },
    [container({ memory: '32Mi' })],
    [],
    'minimum memory usage per Container is 64Mi, but request is 32Mi',
  ],
  [
    'limited below the minimum',
    { type: 'Pod', min: { cpu: '1' } },
    [container({ cpu: '1' }), container({ cpu: '0' }, { cpu: '600m' }, { name: 'd' })],
    [],
    'minimum cpu usage per Pod is 1, but limit is 600m',
  ],
  [
    'without a request where there is a minimum',
    { type: 'Pod', min: { cpu: '1' } },
    [container()],
    [],
    'minimum cpu usage per Pod is 1.  No request is specified',
  ],
  [
    'limited above the maximum',
    { type: 'Container', max: { cpu: '800m' } },
    [container({ cpu: '500m' }, { cpu: '1500m' })],
    [],
    'maximum cpu usage per Container is 800m, but limit is 1500m',
  ],
  [
    'without a limit where there is a maximum',
    { type: 'Pod', max: { memory: '1Gi' } },
    [container({ memory: '1Mi' })],
    [],
    'maximum memory usage per Pod is 1Gi.  No limit is specified',
  ],
  [
    'more than one thing that is wrong',
    { type: 'Container', min: { cpu: '1', memory: '1Gi' } },
    [container({ cpu: '500m', memory: '1Mi' })],
    [],
    '[minimum cpu usage per Container is 1, but request is 500m, minimum memory usage per Container is 1Gi, but request is 1Mi]',
  ],
  [
    'an init container above the maximum',
    { type: 'Container', max: { cpu: '1' } },
    [container({ cpu: '1' }, { cpu: '1' })],
    [container({ cpu: '2' }, { cpu: '2' }, { name: 'i' })],
    'maximum cpu usage per Container is 1, but limit is 2',
  ],
  [
    'a sidecar that counts together with the containers',
    { type: 'Pod', max: { cpu: '2' } },
    [container({ cpu: '1500m' }, { cpu: '1500m' })],
    [container({ cpu: '1' }, { cpu: '1' }, sidecar)],
    'maximum cpu usage per Pod is 2, but limit is 2500m',
  ],
  [
    'an init container that is over when the containers start',
    { type: 'Pod', max: { cpu: '2' } },
    [container({ cpu: '1500m' }, { cpu: '1500m' })],
    [container({ cpu: '1' }, { cpu: '1' }, { name: 'i' })],
    undefined,
  ],
  [
    'a limit too far above the request',
    { type: 'Container', maxLimitRequestRatio: { memory: '2' } },
    [container({ memory: '100Mi' }, { memory: '250Mi' })],
    [],
    'memory max limit to request ratio per Container is 2, but provided ratio is 2.500000',
  ],
  [
    'a limit just as far above the request as allowed',
    { type: 'Container', maxLimitRequestRatio: { memory: '2500m' } },
    [container({ memory: '100Mi' }, { memory: '250Mi' })],
    [],
    undefined,
  ],
  [
    'a ratio to nothing',
    { type: 'Container', maxLimitRequestRatio: { cpu: '2' } },
    [container()],
    [],
    'cpu max limit to request ratio per Container is 2, but no request is specified or request is 0',
  ],
])('judges a pod with %s', async (_, item, containers, initContainers, problem) => {
  await limit('rules', item);
  const outcome = create(containers, initContainers);
  if (problem === undefined) await expect(outcome).resolves.toBeDefined();
  else {
    await expect(outcome).rejects.toMatchObject({
      reason: 'Forbidden',
      message: `pods "web" is forbidden: ${problem}`,
    });
  }
});

it('names a pod that has only the start of a name by that', async () => {
  await limit('rules', { type: 'Container', max: { cpu: '1' } });
  const unnamed = { ...pod([container({}, { cpu: '2' })]), metadata: { namespace: 'default', generateName: 'web-' } };
  await expect(cluster.client.create('Pod', unnamed)).rejects.toThrow('pods "web-" is forbidden: maximum cpu usage');
});

it('looks at a pod that exists only when it is resized', async () => {
  await create([container({ cpu: '1', memory: '1Gi' }, { cpu: '4', memory: '2Gi' })]);
  await limit('rules', { type: 'Container', max: { cpu: '3' } });
  const key = { namespace: 'default', name: 'web' };
  const labelled = cluster.client.patch('Pod', key, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
  await expect(labelled).resolves.toBeDefined();
  const resize = (cpu: string): Promise<unknown> =>
    cluster.client.modify(
      'Pod',
      key,
      (old) => ({
        ...old,
        spec: { ...old.spec, containers: [container({ cpu: '1', memory: '1Gi' }, { cpu, memory: '2Gi' })] },
      }),
      { subresource: 'resize' },
    );
  await expect(resize('3500m')).rejects.toThrow('maximum cpu usage per Container is 3, but limit is 3500m');
  await expect(resize('3')).resolves.toBeDefined();
});

it.each([
  ['1Gi', undefined],
  ['500Mi', 'minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 500Mi'],
  ['11Gi', 'maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 11Gi'],
])('judges a claim of %s, when it comes and when it changes', async (storage, problem) => {
  const claim = (name: string, size: string): Promise<unknown> =>
    cluster.client.create('PersistentVolumeClaim', {
      metadata: { namespace: 'default', name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: size } } },
    });
  await limit('claims', { type: 'PersistentVolumeClaim', min: { storage: '1Gi' }, max: { storage: '10Gi' } });
  const outcome = claim('data', storage);
  if (problem === undefined) await expect(outcome).resolves.toBeDefined();
  else await expect(outcome).rejects.toThrow(`persistentvolumeclaims "data" is forbidden: ${problem}`);
  await claim('other', '10Gi');
  const other = { namespace: 'default', name: 'other' };
  const bound = { status: { phase: 'Bound' } };
  await cluster.client.patch('PersistentVolumeClaim', other, { type: 'merge', body: bound }, { subresource: 'status' });
  const body = { spec: { resources: { requests: { storage: '20Gi' } } } };
  await expect(cluster.client.patch('PersistentVolumeClaim', other, { type: 'merge', body })).rejects.toThrow(
    'maximum storage usage per PersistentVolumeClaim is 10Gi, but request is 20Gi',
  );
});

it.each<[string, LimitRangeItem[], string]>([
  [
    'a minimum above its maximum',
    [{ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }],
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    'a default request above the default limit',
    [{ type: 'Container', default: { cpu: '500m' }, defaultRequest: { cpu: '800m' } }],
    'default request value 800m is greater than default limit value 500m',
  ],
  [
    'a default below the minimum',
    [{ type: 'Container', min: { cpu: '1' }, default: { cpu: '500m' }, defaultRequest: { cpu: '1' } }],
    'spec.limits[0].default[cpu]: Invalid value: "1": min value 1 is greater than default value 500m',
  ],
  ['defaults of pods', [{ type: 'Pod', default: { cpu: '1' } }], "may not be specified when `type` is 'Pod'"],
  ['a ratio that nothing meets', [{ type: 'Pod', maxLimitRequestRatio: { cpu: '800m' } }], 'ratio 800m is less than 1'],
  [
    'a ratio that the bounds do not leave room for',
    [{ type: 'Pod', min: { memory: '512Mi' }, max: { memory: '2Gi' }, maxLimitRequestRatio: { memory: '10' } }],
    'ratio 10 is greater than max/min = 4.000000',
  ],
  ['two rules of one type', [{ type: 'Pod' }, { type: 'Pod' }], 'spec.limits[1].type: Duplicate value: "Pod"'],
  ['claims without bounds', [{ type: 'PersistentVolumeClaim' }], 'either minimum or maximum storage value is required'],
  ['another type', [{ type: 'Node' }], 'must be a standard limit type or fully qualified'],
])('refuses a LimitRange of %s', async (_, items, message) => {
  await expect(limit('wrong', ...items)).rejects.toThrow(message);
});
