import type { Deployment } from '../../../shared/api/objects';
import { revisionOf } from '../deployment/revisions';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isActive, isReady } from '../workloads/pod-state';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };
const OPTED_IN = { 'pinsetter.io/restart-on-config-change': 'true' };

const container = (image = 'busybox:1') => ({
  name: 'app',
  image,
  envFrom: [{ configMapRef: { name: 'settings' } }],
  env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'password', key: 'value' } } }],
});
async function create(
  kind: 'Deployment' | 'DaemonSet' | 'StatefulSet',
  annotations: Record<string, string>,
): Promise<void> {
  const { client } = cluster;
  await client.create('ConfigMap', { metadata: { ...key, name: 'settings' }, data: { a: '1' } });
  await client.create('Secret', { metadata: { ...key, name: 'password' }, data: { value: 'YQ==' } });
  const template = { metadata: { labels }, spec: { containers: [container()], imagePullSecrets: [{ name: 'pull' }] } };
  const serviceName = kind === 'StatefulSet' ? { serviceName: 'web' } : {};
  await client.create(kind, {
    metadata: { ...key, annotations },
    spec: { selector: { matchLabels: labels }, template, ...serviceName },
  });
  await cluster.idle();
}
const setSettings = async (body: object): Promise<void> => {
  await cluster.client.patch('ConfigMap', { ...key, name: 'settings' }, { type: 'merge', body });
  await cluster.idle();
};
const deployment = (): Deployment | undefined => cluster.client.view('Deployment').get(key);
const generation = (kind: 'Deployment' | 'DaemonSet' | 'StatefulSet'): number | undefined =>
  cluster.client.view(kind).get(key)?.metadata.generation;
const revision = (): number => {
  const found = deployment();
  return found === undefined ? 0 : revisionOf(found);
};
const cause = (): string | undefined => deployment()?.metadata.annotations?.['kubernetes.io/change-cause'];

describe('a change of configuration', () => {
  it('rolls a deployment that asked for it, and says what changed', async () => {
    await create('Deployment', OPTED_IN);
    expect(revision()).toBe(1);
    await setSettings({ data: { a: '2' } });
    expect([revision(), cause()]).toEqual([2, 'configmap/settings changed']);
    await cluster.client.patch(
      'Secret',
      { ...key, name: 'password' },
      { type: 'merge', body: { data: { value: 'Yg==' } } },
    );
    await cluster.idle();
    expect([revision(), cause()]).toEqual([3, 'secret/password changed']);
    const sets = cluster.client.view('ReplicaSet').list();
    expect(sets.map(({ metadata }) => metadata.annotations?.['kubernetes.io/change-cause']).sort()).toEqual([
      'configmap/settings changed',
      'secret/password changed',
      undefined,
    ]);
    expect(JSON.stringify(deployment())).not.toContain('Yg==');
  });

  it.each(['StatefulSet', 'DaemonSet'] as const)('rolls a %s too', async (kind) => {
    await create(kind, OPTED_IN);
    const before = generation(kind) ?? 0;
    await setSettings({ data: { a: '2' } });
    expect(generation(kind)).toBe(before + 1);
  });

  it.each<[string, object]>([
    ['labels of the ConfigMap', { metadata: { labels: { x: 'y' } } }],
    ['nothing', { data: { a: '1' } }],
  ])('is none where %s changed', async (_what, body) => {
    await create('Deployment', OPTED_IN);
    await setSettings(body);
    expect(revision()).toBe(1);
  });

  it('does nothing to those that did not ask', async () => {
    await create('Deployment', {});
    await setSettings({ data: { a: '2' } });
    expect(deployment()?.metadata.annotations).toEqual({ 'deployment.kubernetes.io/revision': '1' });
    expect(generation('Deployment')).toBe(1);
  });

  it('rolls nothing when it is asked for, when an object comes that was missing, or one that is used no more goes', async () => {
    await create('Deployment', {});
    const patch = (body: object) => cluster.client.patch('Deployment', key, { type: 'merge', body });
    await patch({ metadata: { annotations: OPTED_IN } });
    await cluster.idle();
    await cluster.client.delete('Secret', { ...key, name: 'password' });
    await cluster.idle();
    await cluster.client.create('Secret', { metadata: { ...key, name: 'password' }, data: { value: 'Yg==' } });
    await cluster.idle();
    expect(revision()).toBe(1);
  });
});

describe('a rollout that does not progress', () => {
  const image = (): string | undefined => deployment()?.spec?.template.spec?.containers[0]?.image;
  const roll = async (to: string): Promise<void> => {
    await cluster.client.patch('Deployment', key, {
      type: 'merge',
      body: { spec: { template: { spec: { containers: [container(to)] } } } },
    });
    await cluster.idle();
  };
  const timeOut = async (): Promise<void> => {
    await cluster.clock.advance(601_000);
    await cluster.idle();
  };
  const makeReady = async (): Promise<void> => {
    for (;;) {
      const waiting = cluster.client
        .view('Pod')
        .list()
        .filter((pod) => isActive(pod) && !isReady(pod));
      if (waiting.length === 0) return;
      await report(cluster, waiting.slice(0, 1), 'ready');
    }
  };

  it('goes back to the revision before, once', async () => {
    await create('Deployment', { 'pinsetter.io/rollback-on-failure': 'true' });
    await makeReady();
    await roll('broken:1');
    expect(image()).toBe('broken:1');
    await timeOut();
    expect(image()).toBe('busybox:1');
    expect([revision(), cause()]).toEqual([3, 'back to revision 1: revision 2 did not progress in time']);
    await makeReady();
    // The same again is a wish of somebody, and fails again: nothing goes round in circles.
    await roll('broken:1');
    await timeOut();
    await timeOut();
    expect(image()).toBe('broken:1');
  });

  it('passes over what has failed before', async () => {
    await create('Deployment', { 'pinsetter.io/rollback-on-failure': 'true' });
    await makeReady();
    await roll('broken:1');
    await timeOut();
    await makeReady();
    await roll('broken:2');
    await timeOut();
    expect(image()).toBe('busybox:1');
  });

  it('stays where nobody asked, and where there is nothing to go back to', async () => {
    await create('Deployment', {});
    await makeReady();
    await roll('broken:1');
    await timeOut();
    expect(image()).toBe('broken:1');
  });
});
