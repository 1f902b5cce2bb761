import { startScheduler } from './testing/scheduler-harness';

async function start() {
  const cluster = await startScheduler();
  for (const [name, value, preemptionPolicy] of [
    ['low', 1, 'PreemptLowerPriority'],
    ['high', 1_000, 'PreemptLowerPriority'],
    ['patient', 1_000, 'Never'],
  ] as const) {
    await cluster.client.create('PriorityClass', { metadata: { name }, value, preemptionPolicy });
  }
  await cluster.addNode({ name: 'n1', cpu: '4' });
  cluster.scheduler.start();
  const add = (name: string, priorityClassName: string, cpu = '4', more: object = {}) =>
    cluster.addPod({ name, cpu, labels: { app: name }, spec: { priorityClassName, ...more } });
  return { ...cluster, add };
}

it('lets a less important pod leave gracefully, and keeps its room for the important one', async () => {
  const cluster = await start();
  await cluster.add('victim', 'low', '4', { terminationGracePeriodSeconds: 30 });
  await cluster.idle();
  await cluster.add('important', 'high', '2');
  await cluster.idle();
  expect(cluster.pod('victim')?.metadata.deletionGracePeriodSeconds).toBe(30);
  expect(cluster.pod('victim')?.status?.conditions).toContainEqual(
    expect.objectContaining({ type: 'DisruptionTarget', reason: 'PreemptionByScheduler' }),
  );
  expect(cluster.pod('important')?.status?.nominatedNodeName).toBe('n1');
  expect(cluster.eventsOf('victim').at(-1)).toMatch(/^Normal Preempted: Preempted by pod .* on node n1$/);

  // Another that would fit once the victim has left does not overtake.
  await cluster.add('newcomer', 'low', '3');
  await cluster.idle();
  await cluster.client.delete('Pod', { namespace: 'default', name: 'victim' }, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect([cluster.nodeOf('important'), cluster.nodeOf('newcomer')]).toEqual(['n1', undefined]);
  await cluster.stop();
});

it('evicts nobody for its equals, or for a pod that would rather wait', async () => {
  const cluster = await start();
  await cluster.add('running', 'low');
  await cluster.idle();
  await cluster.add('equal', 'low');
  await cluster.add('patient', 'patient');
  await cluster.add('huge', 'high', '5');
  await cluster.idle();
  expect(cluster.pod('running')?.metadata.deletionTimestamp).toBeUndefined();
  const tails = ['equal', 'patient', 'huge'].map((name) => cluster.eventsOf(name).at(-1)?.split(' preemption: ')[1]);
  expect(tails).toEqual([
    '0/1 nodes are available: 1 No preemption victims found for incoming pod.',
    'not eligible due to preemptionPolicy=Never.',
    '0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
  ]);
  await cluster.stop();
});

it('does not evict more while its victims are leaving', async () => {
  const cluster = await start();
  await cluster.addNode({ name: 'n2', cpu: '4' });
  await cluster.add('one', 'low');
  await cluster.add('two', 'low');
  await cluster.idle();
  await cluster.add('important', 'high');
  await cluster.idle();
  await cluster.client.patch('Node', { name: 'n1' }, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
  await cluster.idle();
  const leaving = ['one', 'two'].filter((name) => cluster.pod(name)?.metadata.deletionTimestamp !== undefined);
  expect(leaving).toHaveLength(1);
  await cluster.stop();
});

it('lets the room go of a pod that was deleted before it could use it', async () => {
  const cluster = await start();
  await cluster.add('victim', 'low');
  await cluster.idle();
  await cluster.add('important', 'high');
  await cluster.idle();
  await cluster.client.delete('Pod', { namespace: 'default', name: 'important' }, { gracePeriodSeconds: 0 });
  await cluster.client.delete('Pod', { namespace: 'default', name: 'victim' }, { gracePeriodSeconds: 0 });
  await cluster.add('next', 'low');
  await cluster.idle();
  expect(cluster.nodeOf('next')).toBe('n1');
  await cluster.stop();
});

it('keeps the room for the one that it was promised to over a restart', async () => {
  const cluster = await start();
  await cluster.add('victim', 'low', '4', { terminationGracePeriodSeconds: 30 });
  await cluster.idle();
  await cluster.add('important', 'high', '4');
  await cluster.idle();
  await cluster.scheduler.stop();
  const again = cluster.restart();
  again.start();
  await cluster.add('newcomer', 'low', '1');
  await cluster.idle();
  await cluster.client.delete('Pod', { namespace: 'default', name: 'victim' }, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect([cluster.nodeOf('important'), cluster.nodeOf('newcomer')]).toEqual(['n1', undefined]);
  await again.stop();
  await cluster.stop();
});

it('lets one that is still more important have the room that is kept for another', async () => {
  const cluster = await start();
  await cluster.client.create('PriorityClass', { metadata: { name: 'highest' }, value: 5_000 });
  await cluster.add('victim', 'low', '4', { terminationGracePeriodSeconds: 30 });
  await cluster.idle();
  await cluster.add('important', 'high', '3');
  await cluster.idle();
  await cluster.add('most-important', 'highest', '3');
  await cluster.idle();
  await cluster.client.delete('Pod', { namespace: 'default', name: 'victim' }, { gracePeriodSeconds: 0 });
  await cluster.idle();
  expect([cluster.nodeOf('important'), cluster.nodeOf('most-important')]).toEqual([undefined, 'n1']);
  await cluster.stop();
});
