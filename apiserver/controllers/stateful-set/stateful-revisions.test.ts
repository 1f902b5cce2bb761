import type { StatefulSet } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { toldOf } from '../testing/told';
import { isReady } from '../workloads/pod-state';
import { imageOf, key, labels, playedSet, templateOf } from './testing/played-set';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const { create, change, pods, images } = playedSet(() => cluster);
const set = (): StatefulSet | undefined => cluster.client.view('StatefulSet').get(key);
/** The agents: every pod of an image that works becomes ready, again and again, until nothing moves. */
async function settle(isGood: (image: string) => boolean = () => true): Promise<void> {
  for (let round = 0; round < 20; round++) {
    const waiting = pods().filter((pod) => !isReady(pod) && isGood(imageOf(pod) ?? ''));
    if (waiting.length === 0) return;
    await report(cluster, waiting, 'ready');
  }
}
const isGood = (image: string): boolean => !image.startsWith('broken');

describe.each(['OrderedReady', 'Parallel'])('a broken revision, %s', (podManagementPolicy) => {
  it.each([
    ['a newer one', 'a:3'],
    ['the one before', 'a:1'],
  ])('never stands in the way of %s', async (_which, image) => {
    await create({ podManagementPolicy });
    await settle();
    await change({ template: templateOf('broken:2') });
    await settle(isGood);
    expect(images()).toEqual(['a:1', 'a:1', 'broken:2']);
    await change({ template: templateOf(image) });
    await settle(isGood);
    expect(images()).toEqual([image, image, image]);
    expect(pods().every(isReady)).toBe(true);
    expect(set()?.status).toMatchObject({ updatedReplicas: 3, readyReplicas: 3 });
    expect(set()?.status?.currentRevision).toBe(set()?.status?.updateRevision);
  });

  it('gives way to the one before it where a partition was raised above it', async () => {
    await create({ podManagementPolicy });
    await settle();
    await change({ template: templateOf('broken:2'), updateStrategy: { rollingUpdate: { partition: 2 } } });
    await settle(isGood);
    await change({ template: templateOf('broken:3'), updateStrategy: { rollingUpdate: { partition: 3 } } });
    await settle(isGood);
    expect(images()).toEqual(['a:1', 'a:1', 'a:1']);
  });
});

it('counts a partition from its first ordinal', async () => {
  await create({ ordinals: { start: 5 } });
  await settle();
  await change({ template: templateOf('a:2'), updateStrategy: { rollingUpdate: { partition: 2 } } });
  await settle();
  expect(pods().map((pod) => `${pod.metadata.name} ${imageOf(pod) ?? ''}`)).toEqual([
    'db-5 a:1',
    'db-6 a:1',
    'db-7 a:2',
  ]);
});

it('replaces with OnDelete only what others delete, and calls no update complete', async () => {
  await create({ updateStrategy: { type: 'OnDelete' } });
  await settle();
  const before = set()?.status?.currentRevision;
  await change({ template: templateOf('a:2') });
  await settle();
  expect(images()).toEqual(['a:1', 'a:1', 'a:1']);
  for (const { metadata } of pods()) {
    await cluster.client.delete('Pod', { namespace: 'default', name: metadata.name });
    await cluster.idle();
    await settle();
  }
  expect(images()).toEqual(['a:2', 'a:2', 'a:2']);
  expect(set()?.status).toMatchObject({ updatedReplicas: 3, currentRevision: before });
});

it.each(['stranger', 'db-x-1', 'db-01', 'other-1'])(
  'leaves an orphan alone whose name is not its own: %s',
  async (name) => {
    const { spec } = templateOf('a:1');
    await cluster.client.create('Pod', { metadata: { namespace: 'default', name, labels }, spec });
    await create();
    await settle();
    const orphan = cluster.client.view('Pod').get({ namespace: 'default', name });
    expect(orphan?.metadata.ownerReferences).toBeUndefined();
    expect(pods()).toHaveLength(4);
  },
);

it('takes an orphan that bears a name of it', async () => {
  await cluster.client.create('Pod', {
    metadata: { namespace: 'default', name: 'db-1', labels: { ...labels, 'controller-revision-hash': 'x' } },
    spec: templateOf('a:1').spec,
  });
  await create({ updateStrategy: { type: 'OnDelete' } });
  await settle();
  expect(pods().map(({ metadata }) => [metadata.name, metadata.ownerReferences?.[0]?.name])).toEqual([
    ['db-0', 'db'],
    ['db-1', 'db'],
    ['db-2', 'db'],
  ]);
});

it("tells of what it does in Kubernetes' words", async () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  await create({ replicas: 1, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }] });
  await report(cluster, pods(), 'Failed');
  const told = await toldOf(cluster, 'StatefulSet');
  expect([...new Set(told)].sort()).toEqual([
    'Normal SuccessfulCreate: create Claim data-db-0 Pod db-0 in StatefulSet db success',
    'Normal SuccessfulCreate: create Pod db-0 in StatefulSet db successful',
    'Normal SuccessfulDelete: delete Pod db-0 in StatefulSet db successful',
    'Warning RecreatingFailedPod: StatefulSet default/db is recreating failed Pod db-0',
  ]);
});

it('makes the claims anew that a pending pod misses', async () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  await create({ replicas: 1, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }] });
  const claim = { namespace: 'default', name: 'data-db-0' };
  await cluster.client.patch('PersistentVolumeClaim', claim, {
    type: 'merge',
    body: { metadata: { finalizers: null } },
  });
  await cluster.client.delete('PersistentVolumeClaim', claim);
  await cluster.idle();
  expect(cluster.client.view('PersistentVolumeClaim').get(claim)?.metadata.deletionTimestamp).toBeUndefined();
});

it('counts a pod that is on its way out until it is gone', async () => {
  await create({ replicas: 1 });
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  const [pod] = pods();
  await cluster.client.bind({ namespace: 'default', name: 'db-0' }, { nodeName: 'n1', uid: pod?.metadata.uid ?? '' });
  await report(cluster, pods(), 'ready');
  await change({ replicas: 0 });
  expect(set()?.status).toMatchObject({ replicas: 1, readyReplicas: 1, updatedReplicas: 0, currentReplicas: 0 });
  await cluster.client.delete('Pod', { namespace: 'default', name: 'db-0' }, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect(set()?.status).toMatchObject({ replicas: 0, readyReplicas: 0 });
});

it('writes on each pod the name of its revision, as its own status tells it', async () => {
  await create();
  await settle();
  const revisionsOf = () => pods().map(({ metadata }) => metadata.labels?.['controller-revision-hash']);
  const before = set()?.status?.currentRevision;
  expect(revisionsOf()).toEqual([before, before, before]);
  await change({ template: templateOf('a:2'), updateStrategy: { rollingUpdate: { partition: 2 } } });
  await settle();
  expect(revisionsOf()).toEqual([before, before, set()?.status?.updateRevision]);
});

it('knows pods that bear the hash of their revision alone, and leaves them be', async () => {
  await create();
  await settle();
  const uids = pods().map(({ metadata }) => metadata.uid);
  for (const { metadata } of pods()) {
    const hash = metadata.labels?.['controller-revision-hash']?.slice('db-'.length);
    const body = { metadata: { labels: { 'controller-revision-hash': hash } } };
    await cluster.client.patch('Pod', { namespace: 'default', name: metadata.name }, { type: 'merge', body });
  }
  await cluster.idle();
  expect(pods().map(({ metadata }) => metadata.uid)).toEqual(uids);
  expect(set()?.status).toMatchObject({ updatedReplicas: 3 });
});
