import type { Pod } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };
const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } };

async function createSet(replicas: number, extra: object = {}): Promise<void> {
  await cluster.client.create('ReplicaSet', {
    metadata: key,
    spec: { replicas, selector: { matchLabels: labels }, template, ...extra },
  });
  await cluster.idle();
}
async function scale(replicas: number): Promise<void> {
  await cluster.client.patch('ReplicaSet', key, { type: 'merge', body: { spec: { replicas } } });
  await cluster.idle();
}
const pods = (): readonly Pod[] => cluster.client.view('Pod').list({ namespace: 'default' });
const set = () => cluster.client.view('ReplicaSet').get(key);
const lonePod = (name: string, podLabels: Readonly<Record<string, string>> = labels) =>
  cluster.client.create('Pod', { metadata: { namespace: 'default', name, labels: podLabels }, spec: template.spec });

it('makes the pods that are missing, of its template and in its name', async () => {
  await createSet(3);
  expect(pods()).toHaveLength(3);
  for (const { metadata } of pods()) {
    expect(metadata.name).toMatch(/^web-/);
    expect(metadata.labels).toEqual(labels);
    expect(metadata.ownerReferences).toEqual([
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'web',
        uid: set()?.metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
  }
});

it('replaces a pod that is deleted, or that ends', async () => {
  await createSet(2);
  const [first, second] = pods();
  await cluster.client.delete('Pod', { namespace: 'default', name: first?.metadata.name ?? '' });
  await cluster.idle();
  expect(pods()).toHaveLength(2);
  await report(cluster, second === undefined ? [] : [second], 'Failed');
  expect(pods().filter(({ status }) => status?.phase !== 'Failed')).toHaveLength(2);
});

it('deletes the pods that are too many, those that serve least first', async () => {
  await createSet(3);
  const [one, two, three] = pods();
  await report(
    cluster,
    [one, two].filter((pod) => pod !== undefined),
    'ready',
  );
  await scale(2);
  expect(pods().map(({ metadata }) => metadata.name)).not.toContain(three?.metadata.name);
  await scale(0);
  expect(pods()).toEqual([]);
});

it('tells what stands, and what is available after minReadySeconds', async () => {
  await createSet(2, { minReadySeconds: 10 });
  await report(cluster, pods().slice(0, 1), 'ready');
  expect(set()?.status).toEqual({
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 1,
    availableReplicas: 0,
    observedGeneration: 1,
  });
  await cluster.clock.advance(10_000);
  await cluster.idle();
  expect(set()?.status).toMatchObject({ availableReplicas: 1 });
});

it('gives up what is not available yet before what is, wherever it runs', async () => {
  await createSet(3, { minReadySeconds: 30 });
  const [one, two, young] = pods();
  const there = [one, two].filter((pod) => pod !== undefined);
  await report(cluster, there, 'ready');
  await cluster.clock.advance(30_000);
  // Two on one node: by Kubernetes' order one of those goes first.
  for (const pod of [...there, young]) {
    if (pod === undefined) continue;
    const nodeName = pod === young ? 'empty' : 'crowded';
    await cluster.client.bind({ ...key, name: pod.metadata.name }, { nodeName, uid: pod.metadata.uid });
  }
  await report(
    cluster,
    pods().filter(({ metadata }) => metadata.uid === young?.metadata.uid),
    'ready',
  );
  await scale(2);
  const going = pods().filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
  expect(going.map(({ metadata }) => metadata.uid)).toEqual([young?.metadata.uid]);
});

it('tells many changes of a large set together, and all of them in the end', async () => {
  await createSet(400);
  await cluster.clock.advance(1_000);
  await cluster.idle();
  let writes = 0;
  const unsubscribe = cluster.client.view('ReplicaSet').onChange(() => (writes += 1));
  await report(cluster, pods(), 'ready');
  unsubscribe();
  expect(writes).toBeLessThan(5);
  await cluster.clock.advance(1_000);
  await cluster.idle();
  expect(set()?.status).toMatchObject({ replicas: 400, readyReplicas: 400, availableReplicas: 400 });
});

it('takes orphans that match, and lets go of pods that match no more', async () => {
  await lonePod('orphan');
  await lonePod('stranger', { app: 'other' });
  await createSet(2);
  expect(pods()).toHaveLength(3);
  const owned = () => pods().filter(({ metadata }) => metadata.ownerReferences !== undefined);
  expect(owned().map(({ metadata }) => metadata.name)).toContain('orphan');
  const released = { type: 'merge', body: { metadata: { labels: { app: 'debug' } } } } as const;
  await cluster.client.patch('Pod', { namespace: 'default', name: 'orphan' }, released);
  await cluster.idle();
  expect(owned().map(({ metadata }) => metadata.name)).not.toContain('orphan');
  expect(owned()).toHaveLength(2);
});

it('takes nothing that another controls', async () => {
  await createSet(1);
  await cluster.client.create('ReplicaSet', {
    metadata: { ...key, name: 'other' },
    spec: { replicas: 1, selector: { matchLabels: labels }, template },
  });
  await cluster.idle();
  expect(pods()).toHaveLength(2);
});

it('says why it cannot make pods, and stops saying so when it can', async () => {
  await createSet(1, {
    template: { ...template, spec: { ...template.spec, serviceAccountName: 'nobody' } },
  });
  expect(set()?.status?.conditions).toMatchObject([
    {
      type: 'ReplicaFailure',
      status: 'True',
      reason: 'FailedCreate',
      message: expect.stringContaining('serviceaccount "nobody" not found') as string,
    },
  ]);
  await cluster.client.create('ServiceAccount', { metadata: { namespace: 'default', name: 'nobody' } });
  await cluster.clock.advance(60_000);
  await cluster.idle();
  expect(pods()).toHaveLength(1);
  expect(set()?.status?.conditions).toBeUndefined();
});

it('takes its pods along when it is deleted', async () => {
  await createSet(2);
  await cluster.client.delete('ReplicaSet', key);
  await cluster.idle();
  expect(pods()).toEqual([]);
});

it('serves ReplicationControllers alike', async () => {
  await cluster.client.create('ReplicationController', { metadata: key, spec: { replicas: 2, template } });
  await cluster.idle();
  expect(pods()).toHaveLength(2);
  expect(cluster.client.view('ReplicationController').get(key)?.status).toMatchObject({ replicas: 2 });
});

it('gives up pods of nodes that its owner crowds with other pods', async () => {
  // Stands for the Deployment, and does nothing by itself.
  const { metadata: owned } = await cluster.client.create('ConfigMap', {
    metadata: { namespace: 'default', name: 'web' },
  });
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'web', uid: owned.uid, controller: true };
  const made = async (name: string, nodes: readonly string[], tier: string): Promise<void> => {
    const labels = { app: 'web', tier };
    await cluster.client.create('ReplicaSet', {
      metadata: { namespace: 'default', name, ownerReferences: [owner] },
      spec: {
        replicas: nodes.length,
        selector: { matchLabels: labels },
        template: { ...template, metadata: { labels } },
      },
    });
    await cluster.idle();
    const waiting = pods().filter(
      ({ metadata, spec }) => metadata.labels?.['tier'] === tier && spec.nodeName === undefined,
    );
    for (const [at, { metadata }] of waiting.entries()) {
      const nodeName = nodes[at] ?? '';
      await cluster.client.bind({ namespace: 'default', name: metadata.name }, { nodeName, uid: metadata.uid });
    }
    await report(cluster, pods(), 'ready');
  };
  for (const name of ['n1', 'n2']) await cluster.client.create('Node', { metadata: { name } });
  await made('old', ['n2', 'n2'], 'old');
  await made('new', ['n1', 'n2'], 'new');
  await cluster.client.modify('ReplicaSet', { namespace: 'default', name: 'new' }, (it) => ({
    ...it,
    spec: { ...it.spec, replicas: 1, selector: it.spec?.selector ?? {} },
  }));
  await cluster.idle();
  const left = pods().filter(
    ({ metadata }) => metadata.labels?.['tier'] === 'new' && metadata.deletionTimestamp === undefined,
  );
  expect(left.map(({ spec }) => spec.nodeName)).toEqual(['n1']);
});
