import type { DaemonSet, Pod } from '../../../shared/api/objects';
import { report } from '../testing/pod-figures';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { toldOf } from '../testing/told';
import { isActive, isReady } from '../workloads/pod-state';
import { nodeOf } from './daemon-pods';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
  for (const name of ['n1', 'n2', 'n3']) await createNode(name);
});
afterEach(() => cluster.stop());

const key = { namespace: 'default', name: 'agent' };
const labels = { app: 'agent' };
const templateOf = (image: string, spec: object = {}) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'app', image }], ...spec },
});
async function createNode(name: string, extra: { labels?: Record<string, string>; taints?: object[] } = {}) {
  await cluster.client.create('Node', {
    metadata: { name, ...(extra.labels === undefined ? {} : { labels: extra.labels }) },
    spec: extra.taints === undefined ? {} : { taints: extra.taints },
  });
  await cluster.idle();
}
async function create(spec: object = {}): Promise<void> {
  await cluster.client.create('DaemonSet', {
    metadata: key,
    spec: { selector: { matchLabels: labels }, template: templateOf('busybox:1'), ...spec },
  });
  await cluster.idle();
}
async function roll(image: string): Promise<void> {
  const body = { spec: { template: templateOf(image) } };
  await cluster.client.patch('DaemonSet', key, { type: 'merge', body });
  await cluster.idle();
}
const set = (): DaemonSet | undefined => cluster.client.view('DaemonSet').get(key);
const pods = (): readonly Pod[] => cluster.client.view('Pod').list().filter(isActive);
const places = () => pods().map(nodeOf).sort();
const images = () =>
  pods()
    .map(({ spec }) => spec.containers[0]?.image)
    .sort();
const revisions = () =>
  cluster.client
    .view('ControllerRevision')
    .list()
    .map(({ revision }) => revision)
    .sort();

it('runs one pod on every node, also on one that comes later', async () => {
  await create();
  expect(places()).toEqual(['n1', 'n2', 'n3']);
  await createNode('n4');
  expect(places()).toEqual(['n1', 'n2', 'n3', 'n4']);
  await report(cluster, pods(), 'ready');
  expect(set()?.status).toEqual({
    currentNumberScheduled: 4,
    desiredNumberScheduled: 4,
    numberAvailable: 4,
    numberMisscheduled: 0,
    numberReady: 4,
    observedGeneration: 1,
    updatedNumberScheduled: 4,
  });
});

it.each([
  ['NoSchedule it does not tolerate', { key: 'a', effect: 'NoSchedule' }, false],
  ['NoExecute it does not tolerate', { key: 'a', effect: 'NoExecute' }, false],
  ['unreachable', { key: 'node.kubernetes.io/unreachable', effect: 'NoExecute' }, true],
  ['unschedulable', { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }, true],
])('heeds the taint %s', async (_name, taint, runs) => {
  await createNode('n4', { taints: [taint] });
  await create();
  expect(places().includes('n4')).toBe(runs);
});

it('follows the labels that its nodeSelector asks for', async () => {
  await createNode('n4', { labels: { disk: 'ssd' } });
  await create({ template: templateOf('busybox:1', { nodeSelector: { disk: 'ssd' } }) });
  expect(places()).toEqual(['n4']);
  const unlabel = { type: 'merge', body: { metadata: { labels: { disk: null } } } } as const;
  await cluster.client.patch('Node', { name: 'n4' }, unlabel);
  await cluster.idle();
  expect(places()).toEqual([]);
});

it('rolls one node at a time, each when the one before is ready', async () => {
  await create();
  await report(cluster, pods(), 'ready');
  await roll('busybox:2');
  for (const left of [2, 1, 0]) {
    expect(pods().filter(isReady)).toHaveLength(2);
    expect(images().filter((image) => image === 'busybox:1')).toHaveLength(left);
    await report(
      cluster,
      pods().filter((pod) => !isReady(pod)),
      'ready',
    );
  }
  expect(images()).toEqual(['busybox:2', 'busybox:2', 'busybox:2']);
  expect(revisions()).toEqual([1, 2]);
});

it('rolls with a second pod beside the first where it may surge', async () => {
  await create({ updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } });
  await report(cluster, pods(), 'ready');
  await roll('busybox:2');
  for (const left of [3, 2, 1]) {
    expect(pods().filter(isReady)).toHaveLength(3);
    expect(images().filter((image) => image === 'busybox:1')).toHaveLength(left);
    await report(
      cluster,
      pods().filter((pod) => !isReady(pod)),
      'ready',
    );
  }
  expect(images()).toEqual(['busybox:2', 'busybox:2', 'busybox:2']);
});

it('replaces only what others delete, where it is told OnDelete', async () => {
  await create({ updateStrategy: { type: 'OnDelete' } });
  await roll('busybox:2');
  expect(images()).toEqual(['busybox:1', 'busybox:1', 'busybox:1']);
  await cluster.client.delete('Pod', { namespace: 'default', name: pods()[0]?.metadata.name ?? '' });
  await cluster.idle();
  expect(images()).toEqual(['busybox:1', 'busybox:1', 'busybox:2']);
});

it('keeps as many old revisions as it is told, and numbers one anew that it goes back to', async () => {
  await create({ revisionHistoryLimit: 1 });
  for (const image of ['busybox:2', 'busybox:3', 'busybox:2']) await roll(image);
  expect(revisions()).toEqual([3, 4]);
});

const told = (): Promise<readonly string[]> => toldOf(cluster, 'DaemonSet');

it('replaces a pod that failed at once, the next on its node later each time, and says so', async () => {
  await create();
  for (const waitMs of [0, 1_000, 2_000, 4_000]) {
    const [failed] = pods().filter((pod) => nodeOf(pod) === 'n1');
    await report(cluster, failed === undefined ? [] : [failed], 'Failed');
    if (waitMs > 0) {
      await cluster.clock.advance(waitMs - 100);
      await cluster.idle();
      expect(places()).toEqual(['n2', 'n3']);
      await cluster.clock.advance(100);
      await cluster.idle();
    }
    expect(places()).toEqual(['n1', 'n2', 'n3']);
    const name = failed?.metadata.name ?? '';
    expect(await told()).toContain(
      `Warning FailedDaemonPod: Found failed daemon pod default/${name} on node n1, will try to kill it`,
    );
  }
  const [other] = pods().filter((pod) => nodeOf(pod) === 'n2');
  await report(cluster, other === undefined ? [] : [other], 'Failed');
  expect(places()).toEqual(['n1', 'n2', 'n3']);
});

it('replaces a pod that succeeded at once', async () => {
  await create();
  const [ended] = pods();
  await report(cluster, ended === undefined ? [] : [ended], 'Succeeded');
  expect(places()).toEqual(['n1', 'n2', 'n3']);
  const where = `default/${ended?.metadata.name ?? ''} on node ${ended === undefined ? '' : (nodeOf(ended) ?? '')}`;
  expect(await told()).toContain(
    `Normal SucceededDaemonPod: Found succeeded daemon pod ${where}, will try to delete it`,
  );
});

it('counts a pod on its way out as long as it is there, and one where none is meant', async () => {
  await create();
  for (const pod of pods()) {
    const { name, uid } = pod.metadata;
    await cluster.client.bind({ namespace: 'default', name }, { nodeName: nodeOf(pod) ?? '', uid });
  }
  await report(cluster, pods(), 'ready');
  await cluster.client.delete('Pod', { namespace: 'default', name: pods()[0]?.metadata.name ?? '' });
  await cluster.idle();
  expect(pods()).toHaveLength(2);
  expect(set()?.status).toMatchObject({ currentNumberScheduled: 3, numberReady: 3, numberAvailable: 3 });
  const [kept] = pods();
  const name = kept === undefined ? '' : (nodeOf(kept) ?? '');
  const taint = { spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } };
  await cluster.client.patch('Node', { name }, { type: 'merge', body: taint });
  await cluster.idle();
  expect(pods()).toHaveLength(2);
  expect(set()?.status).toMatchObject({ desiredNumberScheduled: 2, numberMisscheduled: 1 });
});

it('tells many changes of a large set together, and all of them in the end', async () => {
  for (let index = 0; index < 200; index++)
    await cluster.client.create('Node', { metadata: { name: `many-${index}` } });
  await create();
  await cluster.clock.advance(1_000);
  await cluster.idle();
  let writes = 0;
  const unsubscribe = cluster.client.view('DaemonSet').onChange(() => (writes += 1));
  await report(cluster, pods(), 'ready');
  unsubscribe();
  expect(writes).toBeLessThan(5);
  await cluster.clock.advance(1_000);
  await cluster.idle();
  expect(set()?.status).toMatchObject({ desiredNumberScheduled: 203, numberReady: 203, numberAvailable: 203 });
});
