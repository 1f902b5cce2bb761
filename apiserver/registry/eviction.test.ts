import type { ApiObject, PodDisruptionBudget } from '../../shared/api/objects';
import { aPod } from '../../shared/testing/builders';
import { SYSTEM_USER } from '../auth/user';
import type { TestRegistry } from './testing/test-registry';
import { startRegistry } from './testing/test-registry';

const options = { user: SYSTEM_USER } as const;
const key = (name: string) => ({ namespace: 'default', name });
const web = key('web');
const labels = { app: 'web' };
const REFUSAL = "Cannot evict pod as it would violate the pod's disruption budget.";

let cluster: TestRegistry;
beforeEach(async () => {
  cluster = await startRegistry();
});
afterEach(() => cluster.registry.close());

async function createPod(name = 'web', { phase = 'Running', isReady = true } = {}): Promise<void> {
  const { metadata } = await cluster.client.create('Pod', {
    metadata: { ...key(name), labels },
    spec: structuredClone(aPod().spec),
  });
  await cluster.client.bind(key(name), { nodeName: 'n1', uid: metadata.uid });
  const conditions = [{ type: 'Ready', status: isReady ? 'True' : 'False' }];
  await cluster.client.modify('Pod', key(name), (pod) => ({ ...pod, status: { phase, conditions } }), {
    subresource: 'status',
  });
}

/** A budget as the controller would have written it. */
async function createBudget(
  status: Partial<NonNullable<PodDisruptionBudget['status']>> = {},
  { name = 'budget', spec = {} }: { readonly name?: string; readonly spec?: object } = {},
): Promise<void> {
  await cluster.client.create('PodDisruptionBudget', {
    metadata: key(name),
    spec: { minAvailable: 1, selector: { matchLabels: labels }, ...spec },
  });
  const counts = {
    currentHealthy: 1,
    desiredHealthy: 1,
    disruptionsAllowed: 0,
    expectedPods: 1,
    observedGeneration: 1,
  };
  await cluster.client.modify(
    'PodDisruptionBudget',
    key(name),
    (budget) => ({ ...budget, status: { ...counts, ...status } }),
    { subresource: 'status' },
  );
}
const evict = (name = 'web', eviction: ApiObject = {}, more: object = {}) =>
  cluster.registry.evict(key(name), eviction, { ...options, ...more });
const isGoing = (name = 'web') => cluster.client.view('Pod').get(key(name))?.metadata.deletionTimestamp !== undefined;
const budget = () => cluster.client.view('PodDisruptionBudget').get(key('budget'))?.status;

it('deletes the pod with its grace period where no budget stands against it, and says why on it', async () => {
  await createPod();
  await createBudget({}, { spec: { selector: { matchLabels: { app: 'other' } } } });
  await evict('web', { metadata: { name: 'web' } });
  const pod = await cluster.client.get('Pod', web);
  expect(pod.metadata).toMatchObject({ deletionGracePeriodSeconds: 30 });
  expect(pod.status?.conditions).toContainEqual({
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
    lastTransitionTime: '2026-01-01T00:00:00Z',
    observedGeneration: 1,
  });
});

it('answers 429 with the budget as the cause, and leaves the pod alone', async () => {
  await createPod();
  await createBudget();
  await expect(evict()).rejects.toMatchObject({
    code: 429,
    reason: 'TooManyRequests',
    message: REFUSAL,
    details: {
      causes: [
        {
          reason: 'DisruptionBudget',
          message: 'The disruption budget budget needs 1 healthy pods and has 1 currently',
        },
      ],
    },
  });
  expect(isGoing()).toBe(false);
});

it('takes from the budget what it allows, and says which pod goes', async () => {
  await createPod();
  await createBudget({ disruptionsAllowed: 1, currentHealthy: 2 });
  await evict();
  expect(isGoing()).toBe(true);
  expect(budget()).toMatchObject({
    disruptionsAllowed: 0,
    disruptedPods: { web: '2026-01-01T00:00:00Z' },
    conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
  });
});

it('lets only as many of several evictions at once pass as the budget allows', async () => {
  const names = ['a', 'b', 'c', 'd', 'e'];
  for (const name of names) await createPod(name);
  await createBudget({ disruptionsAllowed: 2, currentHealthy: 5, desiredHealthy: 3 });
  const results = await Promise.allSettled(names.map((name) => evict(name)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
  expect(names.filter(isGoing)).toHaveLength(2);
  expect(budget()?.disruptionsAllowed).toBe(0);
});

it.each<[string, Partial<NonNullable<PodDisruptionBudget['status']>>, object]>([
  [
    'is still to be looked at',
    { observedGeneration: 0 },
    {
      code: 429,
      details: {
        retryAfterSeconds: 10,
        causes: [{ message: 'The disruption budget budget is still being processed by the server.' }],
      },
    },
  ],
  [
    'could not be judged',
    {
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'False',
          reason: 'SyncFailed',
          message: 'found no controllers for pod "web"',
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    },
    {
      code: 429,
      details: {
        causes: [
          {
            message:
              'The disruption budget budget does not allow evicting pods currently because it failed sync: found no controllers for pod "web"',
          },
        ],
      },
    },
  ],
  ['makes no sense', { disruptionsAllowed: -1 }, { code: 403 }],
])('refuses under a budget that %s', async (_what, status, refusal) => {
  await createPod();
  await createBudget(status);
  await expect(evict()).rejects.toMatchObject(refusal);
  expect(isGoing()).toBe(false);
});

it('refuses a pod that two budgets cover', async () => {
  await createPod();
  await createBudget({ disruptionsAllowed: 1 });
  await createBudget({ disruptionsAllowed: 1 }, { name: 'another', spec: { selector: {} } });
  await expect(evict()).rejects.toMatchObject({
    code: 500,
    message: 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
  });
});

it.each(['Succeeded', 'Failed', 'Pending'])('asks no budget about a pod that is %s', async (phase) => {
  await createPod('web', { phase });
  await createBudget();
  await expect(evict()).resolves.toBeUndefined();
});

it.each<[string, boolean, Partial<NonNullable<PodDisruptionBudget['status']>>, object]>([
  ['goes while enough others are healthy', true, { currentHealthy: 1 }, {}],
  ['stays while too few others are', false, { currentHealthy: 0 }, {}],
  ['goes anyhow where the budget says so', true, { currentHealthy: 0 }, { unhealthyPodEvictionPolicy: 'AlwaysAllow' }],
])('a pod that is not ready %s', async (_what, goes, status, spec) => {
  await createPod('web', { isReady: false });
  await createBudget(status, { spec });
  await evict().catch((error: unknown) => expect(error).toMatchObject({ code: 429 }));
  expect(isGoing()).toBe(goes);
  expect(budget()?.disruptedPods).toBeUndefined();
});

it('evicts no other pod than the one that was meant, nor anything in a dry run', async () => {
  await createPod();
  await createBudget({ disruptionsAllowed: 1 });
  await expect(evict('web', { metadata: { name: 'other' } })).rejects.toMatchObject({ code: 400 });
  await evict('web', {}, { dryRun: true });
  expect([isGoing(), budget()?.disruptionsAllowed]).toEqual([false, 1]);
  await expect(evict('web', { deleteOptions: { preconditions: { uid: 'other' } } })).rejects.toMatchObject({
    code: 409,
  });
  expect(isGoing()).toBe(false);
});
