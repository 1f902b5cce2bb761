import { silentLogger } from '../../../shared/logger';
import { FakeClock } from '../../../shared/testing/fake-clock';
import { aNode } from '../../../shared/testing/builders';
import { createEventRecorder } from '../../events/event-recorder';
import { LivenessMonitor } from '../../node-channel/liveness';
import { FakeClient } from '../../node-channel/testing/fake-client';
import { NodeLifecycleController } from './node-lifecycle-controller';

async function start(taints: { key: string; effect: string }[] = []) {
  const [client, clock] = [new FakeClient(), new FakeClock()];
  const liveness = new LivenessMonitor(clock);
  liveness.start();
  const events = createEventRecorder({ client, clock, logger: silentLogger });
  await client.create('Node', { ...aNode({ name: 'n1', taints }) });
  await client.create('Node', { ...aNode({ name: 'another' }) });
  liveness.connected('another', []);
  const controller = new NodeLifecycleController({ client, clock, events, liveness, logger: silentLogger });
  const node = () => client.view('Node').get({ name: 'n1' });
  const taintKeys = (): string[] => (node()?.spec?.taints ?? []).map(({ key }) => key);
  return {
    client,
    clock,
    liveness,
    controller,
    node,
    taintKeys,
    /** Resolves when what is told is written too. */
    async reconcile() {
      await controller.reconcile({ name: 'n1' });
      await events.flush();
    },
    told: () =>
      client
        .view('Event')
        .list()
        .map(({ reason, message }) => `${reason ?? ''}: ${message ?? ''}`),
  };
}

it('writes nothing when it looks again, nor for a beat', async () => {
  const { client, liveness, reconcile } = await start();
  liveness.connected('n1', []);
  await reconcile();
  const before = client.writes.length;
  liveness.beat('n1', []);
  await reconcile();
  expect(client.writes.length).toBe(before);
});

it('leaves a node alone that is only awaited after a start', async () => {
  const { client, reconcile } = await start();
  await reconcile();
  expect(client.writes).toEqual(['create Node n1', 'create Node another']);
});

it('keeps the taints of others, and says since when a node is unreachable', async () => {
  const { clock, liveness, reconcile, node, taintKeys } = await start([{ key: 'mine', effect: 'NoSchedule' }]);
  liveness.connected('n1', []);
  liveness.disconnected('n1');
  await reconcile();
  expect(taintKeys()).toEqual(['mine', 'pinsetter.io/suspect']);

  await clock.advance(7_000);
  liveness.beat('another', []);
  await reconcile();
  expect(taintKeys()).toEqual(['mine', 'node.kubernetes.io/unreachable', 'node.kubernetes.io/unreachable']);
  expect(node()?.spec?.taints?.[2]).toEqual({
    key: 'node.kubernetes.io/unreachable',
    effect: 'NoExecute',
    timeAdded: '2026-01-01T00:00:07Z',
  });

  liveness.connected('n1', []);
  await reconcile();
  expect(taintKeys()).toEqual(['mine']);
});

it('says of a node whose agent never came that it never did', async () => {
  const { client, clock, liveness, reconcile, node } = await start();
  await client.modify('Node', { name: 'n1' }, (old) => ({ ...old, status: {} }), { subresource: 'status' });
  liveness.of('n1');
  await clock.advance(60_000);
  await reconcile();
  expect(node()?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'Ready', status: 'Unknown', reason: 'NodeStatusNeverUpdated' }),
  );
});

it('tells of what becomes of a node', async () => {
  const { client, clock, liveness, reconcile, told } = await start();
  const pressure = (status: 'True' | 'False') =>
    ['MemoryPressure', 'DiskPressure', 'PIDPressure'].map((type) => ({ type, status, reason: '', message: '' }));
  const ready = { type: 'Ready', status: 'True', reason: '', message: '' } as const;
  liveness.connected('n1', [ready, ...pressure('False')]);
  await reconcile();
  await reconcile();
  const registered = ['RegisteredNode: Node n1 event: Registered Node n1 in Controller'];
  const at = (reason: string): string => `${reason}: Node n1 status is now: ${reason}`;
  const fine = ['NodeHasSufficientMemory', 'NodeHasNoDiskPressure', 'NodeHasSufficientPID'].map(at);
  expect(told()).toEqual([...registered, ...fine]);

  liveness.beat('n1', [ready, ...pressure('True')]);
  await reconcile();
  const troubled = ['NodeHasInsufficientMemory', 'NodeHasDiskPressure', 'NodeHasInsufficientPID'].map(at);
  expect(told().slice(4)).toEqual(troubled);

  const cordon = async (unschedulable: boolean): Promise<void> => {
    await client.modify('Node', { name: 'n1' }, (node) => ({ ...node, spec: { ...node.spec, unschedulable } }));
    await reconcile();
  };
  await cordon(true);
  await cordon(false);
  expect(told().slice(7)).toEqual(['NodeNotSchedulable', 'NodeSchedulable'].map(at));

  liveness.disconnected('n1');
  await clock.advance(7_000);
  liveness.beat('another', []);
  await reconcile();
  expect(told().slice(9)).toEqual([at('NodeNotReady')]);

  await client.delete('Node', { name: 'n1' });
  await reconcile();
  expect(told().slice(10)).toEqual(['RemovingNode: Node n1 event: Removing Node n1 from Controller']);
});

it('tells that a machine has started anew', async () => {
  const { client, liveness, reconcile, told } = await start();
  liveness.connected('n1', []);
  const boot = async (bootID: string): Promise<void> => {
    const change = { status: { nodeInfo: { bootID } } } as object;
    await client.modify('Node', { name: 'n1' }, (node) => ({ ...node, ...change }), { subresource: 'status' });
    await reconcile();
  };
  for (const bootID of ['first', 'first', 'second', 'second']) await boot(bootID);
  expect(told().filter((text) => text.startsWith('Rebooted'))).toEqual([
    'Rebooted: Node n1 has been rebooted, boot id: second',
  ]);
});
