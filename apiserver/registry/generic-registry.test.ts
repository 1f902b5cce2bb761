import type { ApiObject, Namespace } from '../../shared/api/objects';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { FakeClock } from '../../shared/testing/fake-clock';
import { SYSTEM_USER } from '../auth/user';
import { createKindList } from '../kinds/kinds';
import { createMemoryStore } from '../store/memory/memory-store';
import { ensureBootstrapObjects } from './bootstrap-objects';
import type { Client } from './client';
import { createClient } from './create-client';
import { createRegistry } from './create-registry';
import type { GenericRegistry } from './generic-registry';
import type { WatchSignal } from './registry';
import { startRegistry } from './testing/test-registry';

const options = { user: SYSTEM_USER } as const;
const kinds = createKindList();
const pods = kinds.require('Pod');
const configMaps = kinds.require('ConfigMap');

const aPod = (name: string, spec: object = {}): ApiObject => ({
  metadata: { name, namespace: 'default' },
  spec: { containers: [{ name: 'app', image: 'busybox:1' }], ...spec },
});
const aConfigMap = (name: string, data: object = { a: '1' }): ApiObject => ({
  metadata: { name, namespace: 'default' },
  data,
});

const SELECTING = {
  selector: { matchLabels: { app: 'a' } },
  template: { metadata: { labels: { app: 'a' } }, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } },
};
const REQUESTING = {
  request: Buffer.from('-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n').toString('base64'),
  signerName: 'example.com/own',
  usages: ['client auth'],
};

let registry: GenericRegistry;
let client: Client;
let clock: FakeClock;

beforeEach(async () => {
  clock = new FakeClock();
  const store = createMemoryStore({ clock });
  registry = await createRegistry({ store, kinds, clock, random: seededRandom(1), logger: silentLogger });
  client = createClient(registry);
  await ensureBootstrapObjects(client);
});
afterEach(() => registry.close());

const key = (name: string) => ({ namespace: 'default', name });

it('refuses what is larger than a store may have to take', async () => {
  const { client, registry } = await startRegistry();
  const data = { big: 'x'.repeat(1_000_000) };
  await expect(
    client.create('ConfigMap', {
      metadata: { namespace: 'default', name: 'big', annotations: { a: 'y'.repeat(200_000) } },
      data: { ...data, more: 'z'.repeat(48_000) },
    }),
  ).resolves.toBeDefined();
  await expect(
    client.create('Secret', {
      metadata: { namespace: 'default', name: 'big' },
      data: { a: Buffer.alloc(1_040_000).toString('base64') },
      stringData: {},
    }),
  ).resolves.toBeDefined();
  const labels = Object.fromEntries(
    Array.from({ length: 60_000 }, (_, index) => [`a-label-that-is-long-${index}`, 'v']),
  );
  await expect(
    client.create('ConfigMap', { metadata: { namespace: 'default', name: 'labels', labels } }),
  ).rejects.toMatchObject({
    code: 413,
    message: expect.stringContaining('configmaps "labels" is too large') as string,
  });
  await registry.close();
});

describe('create', () => {
  it('fills identity, defaults and status, and is seen by the next read', async () => {
    const { object } = await registry.create(pods, 'default', aPod('web'), options);
    expect(object).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'web', namespace: 'default', generation: 1 },
      spec: {
        restartPolicy: 'Always',
        securityContext: {},
        serviceAccountName: 'default',
        priority: 0,
        preemptionPolicy: 'PreemptLowerPriority',
        tolerations: [
          { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 15 },
          { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 },
        ],
      },
      status: { phase: 'Pending', qosClass: 'BestEffort' },
    });
    expect((await registry.get(pods, key('web'))).object).toEqual(object);
    expect(JSON.parse((await registry.get(pods, key('web'))).json.toString())).toEqual(object);
  });

  it.each<[string, object, object]>([
    ['Namespace', {}, { phase: 'Active' }],
    ['ReplicaSet', SELECTING, { replicas: 0 }],
    ['Service', { ports: [{ port: 80 }] }, { loadBalancer: {} }],
    ['CertificateSigningRequest', REQUESTING, {}],
  ])('gives a new %s a status, for clients that read it without asking', async (name, spec, status) => {
    const kind = kinds.require(name);
    const object = { metadata: { name: 'new' }, spec } as ApiObject;
    const created = await registry.create(kind, kind.namespaced ? 'default' : undefined, object, options);
    expect(created.object['status']).toEqual(status);
  });

  it.each([
    [
      'a missing container name',
      aPod('web', { containers: [{ image: 'x' }] }),
      'spec.containers[0].name: Required value',
    ],
    [
      'an unknown restart policy',
      aPod('web', { restartPolicy: 'Maybe' }),
      'spec.restartPolicy: Unsupported value: "Maybe": supported values: "Always", "OnFailure", "Never"',
    ],
    [
      'a mount of no volume',
      aPod('web', { containers: [{ name: 'a', image: 'x', volumeMounts: [{ name: 'v', mountPath: '/v' }] }] }),
      'spec.containers[0].volumeMounts[0].name: Not found: "v"',
    ],
    ['an upper-case name', aPod('Web'), 'a lowercase RFC 1123 subdomain must consist of'],
    [
      'no name at all',
      { spec: { containers: [{ name: 'a', image: 'x' }] } },
      'metadata.name: Required value: name or generateName is required',
    ],
    [
      'a request above its limit',
      aPod('web', {
        containers: [{ name: 'a', image: 'x', resources: { requests: { cpu: '2' }, limits: { cpu: '1' } } }],
      }),
      'must be less than or equal to cpu limit of 1',
    ],
  ])('refuses %s with the field and the reason', async (_, object, message) => {
    await expect(registry.create(pods, 'default', object, options)).rejects.toMatchObject({
      reason: 'Invalid',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each([
    [
      'a number for a name',
      { spec: { containers: [{ name: 1 }] } },
      'Pod in version "v1" cannot be handled as a Pod: json: cannot unmarshal number into Go struct field Container.spec.containers.name of type string',
    ],
    [
      'a text for a list',
      { spec: { containers: 'x' } },
      'json: cannot unmarshal string into Go struct field PodSpec.spec.containers of type []v1.Container',
    ],
    [
      'a quantity that is none',
      aPod('web', { containers: [{ name: 'a', image: 'x', resources: { limits: { cpu: 'lots' } } }] }),
      'quantities must match the regular expression',
    ],
    ['another kind', { ...aPod('web'), kind: 'Node', apiVersion: 'v1' }, 'cannot be handled as a Pod'],
    [
      'another namespace',
      { ...aPod('web'), metadata: { name: 'web', namespace: 'other' } },
      'does not match the namespace sent on the request',
    ],
  ])('refuses %s as a bad request', async (_, object, message) => {
    await expect(registry.create(pods, 'default', object, options)).rejects.toMatchObject({
      reason: 'BadRequest',
      message: expect.stringContaining(message) as string,
    });
  });

  it('reports unknown fields as asked for, and never stores them', async () => {
    const object = aPod('web', { foo: 1, containers: [{ name: 'app', image: 'x', bar: 2 }] });
    await expect(registry.create(pods, 'default', object, { ...options, fieldValidation: 'Strict' })).rejects.toThrow(
      'strict decoding error: unknown field "spec.containers[0].bar", unknown field "spec.foo"',
    );
    const { object: stored, warnings } = await registry.create(pods, 'default', object, options);
    expect(warnings).toEqual(['unknown field "spec.containers[0].bar"', 'unknown field "spec.foo"']);
    expect(JSON.stringify(stored)).not.toContain('foo');
  });

  it('is not polluted by prototype keys', async () => {
    const hostile = JSON.parse(
      '{"metadata":{"name":"evil"},"__proto__":{"polluted":1},"data":{"__proto__":"x","constructor":"y"}}',
    ) as ApiObject;
    await registry.create(configMaps, 'default', hostile, options);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('refuses a second object of the same name, but finds another generated one', async () => {
    await registry.create(pods, 'default', aPod('web'), options);
    await expect(registry.create(pods, 'default', aPod('web'), options)).rejects.toThrow('pods "web" already exists');
    const generated = { ...aPod(''), metadata: { generateName: 'job-' } };
    const names = await Promise.all([1, 2, 3].map(() => registry.create(pods, 'default', generated, options)));
    expect(new Set(names.map(({ object }) => object.metadata.name)).size).toBe(3);
  });

  it('needs a namespace that exists and stays', async () => {
    await expect(
      registry.create(pods, 'nowhere', { ...aPod('web'), metadata: { name: 'web' } }, options),
    ).rejects.toThrow('namespaces "nowhere" not found');
    await client.create('Namespace', { metadata: { name: 'going' } });
    await client.delete('Namespace', { name: 'going' });
    await expect(
      registry.create(pods, 'going', { ...aPod('web'), metadata: { name: 'web' } }, options),
    ).rejects.toMatchObject({ reason: 'Forbidden', details: { causes: [{ reason: 'NamespaceTerminating' }] } });
  });

  it('writes nothing in a dry run', async () => {
    await registry.create(pods, 'default', aPod('web'), { ...options, dryRun: true });
    await expect(registry.get(pods, key('web'))).rejects.toThrow('pods "web" not found');
  });
});

describe('update', () => {
  it('refuses what was read before another write', async () => {
    const first = await client.create('ConfigMap', aConfigMap('settings'));
    await client.update('ConfigMap', { ...first, data: { a: '2' } });
    await expect(client.update('ConfigMap', { ...first, data: { a: '3' } })).rejects.toThrow(
      'Operation cannot be fulfilled on configmaps "settings": the object has been modified; please apply your changes to the latest version and try again',
    );
  });

  it('writes nothing when nothing changes', async () => {
    const first = await client.create('ConfigMap', aConfigMap('settings'));
    expect((await client.update('ConfigMap', first)).metadata.resourceVersion).toBe(first.metadata.resourceVersion);
  });

  it('keeps spec and status apart', async () => {
    const pod = await client.create('Pod', aPod('web'));
    const changed = { ...pod, status: { phase: 'Running' }, metadata: { ...pod.metadata, labels: { a: 'b' } } };
    expect((await client.update('Pod', changed)).status?.phase).toBe('Pending');
    const status = await client.modify('Pod', key('web'), (it) => ({ ...it, status: { phase: 'Running' } }), {
      subresource: 'status',
    });
    expect(status).toMatchObject({ status: { phase: 'Running' }, metadata: { labels: { a: 'b' }, generation: 1 } });
  });

  it('lets only images, tolerations and the deadline of a pod change, and counts the generation', async () => {
    const pod = await client.create('Pod', aPod('web'));
    await expect(client.update('Pod', { ...pod, spec: { ...pod.spec, restartPolicy: 'Never' } })).rejects.toThrow(
      'pod updates may not change fields other than `spec.containers[*].image`',
    );
    const patched = await client.patch('Pod', key('web'), {
      type: 'strategic',
      body: { spec: { containers: [{ name: 'app', image: 'busybox:2' }] } },
    });
    expect(patched.metadata.generation).toBe(2);
    expect(patched.spec.containers).toMatchObject([{ name: 'app', image: 'busybox:2' }]);
  });

  it('keeps an immutable ConfigMap as it is', async () => {
    await client.create('ConfigMap', { ...aConfigMap('fixed'), immutable: true });
    await expect(
      client.patch('ConfigMap', key('fixed'), { type: 'merge', body: { data: { a: '2' } } }),
    ).rejects.toThrow('data: Forbidden: field is immutable when `immutable` is set');
  });

  it('gives every concurrent patch its turn', async () => {
    await client.create('ConfigMap', aConfigMap('busy'));
    const patches = Array.from({ length: 8 }, (_, index) =>
      client.patch('ConfigMap', key('busy'), { type: 'merge', body: { data: { [`k${index}`]: 'x' } } }),
    );
    await Promise.all(patches);
    expect(Object.keys((await client.get('ConfigMap', key('busy'))).data ?? {})).toHaveLength(9);
  });
});

describe('delete', () => {
  it('removes an unbound pod at once', async () => {
    await client.create('Pod', aPod('web'));
    await expect(registry.delete(pods, key('web'), options)).resolves.toMatchObject({ outcome: 'deleted' });
  });

  it('leaves a bound pod its grace period, shortens it when asked, and removes it at zero', async () => {
    const { metadata } = await client.create('Pod', aPod('web'));
    await client.bind(key('web'), { nodeName: 'n1', uid: metadata.uid });
    await client.delete('Pod', key('web'));
    expect((await client.get('Pod', key('web'))).metadata).toMatchObject({
      deletionGracePeriodSeconds: 30,
      deletionTimestamp: '2026-01-01T00:00:30Z',
    });
    await client.delete('Pod', key('web'), { gracePeriodSeconds: 5 });
    expect((await client.get('Pod', key('web'))).metadata.deletionTimestamp).toBe('2026-01-01T00:00:05Z');
    await client.delete('Pod', key('web'), { gracePeriodSeconds: 0 });
    await expect(client.get('Pod', key('web'))).rejects.toThrow('not found');
  });

  it('waits for finalizers, and ends with the last one', async () => {
    await client.create('ConfigMap', {
      ...aConfigMap('held'),
      metadata: { name: 'held', namespace: 'default', finalizers: ['a.io/x'] },
    });
    await expect(registry.delete(configMaps, key('held'), options)).resolves.toMatchObject({ outcome: 'terminating' });
    await client.patch('ConfigMap', key('held'), { type: 'merge', body: { metadata: { finalizers: null } } });
    await expect(client.get('ConfigMap', key('held'))).rejects.toThrow('not found');
  });

  it('checks preconditions and protects the system namespaces', async () => {
    await client.create('ConfigMap', aConfigMap('c'));
    await expect(client.delete('ConfigMap', key('c'), { preconditions: { uid: 'other' } })).rejects.toMatchObject({
      reason: 'Conflict',
    });
    await expect(client.delete('Namespace', { name: 'default' })).rejects.toThrow(
      'namespaces "default" is forbidden: this namespace may not be deleted',
    );
  });

  it('lets a namespace go when its finalizer is taken away through /finalize, and no other way', async () => {
    await client.create('Namespace', { metadata: { name: 'team' } });
    await client.delete('Namespace', { name: 'team' });
    expect((await client.get('Namespace', { name: 'team' })).status?.phase).toBe('Terminating');
    const release = (it: Namespace): Namespace => ({ ...it, spec: { finalizers: [] } });
    await client.modify('Namespace', { name: 'team' }, release);
    await client.modify('Namespace', { name: 'team' }, release, { subresource: 'status' });
    expect((await client.get('Namespace', { name: 'team' })).spec?.finalizers).toEqual(['kubernetes']);
    await client.modify('Namespace', { name: 'team' }, release, { subresource: 'finalize' });
    await expect(client.get('Namespace', { name: 'team' })).rejects.toThrow('not found');
  });
});

describe('bind', () => {
  it('assigns a pod once', async () => {
    const { metadata } = await client.create('Pod', aPod('web'));
    await client.bind(key('web'), { nodeName: 'n1', uid: metadata.uid });
    const bound = await client.get('Pod', key('web'));
    expect(bound.spec.nodeName).toBe('n1');
    expect(bound.status?.conditions).toMatchObject([{ type: 'PodScheduled', status: 'True' }]);
    await expect(client.bind(key('web'), { nodeName: 'n2', uid: metadata.uid })).rejects.toThrow(
      'Operation cannot be fulfilled on pods/binding "web": pod web is already assigned to node "n1"',
    );
  });
});

describe('list and watch', () => {
  it('pages through one revision while objects come and go', async () => {
    for (const name of ['a', 'b', 'c', 'd']) await client.create('ConfigMap', aConfigMap(name));
    const first = await registry.list(configMaps, { namespace: 'default', limit: 2 });
    expect(first).toMatchObject({ remainingItemCount: 2 });
    await client.delete('ConfigMap', key('d'));
    await client.create('ConfigMap', aConfigMap('e'));
    const second = await registry.list(configMaps, { namespace: 'default', limit: 2, continue: first.continue ?? '' });
    expect(second.items.map(({ object }) => object.metadata.name)).toEqual(['c', 'd']);
    expect(second.resourceVersion).toBe(first.resourceVersion);
    expect(second.continue).toBeUndefined();
  });

  it('selects by labels and fields, and names fields it cannot select by', async () => {
    await client.create('Pod', {
      ...aPod('web'),
      metadata: { name: 'web', namespace: 'default', labels: { app: 'x' } },
    });
    await client.create('Pod', aPod('other'));
    const names = async (query: object) =>
      (await registry.list(pods, query)).items.map(({ object }) => object.metadata.name);
    expect(await names({ labelSelector: 'app in (x,y)' })).toEqual(['web']);
    expect(await names({ fieldSelector: 'metadata.name!=web,status.phase=Pending' })).toEqual(['other']);
    await expect(names({ fieldSelector: 'spec.foo=1' })).rejects.toThrow('field label not supported: spec.foo');
  });

  it('starts with what there is, then tells each change; a selector turns changes into comings and goings', async () => {
    await client.create('ConfigMap', {
      ...aConfigMap('a'),
      metadata: { name: 'a', namespace: 'default', labels: { on: 'yes' } },
    });
    const watch = registry.watch(configMaps, {
      labelSelector: 'on=yes',
      allowBookmarks: true,
      sendInitialEvents: true,
    });
    const seen = collect(watch, 5);
    await client.create('ConfigMap', aConfigMap('b'));
    await client.patch('ConfigMap', key('b'), { type: 'merge', body: { metadata: { labels: { on: 'yes' } } } });
    await client.patch('ConfigMap', key('b'), { type: 'merge', body: { data: { a: '2' } } });
    await client.patch('ConfigMap', key('b'), { type: 'merge', body: { metadata: { labels: { on: null } } } });
    expect(await seen).toEqual(['ADDED a', 'BOOKMARK end', 'ADDED b', 'MODIFIED b', 'DELETED b']);
  });

  it('resumes from a revision with everything after it', async () => {
    const first = await client.create('ConfigMap', aConfigMap('a'));
    await client.create('ConfigMap', aConfigMap('b'));
    await client.delete('ConfigMap', key('a'));
    const watch = registry.watch(configMaps, {
      resourceVersion: first.metadata.resourceVersion,
      allowBookmarks: false,
    });
    expect(await collect(watch, 2)).toEqual(['ADDED b', 'DELETED a']);
  });
});

async function collect(
  watch: AsyncIterable<readonly WatchSignal[]> & { close(): void },
  count: number,
): Promise<string[]> {
  const seen: string[] = [];
  for await (const signals of watch) {
    seen.push(...signals.map(textOf));
    if (seen.length >= count) watch.close();
  }
  return seen;
}

function textOf(signal: WatchSignal): string {
  if (signal.type === 'ERROR') return `ERROR ${signal.error.message}`;
  if (signal.type === 'BOOKMARK') return signal.initialEventsEnd ? 'BOOKMARK end' : 'BOOKMARK';
  return `${signal.type} ${signal.encoded.object.metadata.name}`;
}
