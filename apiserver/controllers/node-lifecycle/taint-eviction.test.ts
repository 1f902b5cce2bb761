import type { Node, Pod } from '../../../shared/api/objects';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isActive } from '../workloads/pod-state';
import { TaintEvictionController } from './taint-eviction';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'web' };
const UNREACHABLE = 'node.kubernetes.io/unreachable';

async function createPod(tolerations: readonly object[] = []): Promise<void> {
  const { metadata } = await cluster.client.create('Pod', {
    metadata: key,
    spec: { containers: [{ name: 'app', image: 'busybox:1' }], tolerations },
  });
  await cluster.client.bind(key, { nodeName: 'n1', uid: metadata.uid });
  await cluster.idle();
}
async function taint(...taints: readonly { key: string; effect: string }[]): Promise<void> {
  await cluster.client.patch('Node', { name: 'n1' }, { type: 'merge', body: { spec: { taints } } });
  await cluster.idle();
}
async function pass(ms: number): Promise<void> {
  await cluster.clock.advance(ms);
  await cluster.idle();
}
const isStaying = (): boolean => {
  const pod = cluster.client.view('Pod').get(key);
  return pod !== undefined && isActive(pod);
};

it.each([
  ['at once where it does not tolerate the taint', [], 'example.com/broken', 0],
  ['at once where it says nothing of lost nodes', [], UNREACHABLE, 0],
  ['later where its node says itself that it is not ready', [], 'node.kubernetes.io/not-ready', 15_000],
  [
    'when its own time is over',
    [{ key: UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 10 }],
    UNREACHABLE,
    10_000,
  ],
])('a pod leaves %s', async (_when, tolerations, name, afterMs) => {
  await createPod(tolerations);
  await taint({ key: name, effect: 'NoExecute' });
  if (afterMs > 0) {
    await pass(afterMs - 1_000);
    expect(isStaying()).toBe(true);
    await pass(1_000);
  }
  expect(isStaying()).toBe(false);
  expect(cluster.client.view('Pod').get(key)?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', reason: 'DeletionByTaintManager' }),
  );
});

it.each([
  ['tolerates the taint for ever', [{ operator: 'Exists' }], 'NoExecute'],
  ['is only kept from coming', [], 'NoSchedule'],
])('a pod stays that %s', async (_why, tolerations, effect) => {
  await createPod(tolerations);
  await taint({ key: 'example.com/broken', effect });
  await pass(3_600_000);
  expect(isStaying()).toBe(true);
});

it('a pod stays whose node comes back in time, and its time begins anew', async () => {
  await createPod([{ key: UNREACHABLE, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 15 }]);
  const lost = { key: UNREACHABLE, effect: 'NoExecute' };
  await taint(lost);
  await pass(10_000);
  await taint();
  await pass(10_000);
  await taint(lost);
  await pass(10_000);
  expect(isStaying()).toBe(true);
  await pass(5_000);
  expect(isStaying()).toBe(false);
});

it('what owns the pod makes another one meanwhile', async () => {
  const labels = { app: 'web' };
  await cluster.client.create('ReplicaSet', {
    metadata: key,
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } },
    },
  });
  await cluster.idle();
  const pods = (): readonly Pod[] => cluster.client.view('Pod').list();
  for (const { metadata } of pods()) {
    await cluster.client.bind({ namespace: 'default', name: metadata.name }, { nodeName: 'n1', uid: metadata.uid });
  }
  await taint({ key: UNREACHABLE, effect: 'NoExecute' });
  await pass(15_000);
  expect([pods().length, pods().filter(isActive).length]).toEqual([2, 1]);
});

it('looks for the pods of a node only where a taint came or went that ends them', async () => {
  await createPod();
  const { client, clock, events } = cluster;
  const [, nodes] = new TaintEvictionController({ client, clock, events }).watches;
  const node = (...effects: readonly string[]): Node =>
    ({ metadata: { name: 'n1' }, spec: { taints: effects.map((effect) => ({ key: 'a', effect })) } }) as Node;
  const concerned = (object: Node, previous?: Node): number =>
    nodes?.keysFor({ type: 'MODIFIED', object, ...(previous === undefined ? {} : { previous }) } as never).length ?? -1;
  expect(concerned(node('NoSchedule'), node())).toBe(0);
  expect(concerned(node('NoExecute', 'NoSchedule'), node('NoSchedule'))).toBe(1);
  expect(concerned(node('NoExecute'), node('NoExecute', 'NoSchedule'))).toBe(0);
  expect(concerned(node(), node('NoExecute'))).toBe(1);
});
