import { aPod } from '../../shared/testing/builders';
import { startScheduler } from './testing/scheduler-harness';

it('tells where pods would go without creating or binding anything', async () => {
  const cluster = await startScheduler();
  await cluster.addNode({ name: 'n1', cpu: '2' });
  cluster.scheduler.start();
  await cluster.idle();
  const pods = [aPod({ name: 'fits', cpu: '2' }), aPod({ name: 'does-not', cpu: '4' })];
  expect(cluster.scheduler.whatIf.plan(pods)).toEqual([
    { namespace: 'default', name: 'fits', nodeName: 'n1', reason: expect.stringContaining('n1 costs') as string },
    {
      namespace: 'default',
      name: 'does-not',
      reason: expect.stringContaining('0/1 nodes are available: 1 Insufficient cpu.') as string,
    },
  ]);
  expect(cluster.client.view('Pod').list()).toEqual([]);
  // The room that was planned with is free.
  await cluster.addPod({ name: 'real', cpu: '2' });
  await cluster.idle();
  expect(cluster.nodeOf('real')).toBe('n1');
  await cluster.stop();
});

it('remembers why a pod was placed where it is', async () => {
  const cluster = await startScheduler();
  await cluster.addNode({ name: 'n1' });
  await cluster.addNode({ name: 'n2' });
  cluster.scheduler.start();
  const { metadata } = await cluster.addPod({ name: 'web', cpu: '1' });
  await cluster.idle();
  expect(cluster.scheduler.choiceOf(metadata.uid)?.choice).toMatch(/^n[12] costs .*; n[12] comes second with /);
  expect(cluster.scheduler.choiceOf('unknown')).toBeUndefined();
  await cluster.stop();
});

it('proposes moves of pods that have a controller, and of no others', async () => {
  const cluster = await startScheduler();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', cpu: '8' });
  await cluster.addNode({ name: 'n2', cpu: '8' });
  for (const [name, node] of [
    ['a', 'n1'],
    ['b', 'n1'],
    ['lonely', 'n2'],
  ] as const) {
    await cluster.addPod({ name, cpu: '1', memory: '1Gi', node });
  }
  await cluster.idle();
  expect(cluster.scheduler.whatIf.rebalance().moves).toEqual([]);
  await cluster.client.patch(
    'Pod',
    { namespace: 'default', name: 'lonely' },
    {
      type: 'merge',
      body: {
        metadata: {
          ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'job-uid', controller: true }],
        },
      },
    },
  );
  await cluster.idle();
  expect(cluster.scheduler.whatIf.rebalance()).toMatchObject({
    moves: [{ name: 'lonely', from: 'n2', to: 'n1', reason: 'frees-node' }],
    nodesUsed: { before: 2, after: 1 },
  });
  await cluster.stop();
});
