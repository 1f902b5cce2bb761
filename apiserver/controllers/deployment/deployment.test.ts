import type { Deployment, Pod, ReplicaSet } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isActive, isReady } from '../workloads/pod-state';
import { fencePosts, proportionalSizes } from './replica-counts';
import { revisionOf } from './revisions';
import { key, labels, templateOf, playedDeployment } from './testing/played-deployment';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const { create, change, deployment } = playedDeployment(() => cluster, 3);
const roll = (image: string): Promise<void> => change({ template: templateOf(image) });
const sets = (): readonly ReplicaSet[] =>
  [...cluster.client.view('ReplicaSet').list()].sort((a, b) => revisionOf(a) - revisionOf(b));
const sizes = (): readonly unknown[] => sets().map(({ spec }) => spec?.replicas);
const pods = (): readonly Pod[] => cluster.client.view('Pod').list().filter(isActive);
const images = (): readonly unknown[] => pods().map(({ spec }) => spec.containers[0]?.image);
const condition = (type: string) => {
  const found = deployment()?.status?.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason ?? ''}`;
};

/** Every pod becomes ready, again and again, until nothing moves; `watch` is called after each step. */
async function settle(watch: () => void = () => undefined): Promise<void> {
  for (;;) {
    const waiting = pods().filter((pod) => !isReady(pod));
    if (waiting.length === 0) return;
    await report(cluster, waiting.slice(0, 1), 'ready');
    watch();
  }
}

it('makes a ReplicaSet of its template, which makes the pods', async () => {
  await create();
  expect(sizes()).toEqual([3]);
  expect(pods()).toHaveLength(3);
  const hash = sets()[0]?.metadata.labels?.['pod-template-hash'] ?? '';
  expect(hash).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/);
  expect(sets()[0]?.metadata.name).toBe(`web-${hash}`);
  expect(pods()[0]?.metadata.labels).toEqual({ app: 'web', 'pod-template-hash': hash });
  expect(condition('Available')).toBe('False MinimumReplicasUnavailable');
  await settle();
  expect(deployment()?.status).toMatchObject({
    observedGeneration: 1,
    replicas: 3,
    updatedReplicas: 3,
    readyReplicas: 3,
    availableReplicas: 3,
  });
  expect([condition('Available'), condition('Progressing')]).toEqual([
    'True MinimumReplicasAvailable',
    'True NewReplicaSetAvailable',
  ]);
});

it('rolls to a new template without ever having too many or too few pods', async () => {
  await create({ replicas: 10 });
  await settle();
  await roll('busybox:2');
  const { surge, unavailable } = { surge: 3, unavailable: 2 };
  await settle(() => {
    expect(pods().length).toBeLessThanOrEqual(10 + surge);
    expect(pods().filter(isReady).length).toBeGreaterThanOrEqual(10 - unavailable);
  });
  expect(sizes()).toEqual([0, 10]);
  expect(new Set(images())).toEqual(new Set(['busybox:2']));
});

it('stops where the new template does not become ready', async () => {
  await create({ replicas: 4 });
  await settle();
  await roll('broken:1');
  expect(pods().filter(isReady)).toHaveLength(3);
  expect(sizes()).toEqual([3, 2]);
  expect(condition('Progressing')).toBe('True ReplicaSetUpdated');
  await cluster.clock.advance(601_000);
  await cluster.idle();
  expect(condition('Progressing')).toBe('False ProgressDeadlineExceeded');
});

it('Recreate ends all old pods before it makes a new one', async () => {
  await create({ strategy: { type: 'Recreate' } });
  await settle();
  // Pods on nodes take their grace period.
  for (const pod of pods()) {
    await cluster.client.bind(
      { namespace: 'default', name: pod.metadata.name },
      { nodeName: 'n1', uid: pod.metadata.uid },
    );
  }
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await roll('busybox:2');
  expect(sizes()).toEqual([0]);
  for (const { metadata } of cluster.client.view('Pod').list()) {
    await cluster.client.delete('Pod', { namespace: 'default', name: metadata.name }, { gracePeriodSeconds: 0 });
  }
  await cluster.idle();
  expect(sizes()).toEqual([0, 3]);
});

it('Recreate makes no pod beside one of an old version, though it was scaled to nothing before', async () => {
  await create({ replicas: 1, strategy: { type: 'Recreate' } });
  await settle();
  const [{ metadata } = { metadata: { name: '', uid: '' } }] = pods();
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await cluster.client.bind({ namespace: 'default', name: metadata.name }, { nodeName: 'n1', uid: metadata.uid });
  await change({ replicas: 0 });
  await change({ replicas: 1, template: templateOf('busybox:2') });
  expect(cluster.client.view('Pod').list()).toHaveLength(1);
  await cluster.client.delete('Pod', { namespace: 'default', name: metadata.name }, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect(images()).toEqual(['busybox:2']);
});

it('scales up from nothing while it is paused with a template that was never rolled out', async () => {
  await create({ replicas: 0 });
  await change({ paused: true, template: templateOf('busybox:2') });
  await change({ replicas: 2 });
  expect(images()).toEqual(['busybox:1', 'busybox:1']);
});

it('tells of no progress once it has no deadline for it, and keeps having timed out while it is paused', async () => {
  await create();
  await cluster.clock.advance(601_000);
  await cluster.idle();
  await change({ paused: true });
  expect(condition('Progressing')).toBe('False ProgressDeadlineExceeded');
  await change({ progressDeadlineSeconds: 2 ** 31 - 1 });
  expect(condition('Progressing')).toBeUndefined();
});

it('numbers its revisions, and goes back to one by its template', async () => {
  await create();
  await settle();
  await roll('busybox:2');
  await settle();
  expect(sets().map(revisionOf)).toEqual([1, 2]);
  await roll('busybox:1');
  await settle();
  expect(sets().map(revisionOf)).toEqual([2, 3]);
  expect(sizes()).toEqual([0, 3]);
  expect(sets()[1]?.metadata.annotations).toMatchObject({ 'deployment.kubernetes.io/revision-history': '1' });
  expect(deployment()?.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('3');
});

it('keeps as many old revisions as it is told', async () => {
  await create({ revisionHistoryLimit: 1 });
  await settle();
  for (const image of ['busybox:2', 'busybox:3', 'busybox:4']) {
    await roll(image);
    await settle();
  }
  expect(sets().map(revisionOf)).toEqual([3, 4]);
});

it('scales without a rollout, up and down and to nothing', async () => {
  await create();
  await settle();
  for (const replicas of [6, 1, 0, 2]) {
    await change({ replicas });
    await settle();
    expect(pods()).toHaveLength(replicas);
  }
  expect(sets()).toHaveLength(1);
});

it('does nothing but scale while it is paused', async () => {
  await create();
  await settle();
  await change({ paused: true });
  await roll('busybox:2');
  await change({ replicas: 5 });
  await settle();
  expect(images()).toEqual(Array(5).fill('busybox:1'));
  expect(condition('Progressing')).toBe('Unknown DeploymentPaused');
  await change({ paused: false });
  await settle();
  expect(images()).toEqual(Array(5).fill('busybox:2'));
});

it('takes ReplicaSets that match its selector, and removes everything with itself', async () => {
  const adopted = { ...labels, 'pod-template-hash': 'x' };
  await cluster.client.create('ReplicaSet', {
    metadata: { ...key, name: 'found', labels: adopted },
    spec: {
      replicas: 3,
      selector: { matchLabels: adopted },
      template: { ...templateOf('busybox:1'), metadata: { labels: adopted } },
    },
  });
  await create();
  expect(sets().map(({ metadata }) => metadata.name)).toEqual(['found']);
  await cluster.client.delete('Deployment', key);
  await cluster.idle();
  expect([sets(), pods()]).toEqual([[], []]);
});

it('steps aside where another ReplicaSet has its name', async () => {
  await create();
  const name = sets()[0]?.metadata.name ?? '';
  await cluster.client.delete('Deployment', key, { propagationPolicy: 'Background' });
  await cluster.idle();
  await cluster.client.create('ReplicaSet', {
    metadata: { ...key, name },
    spec: {
      replicas: 0,
      selector: { matchLabels: { b: 'c' } },
      template: { ...templateOf('x:1'), metadata: { labels: { b: 'c' } } },
    },
  });
  await create();
  expect(pods()).toHaveLength(3);
  expect(deployment()?.status?.collisionCount).toBe(1);
});

describe('numbers', () => {
  const aDeployment = (replicas: number, maxSurge: unknown, maxUnavailable: unknown): Deployment =>
    ({ spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } } }) as never;

  it.each([
    [10, '25%', '25%', { surge: 3, unavailable: 2 }],
    [1, '25%', '25%', { surge: 1, unavailable: 0 }],
    [4, 0, 1, { surge: 0, unavailable: 1 }],
    [3, 0, '10%', { surge: 0, unavailable: 1 }],
    [2, 5, 9, { surge: 5, unavailable: 2 }],
  ])('of %i pods, surge %s and unavailable %s are %j', (replicas, surge, unavailable, expected) => {
    expect(fencePosts(aDeployment(replicas, surge, unavailable))).toEqual(expected);
  });

  it('share a scaling in the middle of a rollout by size', () => {
    const aSet = (name: string, replicas: number): ReplicaSet =>
      ({
        metadata: {
          name,
          creationTimestamp: '2026-01-01T00:00:00Z',
          annotations: { 'deployment.kubernetes.io/max-replicas': '13' },
        },
        spec: { replicas },
      }) as never;
    const sizesOf = (wanted: number) =>
      Object.fromEntries(proportionalSizes(aDeployment(wanted, 3, 2), [aSet('old', 8), aSet('new', 5)]));
    expect(sizesOf(15)).toEqual({ old: 11, new: 7 });
    expect(sizesOf(5)).toEqual({ old: 5, new: 3 });
    expect(sizesOf(0)).toEqual({ old: 0, new: 0 });
  });
});
