import type { ApiObject, PersistentVolume, PersistentVolumeClaim } from '../../../shared/api/objects';
import { isNotFound } from '../../../shared/status-error';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const volume = (name: string, storage: string, spec: object = {}, labels: Record<string, string> = {}): ApiObject => ({
  metadata: { name, labels },
  spec: {
    capacity: { storage },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: `/data/${name}` },
    ...spec,
  },
});
const claim = (name: string, storage: string, spec: object = {}): ApiObject => ({
  metadata: { namespace: 'default', name },
  spec: { accessModes: ['ReadWriteOnce'], storageClassName: '', resources: { requests: { storage } }, ...spec },
});
async function add(
  ...objects: readonly (readonly ['PersistentVolume' | 'PersistentVolumeClaim', ApiObject])[]
): Promise<void> {
  for (const [kind, object] of objects) await cluster.client.create(kind, object);
  await cluster.idle();
}
const volumeOf = (name: string): PersistentVolume | undefined => cluster.client.view('PersistentVolume').get({ name });
const claimOf = (name: string): PersistentVolumeClaim | undefined =>
  cluster.client.view('PersistentVolumeClaim').get({ namespace: 'default', name });
const bindings = (): readonly string[] =>
  cluster.client
    .view('PersistentVolumeClaim')
    .list()
    .map(({ metadata, spec, status }) => `${metadata.name} ${status?.phase} ${spec?.volumeName ?? '-'}`);
const events = (name: string): readonly string[] =>
  cluster.client
    .view('Event')
    .list({ where: ({ involvedObject }) => involvedObject.name === name })
    .map(({ reason, message }) => `${reason}: ${message}`);
const addNode = (name: string) =>
  cluster.client.create('Node', {
    metadata: { name, labels: { 'kubernetes.io/hostname': name } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  });

it('binds a claim to the smallest free volume that suits it, and both say so', async () => {
  await add(
    ['PersistentVolume', volume('large', '10Gi')],
    ['PersistentVolume', volume('small', '1Gi')],
    ['PersistentVolume', volume('tiny', '1Mi')],
    ['PersistentVolumeClaim', claim('data', '500Mi')],
  );
  expect(bindings()).toEqual(['data Bound small']);
  expect(claimOf('data')?.status).toEqual({
    phase: 'Bound',
    accessModes: ['ReadWriteOnce'],
    capacity: { storage: '1Gi' },
  });
  expect(volumeOf('small')).toMatchObject({
    status: { phase: 'Bound' },
    spec: { claimRef: { namespace: 'default', name: 'data', uid: claimOf('data')?.metadata.uid } },
  });
  expect(volumeOf('large')?.status?.phase).toBe('Available');
});

it.each<[string, object, object, Record<string, string>?]>([
  ['of another class', { storageClassName: 'slow' }, {}],
  ['with other access modes', {}, { accessModes: ['ReadWriteMany'] }],
  ['of another mode', { volumeMode: 'Block' }, {}],
  ['without its labels', {}, { selector: { matchLabels: { tier: 'gold' } } }],
  ['kept for another', { claimRef: { namespace: 'default', name: 'other' } }, {}],
])('passes over a volume %s', async (_what, volumeSpec, claimSpec) => {
  await add(
    ['PersistentVolume', volume('v', '1Gi', volumeSpec)],
    ['PersistentVolumeClaim', claim('data', '1Gi', claimSpec)],
  );
  expect(bindings()).toEqual(['data Pending -']);
  expect(events('data')).toEqual([
    'FailedBinding: no persistent volumes available for this claim and no storage class is set',
  ]);
});

it('takes the volume that is kept for it, or that it names, before any other', async () => {
  await add(
    ['PersistentVolume', volume('kept', '5Gi', { claimRef: { namespace: 'default', name: 'data' } })],
    ['PersistentVolume', volume('named', '5Gi')],
    ['PersistentVolume', volume('small', '1Gi')],
    ['PersistentVolumeClaim', claim('data', '1Gi')],
    ['PersistentVolumeClaim', claim('wishful', '1Gi', { volumeName: 'named' })],
  );
  expect(bindings()).toEqual(['data Bound kept', 'wishful Bound named']);
});

it.each<[string, object, object, string]>([
  ['too small', {}, { resources: { requests: { storage: '2Gi' } } }, 'requested PV is too small'],
  ['of another class', { storageClassName: 'slow' }, {}, 'storageClassName does not match'],
  ['of another mode', { volumeMode: 'Block' }, {}, 'incompatible volumeMode'],
  ['for other access', {}, { accessModes: ['ReadWriteMany'] }, 'incompatible accessMode'],
])('says of a volume that it names why it cannot have it: %s', async (_what, volumeSpec, claimSpec, why) => {
  await add(
    ['PersistentVolume', volume('v', '1Gi', volumeSpec)],
    ['PersistentVolumeClaim', claim('data', '1Gi', { volumeName: 'v', ...claimSpec })],
  );
  expect(claimOf('data')?.status?.phase).toBe('Pending');
  expect(events('data')).toEqual([`VolumeMismatch: Cannot bind to requested volume "v": ${why}`]);
});

it('waits for a volume to come', async () => {
  await add(['PersistentVolumeClaim', claim('data', '1Gi')]);
  await add(['PersistentVolume', volume('late', '1Gi')]);
  expect(bindings()).toEqual(['data Bound late']);
});

it('keeps a volume whose claim is gone, as its policy says, and tells a claim whose volume is gone', async () => {
  await add(['PersistentVolume', volume('v', '1Gi')], ['PersistentVolumeClaim', claim('data', '1Gi')]);
  await cluster.client.delete('PersistentVolumeClaim', { namespace: 'default', name: 'data' });
  await cluster.idle();
  expect(claimOf('data')).toBeUndefined();
  expect(volumeOf('v')?.status?.phase).toBe('Released');
  await add(['PersistentVolumeClaim', claim('next', '1Gi')]);
  expect(bindings()).toEqual(['next Pending -']);
});

describe('the class of local paths', () => {
  const local = (name: string, spec: object = {}): ApiObject => {
    const made = claim(name, '1Gi', spec);
    delete (made['spec'] as { storageClassName?: string }).storageClassName;
    return made;
  };
  const select = async (name: string, node: string): Promise<void> => {
    const annotations = { 'volume.kubernetes.io/selected-node': node };
    await cluster.client.patch(
      'PersistentVolumeClaim',
      { namespace: 'default', name },
      { type: 'merge', body: { metadata: { annotations } } },
    );
    await cluster.idle();
  };

  it('is the default, waits for the first consumer, and makes a folder on its node', async () => {
    await addNode('n1');
    await add(['PersistentVolumeClaim', local('data')]);
    expect(claimOf('data')?.spec?.storageClassName).toBe('local-path');
    expect(events('data')).toEqual(['WaitForFirstConsumer: waiting for first consumer to be created before binding']);
    await select('data', 'n1');
    const name = `pvc-${claimOf('data')?.metadata.uid}`;
    expect(bindings()).toEqual([`data Bound ${name}`]);
    expect(volumeOf(name)?.spec).toMatchObject({
      capacity: { storage: '1Gi' },
      persistentVolumeReclaimPolicy: 'Delete',
      hostPath: { path: `/var/lib/pinsetter/volumes/${name}_default_data`, type: 'DirectoryOrCreate' },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: ['n1'] }] },
          ],
        },
      },
    });
  });

  it('grows where the class allows it, and nowhere else', async () => {
    await addNode('n1');
    await add(['PersistentVolumeClaim', local('data')]);
    await select('data', 'n1');
    const grow = () =>
      cluster.client.patch(
        'PersistentVolumeClaim',
        { namespace: 'default', name: 'data' },
        { type: 'merge', body: { spec: { resources: { requests: { storage: '2Gi' } } } } },
      );
    await expect(grow()).rejects.toThrow('the storageclass that provisions the pvc must support resize');
    await cluster.client.patch(
      'StorageClass',
      { name: 'local-path' },
      { type: 'merge', body: { allowVolumeExpansion: true } },
    );
    await grow();
    await cluster.idle();
    expect(claimOf('data')?.status?.capacity).toEqual({ storage: '2Gi' });
    expect(volumeOf(claimOf('data')?.spec?.volumeName ?? '')?.spec?.capacity).toEqual({ storage: '2Gi' });
  });

  it('says why it cannot', async () => {
    await addNode('n1');
    await add(['PersistentVolumeClaim', local('shared', { accessModes: ['ReadWriteMany'] })]);
    await select('shared', 'n1');
    expect(events('shared').join()).toContain(
      'ProvisioningFailed: failed to provision volume: ReadWriteMany is not possible',
    );
  });

  it('is gone with its claim, which stays as long as a pod uses it', async () => {
    await addNode('n1');
    await add(['PersistentVolumeClaim', local('data')]);
    await select('data', 'n1');
    await cluster.client.create('Pod', {
      metadata: { namespace: 'default', name: 'user' },
      spec: {
        containers: [{ name: 'app', image: 'busybox' }],
        volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
      },
    });
    await cluster.client.delete('PersistentVolumeClaim', { namespace: 'default', name: 'data' });
    await cluster.idle();
    expect(claimOf('data')?.metadata.deletionTimestamp).toBeDefined();
    await cluster.client.delete('Pod', { namespace: 'default', name: 'user' }, { gracePeriodSeconds: 0 });
    await cluster.idle();
    expect(claimOf('data')).toBeUndefined();
    expect(cluster.client.view('PersistentVolume').list()).toEqual([]);
  });
});

it('makes the claims of ephemeral volumes, for their pod alone', async () => {
  const volumeClaimTemplate = {
    metadata: { labels: { app: 'web' } },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  };
  const create = (name: string, volume: string) =>
    cluster.client.create('Pod', {
      metadata: { namespace: 'default', name },
      spec: {
        containers: [{ name: 'app', image: 'busybox' }],
        volumes: [{ name: volume, ephemeral: { volumeClaimTemplate } }],
      },
    });
  await create('web', 'b-scratch');
  await create('web-b', 'scratch');
  await cluster.idle();
  expect(claimOf('web-b-scratch')?.metadata).toMatchObject({
    labels: { app: 'web' },
    ownerReferences: [{ kind: 'Pod', name: 'web', controller: true }],
  });
  expect(events('web-b')).toEqual([
    'ConflictingClaim: PVC default/web-b-scratch was not created for pod default/web-b (pod is not owner)',
  ]);
  await cluster.client.delete('Pod', { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect(claimOf('web-b-scratch')?.metadata.deletionTimestamp).toBeDefined();
});

it('is gone before a pod that waits for it to go, once nothing of the pod runs', async () => {
  await add(['PersistentVolume', volume('v', '1Gi')], ['PersistentVolumeClaim', claim('data', '1Gi')]);
  const key = { namespace: 'default', name: 'last' };
  const { metadata } = await cluster.client.create('Pod', {
    metadata: key,
    spec: {
      nodeName: 'n1',
      containers: [{ name: 'app', image: 'busybox:1' }],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }],
    },
  });
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'last', uid: metadata.uid, controller: true };
  await cluster.client.modify('PersistentVolumeClaim', { namespace: 'default', name: 'data' }, (current) => ({
    ...current,
    metadata: { ...current.metadata, ownerReferences: [{ ...owner, blockOwnerDeletion: true }] },
  }));
  await cluster.client.delete('Pod', key, { propagationPolicy: 'Foreground' });
  await cluster.idle();
  expect(claimOf('data')?.metadata.deletionTimestamp).toBeDefined();
  await cluster.client.delete('Pod', key, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect(claimOf('data')).toBeUndefined();
  expect(cluster.client.view('Pod').get(key)).toBeUndefined();
});

it('leaves claims of other provisioners to them', async () => {
  await cluster.client.create('StorageClass', { metadata: { name: 'cloud' }, provisioner: 'example.com/disk' });
  await add(['PersistentVolumeClaim', claim('data', '1Gi', { storageClassName: 'cloud' })]);
  expect(claimOf('data')?.metadata.annotations).toEqual({
    'volume.kubernetes.io/storage-provisioner': 'example.com/disk',
  });
  expect(events('data')[0]).toContain(
    "ExternalProvisioning: Waiting for a volume to be created either by the external provisioner 'example.com/disk'",
  );
});

it('does not let go of a volume that is bound', async () => {
  await add(['PersistentVolume', volume('v', '1Gi')], ['PersistentVolumeClaim', claim('data', '1Gi')]);
  await cluster.client.delete('PersistentVolume', { name: 'v' });
  await cluster.idle();
  expect(volumeOf('v')?.metadata.deletionTimestamp).toBeDefined();
  await cluster.client.delete('PersistentVolumeClaim', { namespace: 'default', name: 'data' });
  await cluster.idle();
  await expect(cluster.client.get('PersistentVolume', { name: 'v' }).then(() => false, isNotFound)).resolves.toBe(true);
});

it.each(['gone already', 'removed later'])('lets a claim choose anew whose node is %s', async (when) => {
  await cluster.client.create('StorageClass', {
    metadata: { name: 'remote' },
    provisioner: 'example.com/remote',
    volumeBindingMode: 'WaitForFirstConsumer',
  });
  if (when === 'removed later') await addNode('n1');
  const waiting = claim('data', '1Gi', { storageClassName: 'remote' });
  const annotations = { 'volume.kubernetes.io/selected-node': 'n1' };
  await add(['PersistentVolumeClaim', { ...waiting, metadata: { ...waiting.metadata, annotations } }]);
  if (when === 'removed later') {
    expect(claimOf('data')?.metadata.annotations).toMatchObject(annotations);
    await cluster.client.delete('Node', { name: 'n1' });
    await cluster.idle();
  }
  expect(claimOf('data')?.metadata.annotations?.['volume.kubernetes.io/selected-node']).toBeUndefined();
  await cluster.events.flush();
  expect(events('data')).toContain(
    'ProvisioningFailed: node "n1" was selected for this claim and is gone: its pod is placed anew',
  );
});
