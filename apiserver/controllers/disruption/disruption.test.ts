import type { Event, Pod } from '../../../shared/api/objects';
import { SYSTEM_USER } from '../../auth/user';
import { keyOf } from '../../registry/client';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };
const labels = { app: 'web' };
const selector = { matchLabels: labels };
const template = { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } };

async function createDeployment(replicas: number, ready = replicas): Promise<void> {
  await cluster.client.create('Deployment', { metadata: key, spec: { replicas, selector, template } });
  await cluster.idle();
  await settleOn(pods());
  await report(cluster, pods().slice(0, ready), 'ready');
}
/** Puts the pods on a node, so that their deletion waits for it. */
async function settleOn(all: readonly Pod[]): Promise<void> {
  for (const pod of all) await cluster.client.bind(keyOf(pod), { nodeName: 'n1', uid: pod.metadata.uid });
}
async function createBudget(spec: object): Promise<void> {
  await cluster.client.create('PodDisruptionBudget', { metadata: key, spec: { selector, ...spec } });
  await cluster.idle();
}
const pods = (): readonly Pod[] => cluster.client.view('Pod').list({ namespace: 'default' });
const budget = () => cluster.client.view('PodDisruptionBudget').get(key);
const events = (): readonly Event[] =>
  cluster.client.view('Event').list({ where: ({ involvedObject }) => involvedObject.kind === 'PodDisruptionBudget' });
const evict = async (pod: Pod | undefined): Promise<void> => {
  await cluster.registry.evict({ namespace: 'default', name: pod?.metadata.name ?? '' }, {}, { user: SYSTEM_USER });
  await cluster.idle();
};
const counts = () => {
  const { expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed } = budget()?.status ?? {};
  return [expectedPods, desiredHealthy, currentHealthy, disruptionsAllowed];
};

it.each([
  [{ minAvailable: 2 }, [3, 2, 3, 1]],
  [{ minAvailable: '50%' }, [3, 2, 3, 1]],
  [{ minAvailable: 5 }, [3, 5, 3, 0]],
  [{ maxUnavailable: 1 }, [3, 2, 3, 1]],
  [{ maxUnavailable: '40%' }, [3, 1, 3, 2]],
  [{ maxUnavailable: 5 }, [3, 0, 3, 3]],
  [{}, [0, 0, 3, 0]],
])('%j of three pods is kept as %j (expected, desired, healthy, allowed)', async (spec, expected) => {
  await createDeployment(3);
  await createBudget(spec);
  expect(counts()).toEqual(expected);
});

it('says whether it allows a disruption, and for which generation', async () => {
  await createDeployment(3);
  await createBudget({ minAvailable: 2 });
  expect(budget()?.status).toEqual({
    currentHealthy: 3,
    desiredHealthy: 2,
    disruptionsAllowed: 1,
    expectedPods: 3,
    observedGeneration: 1,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: 'True',
        reason: 'SufficientPods',
        message: '',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  });
  await cluster.clock.advance(60_000);
  await report(cluster, pods().slice(0, 1), 'unready');
  expect(budget()?.status?.conditions).toMatchObject([
    { status: 'False', reason: 'InsufficientPods', lastTransitionTime: '2026-01-01T00:01:00Z' },
  ]);
});

it('follows the pods and what is wanted of them', async () => {
  await createDeployment(3, 2);
  await createBudget({ maxUnavailable: 1 });
  expect(counts()).toEqual([3, 2, 2, 0]);
  await report(cluster, pods(), 'ready');
  expect(counts()).toEqual([3, 2, 3, 1]);
  await cluster.client.patch('Deployment', key, { type: 'merge', body: { spec: { replicas: 5 } } });
  await cluster.idle();
  expect(counts()).toEqual([5, 4, 3, 0]);
});

it('counts what a Deployment wants once, also in a rollout', async () => {
  await createDeployment(3);
  const image = { spec: { containers: [{ name: 'app', image: 'busybox:2' }] } };
  await cluster.client.patch('Deployment', key, {
    type: 'strategic',
    body: { spec: { strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } }, template: image } },
  });
  await cluster.idle();
  await createBudget({ maxUnavailable: 1 });
  expect(pods()).toHaveLength(5);
  expect(counts()).toEqual([3, 2, 3, 1]);
});

it('holds an eviction back until the pod before is replaced', async () => {
  await createDeployment(3);
  await createBudget({ minAvailable: 2 });
  const [first, second] = pods();
  await evict(first);
  expect(counts()).toEqual([4, 2, 2, 0]);
  await expect(evict(second)).rejects.toMatchObject({ code: 429 });
  const fresh = pods().filter(({ spec }) => spec.nodeName === undefined);
  await settleOn(fresh);
  await report(cluster, fresh, 'ready');
  await evict(second);
  expect(pods().filter(({ metadata }) => metadata.deletionTimestamp !== undefined)).toHaveLength(2);
});

it('counts a pod as gone whose eviction was allowed, for two minutes', async () => {
  await createDeployment(3);
  const [first] = pods();
  const name = first?.metadata.name ?? '';
  await createBudget({ minAvailable: 1 });
  await cluster.client.modify(
    'PodDisruptionBudget',
    key,
    (current) => ({
      ...current,
      status: {
        ...(current.status ?? never()),
        disruptedPods: { [name]: '2026-01-01T00:00:00Z', gone: '2026-01-01T00:00:00Z' },
      },
    }),
    { subresource: 'status' },
  );
  await cluster.idle();
  expect(counts()).toEqual([3, 1, 2, 1]);
  expect(budget()?.status?.disruptedPods).toEqual({ [name]: '2026-01-01T00:00:00Z' });
  await cluster.clock.advance(120_000);
  await cluster.idle();
  expect(counts()).toEqual([3, 1, 3, 2]);
  expect(budget()?.status?.disruptedPods).toBeUndefined();
  const told = cluster.client.view('Event').list({ where: ({ reason }) => reason === 'NotDeleted' });
  expect(told).toMatchObject([
    { type: 'Warning', message: "Pod was expected by PDB default/web to be deleted but it wasn't" },
  ]);
  expect(told[0]?.involvedObject).toMatchObject({ kind: 'Pod', name });
});

it.each(['StatefulSet', 'ReplicaSet'] as const)('knows how many pods a %s wants', async (kind) => {
  await cluster.client.create(kind, {
    metadata: key,
    spec: { replicas: 4, selector, template, podManagementPolicy: 'Parallel' },
  });
  await cluster.idle();
  await createBudget({ maxUnavailable: '25%' });
  expect(counts()).toEqual([4, 3, 0, 0]);
});

it('knows how many pods a ReplicationController wants', async () => {
  await cluster.client.create('ReplicationController', {
    metadata: key,
    spec: { replicas: 2, selector: labels, template },
  });
  await cluster.idle();
  await createBudget({ maxUnavailable: 1 });
  expect(counts()).toEqual([2, 1, 0, 0]);
});

it('allows nothing where it cannot tell what is wanted, and says so', async () => {
  await cluster.client.create('Job', {
    metadata: key,
    spec: { template: { ...template, spec: { ...template.spec, restartPolicy: 'Never' } } },
  });
  await cluster.idle();
  await createBudget({ maxUnavailable: 1 });
  await cluster.client.modify('Pod', keyOf(pods()[0] ?? never()), (pod) => ({
    ...pod,
    metadata: { ...pod.metadata, labels },
  }));
  await cluster.idle();
  expect(budget()?.status).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [
      { status: 'False', reason: 'SyncFailed', message: 'jobs.batch does not implement the scale subresource' },
    ],
  });
  expect(events()).toContainEqual(
    expect.objectContaining({
      reason: 'CalculateExpectedPodCountFailed',
      message: 'Failed to calculate the number of expected pods: jobs.batch does not implement the scale subresource',
    }),
  );
});

it('warns of pods without a controller where shares of controllers count', async () => {
  await cluster.client.create('Pod', { metadata: { ...key, labels }, spec: template.spec });
  await createBudget({ maxUnavailable: 1 });
  expect(counts()).toEqual([0, 0, 0, 0]);
  expect(events()).toContainEqual(expect.objectContaining({ type: 'Warning', reason: 'UnmanagedPods' }));
});

it('tells that it covers no pod, and does not keep writing', async () => {
  await createBudget({ minAvailable: 1 });
  const { resourceVersion } = budget()?.metadata ?? {};
  expect(counts()).toEqual([0, 1, 0, 0]);
  expect(events()).toMatchObject([{ reason: 'NoPods', message: 'No matching pods found' }]);
  await cluster.clock.advance(600_000);
  await cluster.idle();
  expect(budget()?.metadata.resourceVersion).toBe(resourceVersion);
});

const never = (): never => {
  throw new Error('not there');
};

it('takes many changes of many pods together, and all of them in the end', async () => {
  await createDeployment(400, 0);
  await createBudget({ minAvailable: 1 });
  let writes = 0;
  const unsubscribe = cluster.client.view('PodDisruptionBudget').onChange(() => (writes += 1));
  await report(cluster, pods(), 'ready');
  unsubscribe();
  expect(writes).toBeLessThan(5);
  await cluster.clock.advance(1_000);
  await cluster.idle();
  expect(counts()).toEqual([400, 1, 400, 399]);
});
