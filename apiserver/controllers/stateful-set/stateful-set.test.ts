import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isReady } from '../workloads/pod-state';
import { key, playedSet, templateOf } from './testing/played-set';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const { create, change, pods, images } = playedSet(() => cluster);
const names = () => pods().map(({ metadata }) => metadata.name);
const step = () =>
  report(
    cluster,
    pods().filter((pod) => !isReady(pod)),
    'ready',
  );

it('makes its pods in order, each when the one before is ready, and ends them in reverse', async () => {
  await create();
  for (const count of [1, 2, 3]) {
    expect(names()).toEqual(['db-0', 'db-1', 'db-2'].slice(0, count));
    await step();
  }
  expect(pods()[1]?.spec).toMatchObject({ hostname: 'db-1', subdomain: 'db' });
  await change({ replicas: 1 });
  expect(names()).toEqual(['db-0']);
});

it('makes them all at once where it is Parallel', async () => {
  await create({ podManagementPolicy: 'Parallel' });
  expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
});

it('updates from the last to the partition', async () => {
  await create();
  for (let count = 0; count < 3; count++) await step();
  await change({ template: templateOf('a:2'), updateStrategy: { rollingUpdate: { partition: 1 } } });
  expect(images()).toEqual(['a:1', 'a:1', 'a:2']);
  await step();
  await step();
  expect(images()).toEqual(['a:1', 'a:2', 'a:2']);
  await cluster.client.delete('Pod', { namespace: 'default', name: 'db-0' });
  await cluster.idle();
  expect(images()).toEqual(['a:1', 'a:2', 'a:2']);
});

it('mends a broken revision by the next one, though no pod became ready', async () => {
  await create();
  await change({ template: templateOf('a:2') });
  expect(images()).toEqual(['a:2']);
});

it('makes the claims of its pods, which stay', async () => {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
  await create({ replicas: 1, volumeClaimTemplates: [{ metadata: { name: 'data' }, spec }] });
  expect(pods()[0]?.spec.volumes).toContainEqual({ name: 'data', persistentVolumeClaim: { claimName: 'data-db-0' } });
  await change({ replicas: 0 });
  expect(names()).toEqual([]);
  expect(cluster.client.view('PersistentVolumeClaim').list()).toHaveLength(1);
});

describe('the claims of its pods', () => {
  const volumeClaimTemplates = [
    {
      metadata: { name: 'data' },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
  ];
  const createWith = (persistentVolumeClaimRetentionPolicy: object) =>
    create({ podManagementPolicy: 'Parallel', volumeClaimTemplates, persistentVolumeClaimRetentionPolicy });
  const claims = (): readonly string[] =>
    cluster.client
      .view('PersistentVolumeClaim')
      .list()
      .map(({ metadata }) => metadata.name)
      .sort();
  const all = ['data-db-0', 'data-db-1', 'data-db-2'];

  it.each([
    ['Retain', 'Retain', all, all],
    ['Retain', 'Delete', ['data-db-0'], ['data-db-0']],
    ['Delete', 'Retain', all, []],
    ['Delete', 'Delete', ['data-db-0'], []],
  ])('are kept: %s with the set, %s when scaled', async (whenDeleted, whenScaled, afterScaling, afterDeletion) => {
    await createWith({ whenDeleted, whenScaled });
    expect(claims()).toEqual(all);
    await change({ replicas: 1 });
    expect(claims()).toEqual(afterScaling);
    await cluster.client.delete('StatefulSet', key, { propagationPolicy: 'Background' });
    await cluster.idle();
    expect(claims()).toEqual(afterDeletion);
  });

  it('follow a change of the policy', async () => {
    await createWith({ whenDeleted: 'Delete' });
    await change({ persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain' } });
    await cluster.client.delete('StatefulSet', key, { propagationPolicy: 'Background' });
    await cluster.idle();
    expect(claims()).toEqual(all);
  });

  it('stay when a pod that is wanted is replaced', async () => {
    await createWith({ whenDeleted: 'Delete', whenScaled: 'Delete' });
    const [before] = cluster.client.view('PersistentVolumeClaim').list();
    await cluster.client.delete('Pod', { namespace: 'default', name: 'db-0' });
    await cluster.idle();
    expect(names()).toContain('db-0');
    expect(cluster.client.view('PersistentVolumeClaim').list()[0]?.metadata.uid).toBe(before?.metadata.uid);
  });

  it('that still go are not given to a new pod', async () => {
    await createWith({ whenScaled: 'Delete' });
    const claimKey = { namespace: 'default', name: 'data-db-2' };
    await cluster.client.patch('PersistentVolumeClaim', claimKey, {
      type: 'merge',
      body: { metadata: { finalizers: ['example.com/busy'] } },
    });
    await change({ replicas: 2 });
    await change({ replicas: 3 });
    expect(names()).toEqual(['db-0', 'db-1']);
    await cluster.client.patch('PersistentVolumeClaim', claimKey, {
      type: 'merge',
      body: { metadata: { finalizers: null } },
    });
    await cluster.idle();
    expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
    expect(claims()).toEqual(all);
  });

  it('of others are left alone', async () => {
    await createWith({ whenDeleted: 'Delete' });
    const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'other', uid: 'x', controller: true };
    const other = await cluster.client.create('ConfigMap', { metadata: { namespace: 'default', name: 'other' } });
    await cluster.client.patch(
      'PersistentVolumeClaim',
      { namespace: 'default', name: 'data-db-0' },
      { type: 'merge', body: { metadata: { ownerReferences: [{ ...owner, uid: other.metadata.uid }] } } },
    );
    await cluster.client.delete('StatefulSet', key, { propagationPolicy: 'Background' });
    await cluster.idle();
    expect(claims()).toEqual(['data-db-0']);
  });
});
