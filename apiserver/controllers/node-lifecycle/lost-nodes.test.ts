import { silentLogger } from '../../../shared/logger';
import type { Node, Pod } from '../../../shared/api/objects';
import { createEventRecorder } from '../../events/event-recorder';
import { LivenessMonitor } from '../../node-channel/liveness';
import { keyOf } from '../../registry/client';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { isActive } from '../workloads/pod-state';
import { NodeLifecycle } from './node-lifecycle';

let cluster: TestControllers;
let liveness: LivenessMonitor;
let lifecycle: NodeLifecycle;

/** Nodes whose agents beat, and a pod on the first of them. */
async function start(count: number): Promise<void> {
  cluster = await startControllers();
  const { client, clock } = cluster;
  liveness = new LivenessMonitor(clock);
  const events = createEventRecorder({ client, clock, logger: silentLogger });
  lifecycle = new NodeLifecycle({ client, clock, events, liveness, logger: silentLogger });
  for (let index = 1; index <= count; index++) await client.create('Node', { metadata: { name: `n${index}` } });
  lifecycle.start();
  liveness.start();
  await beat(Array.from({ length: count }, (_, index) => `n${index + 1}`));
  const labels = { app: 'web' };
  await client.create('ReplicaSet', {
    metadata: { namespace: 'default', name: 'web' },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } },
    },
  });
  await settled();
  for (const pod of pods()) await client.bind(keyOf(pod), { nodeName: 'n1', uid: pod.metadata.uid });
  await settled();
}
afterEach(async () => {
  liveness.stop();
  await lifecycle.stop();
  await cluster.stop();
});

async function settled(): Promise<void> {
  await cluster.idle();
  await lifecycle.idle();
  await cluster.idle();
}
async function beat(names: readonly string[]): Promise<void> {
  for (const name of names) liveness.connected(name, []);
  await settled();
}
/** Time goes by while these agents beat, and no others. */
async function pass(seconds: number, beating: readonly string[]): Promise<void> {
  for (let passed = 0; passed < seconds; passed += 1) {
    await cluster.clock.advance(1_000);
    await beat(beating);
  }
}
const pods = (): readonly Pod[] => cluster.client.view('Pod').list();
const fresh = (): readonly Pod[] => pods().filter((pod) => isActive(pod) && pod.spec.nodeName === undefined);
const evicted = (): readonly string[] =>
  cluster.client
    .view('Node')
    .list({ where: ({ spec }: Node) => spec?.taints?.some(({ effect }) => effect === 'NoExecute') === true })
    .map(({ metadata }) => metadata.name);

it('replaces the pods of a node that went silent within seconds, and leaves those of one that is silent for a moment', async () => {
  await start(3);
  await pass(4, ['n2', 'n3']);
  await pass(5, ['n1', 'n2', 'n3']);
  expect([evicted(), fresh()]).toEqual([[], []]);
  await pass(8, ['n2', 'n3']);
  expect(evicted()).toEqual(['n1']);
  expect(fresh()).toHaveLength(1);
});

it('gives an agent that closed its connection the time of a restart, and replaces its pods when it does not return', async () => {
  await start(3);
  liveness.disconnected('n1', { byAgent: true });
  await pass(19, ['n2', 'n3']);
  expect([evicted(), fresh()]).toEqual([[], []]);
  await pass(3, ['n2', 'n3']);
  expect(evicted()).toEqual(['n1']);
  expect(fresh()).toHaveLength(1);
});

it('leaves the pods of a node whose agent was restarted', async () => {
  await start(3);
  liveness.disconnected('n1', { byAgent: true });
  await pass(18, ['n2', 'n3']);
  await pass(60, ['n1', 'n2', 'n3']);
  expect([evicted(), fresh()]).toEqual([[], []]);
});

it('leaves the pods where they are while every node is lost, and for a while after', async () => {
  await start(3);
  await pass(60, []);
  expect(evicted()).toEqual([]);
  await pass(10, ['n2', 'n3']);
  expect([evicted(), fresh()]).toEqual([[], []]);
  await beat(['n1']);
  await pass(60, ['n1', 'n2', 'n3']);
  expect([evicted(), fresh()]).toEqual([[], []]);
});

it('moves nobody where all fall silent within one beat: it is the server that is cut off', async () => {
  await start(3);
  await pass(1, ['n2', 'n3']);
  await pass(60, []);
  expect([evicted(), fresh()]).toEqual([[], []]);
});

it('evicts one node after the other where several are lost at once', async () => {
  await start(7);
  await pass(8, ['n4', 'n5', 'n6', 'n7']);
  expect(evicted()).toHaveLength(1);
  await pass(10, ['n4', 'n5', 'n6', 'n7']);
  expect(evicted()).toHaveLength(2);
  await pass(10, ['n4', 'n5', 'n6', 'n7']);
  expect(evicted()).toEqual(['n1', 'n2', 'n3']);
});

it('evicts no further node while most are lost', async () => {
  await start(5);
  await pass(300, ['n4', 'n5']);
  expect(evicted().length).toBeLessThanOrEqual(1);
});

it('takes the eviction back when the node is there again', async () => {
  await start(3);
  for (const pod of pods())
    await cluster.client.modify('Pod', keyOf(pod), ({ spec, ...rest }) => ({
      ...rest,
      spec: { ...spec, tolerations: (spec.tolerations ?? []).map((each) => ({ ...each, tolerationSeconds: 15 })) },
    }));
  await pass(10, ['n2', 'n3']);
  expect(evicted()).toEqual(['n1']);
  await pass(60, ['n1', 'n2', 'n3']);
  expect([evicted(), fresh()]).toEqual([[], []]);
});

describe('the pod of a StatefulSet on a lost node', () => {
  const member = { namespace: 'default', name: 'db-0' };
  const place = () => cluster.client.view('Pod').get(member)?.spec.nodeName;
  async function startSet(annotations: Record<string, string>): Promise<void> {
    await start(2);
    const labels = { app: 'db' };
    await cluster.client.modify('Node', { name: 'n1' }, (node) => ({
      ...node,
      metadata: { ...node.metadata, annotations },
    }));
    await cluster.client.create('StatefulSet', {
      metadata: { namespace: 'default', name: 'db' },
      spec: {
        replicas: 1,
        serviceName: 'db',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'app', image: 'busybox:1' }] } },
      },
    });
    await settled();
    const uid = cluster.client.view('Pod').get(member)?.metadata.uid ?? '';
    await cluster.client.bind(member, { nodeName: 'n1', uid });
    await settled();
  }
  const BOUND = { 'pinsetter.io/fence-after-seconds': '20' };

  it('is made anew when the node must have stopped it, and no sooner', async () => {
    await startSet(BOUND);
    await pass(44, ['n2']);
    expect(place()).toBe('n1');
    await pass(2, ['n2']);
    expect(place()).not.toBe('n1');
  });

  it('stays where the node stops nothing by itself', async () => {
    await startSet({});
    await pass(300, ['n2']);
    expect(place()).toBe('n1');
  });

  it('stays where the agent closed its connection: nobody is there to stop it', async () => {
    await startSet(BOUND);
    liveness.disconnected('n1', { byAgent: true });
    await pass(300, ['n2']);
    expect(place()).toBe('n1');
    expect(cluster.client.view('Node').get({ name: 'n1' })?.metadata.annotations).toBeUndefined();
  });
});
