import { startScheduler as start } from './testing/scheduler-harness';

it('binds what waits when it starts and what comes later, and says so', async () => {
  const cluster = await start();
  await cluster.addNode({ name: 'n1' });
  await cluster.addPod({ name: 'early' });
  cluster.scheduler.start();
  await cluster.idle();
  await cluster.addPod({ name: 'late' });
  await cluster.idle();
  for (const name of ['early', 'late']) {
    expect(cluster.nodeOf(name)).toBe('n1');
    expect(cluster.conditionOf(name)?.status).toBe('True');
    expect(cluster.eventsOf(name)).toEqual([`Normal Scheduled: Successfully assigned default/${name} to n1`]);
  }
  await cluster.stop();
});

it('leaves alone what is bound, names another scheduler, or is gated', async () => {
  const cluster = await start();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1' });
  await cluster.addPod({ name: 'bound', node: 'elsewhere' });
  await cluster.addPod({ name: 'foreign', spec: { schedulerName: 'other' } });
  await cluster.addPod({ name: 'gated', spec: { schedulingGates: [{ name: 'example.com/wait' }] } });
  await cluster.idle();
  expect(cluster.batches).toEqual([]);
  expect(cluster.nodeOf('bound')).toBe('elsewhere');
  await cluster.stop();
});

it('tells of a pod that fits nowhere which rule excluded each node', async () => {
  const cluster = await start();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', cpu: '1' });
  await cluster.addNode({ name: 'n2', cordoned: true });
  await cluster.addPod({ name: 'web', cpu: '2' });
  await cluster.idle();
  const message =
    '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. n1: Insufficient cpu: 2 requested, 1 of 1 free; n2: ';
  expect(cluster.conditionOf('web')).toMatchObject({
    status: 'False',
    reason: 'Unschedulable',
    message: expect.stringContaining(message) as string,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  expect(cluster.eventsOf('web')).toEqual([
    `Warning FailedScheduling: ${cluster.conditionOf('web')?.message ?? 'no condition'}`,
  ]);
  await cluster.stop();
});

it('tries again when a node changes in what matters, and never because time passes', async () => {
  const cluster = await start();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', cpu: '1' });
  await cluster.addPod({ name: 'web', cpu: '2' });
  await cluster.idle();
  expect(cluster.batches).toEqual([['web']]);

  await cluster.clock.advance(3_600_000);
  await cluster.client.modify('Node', { name: 'n1' }, (node) => ({
    ...node,
    metadata: { ...node.metadata, annotations: { note: 'nothing that a filter reads' } },
  }));
  await cluster.idle();
  expect(cluster.batches).toHaveLength(1);

  const grown = { cpu: '4', memory: '8Gi', pods: '110' };
  await cluster.client.modify(
    'Node',
    { name: 'n1' },
    (node) => ({ ...node, status: { ...node.status, allocatable: grown } }),
    { subresource: 'status' },
  );
  await cluster.idle();
  expect(cluster.batches).toEqual([['web'], ['web']]);
  expect(cluster.nodeOf('web')).toBe('n1');
  await cluster.stop();
});

it('keeps the time of the refusal, and is silent, when the same refusal comes again', async () => {
  const cluster = await start();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', cpu: '1' });
  await cluster.addPod({ name: 'web', cpu: '2' });
  await cluster.idle();
  const before = cluster.pod('web')?.metadata.resourceVersion;
  await cluster.clock.advance(60_000);
  await cluster.client.patch('Node', { name: 'n1' }, { type: 'merge', body: { metadata: { labels: { a: 'b' } } } });
  await cluster.idle();
  expect(cluster.batches).toHaveLength(2);
  expect(cluster.pod('web')?.metadata.resourceVersion).toBe(before);
  await cluster.addNode({ name: 'n2', cpu: '1' });
  await cluster.idle();
  expect(cluster.conditionOf('web')).toMatchObject({
    message: expect.stringContaining('0/2 nodes') as string,
    lastTransitionTime: '2026-01-01T00:00:00Z',
  });
  await cluster.stop();
});

it.each(['Succeeded', 'deleted'])('gives a waiting pod the room of one that is %s', async (end) => {
  const cluster = await start();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', cpu: '2' });
  await cluster.addPod({ name: 'first', cpu: '2' });
  await cluster.idle();
  await cluster.addPod({ name: 'second', cpu: '2' });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBeUndefined();
  const first = { namespace: 'default', name: 'first' };
  if (end === 'deleted') await cluster.client.delete('Pod', first, { gracePeriodSeconds: 0 });
  else
    await cluster.client.modify('Pod', first, (pod) => ({ ...pod, status: { ...pod.status, phase: end } }), {
      subresource: 'status',
    });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('lets the pod of higher priority have what is left, in whatever order they came', async () => {
  const cluster = await start();
  await cluster.client.create('PriorityClass', { metadata: { name: 'high' }, value: 1_000 });
  await cluster.addNode({ name: 'n1', cpu: '2' });
  await cluster.addPod({ name: 'low', cpu: '2' });
  await cluster.addPod({ name: 'important', cpu: '2', spec: { priorityClassName: 'high' } });
  cluster.scheduler.start();
  await cluster.idle();
  expect([cluster.nodeOf('important'), cluster.nodeOf('low')]).toEqual(['n1', undefined]);
  await cluster.stop();
});

it('accepts that somebody else bound the pod first, and does not count it where it meant to put it', async () => {
  let meanwhile = (): void => undefined;
  const cluster = await start({ meanwhile: () => meanwhile() });
  await cluster.addNode({ name: 'n1', cpu: '2' });
  const { metadata } = await cluster.addPod({ name: 'web', cpu: '2' });
  meanwhile = () => {
    meanwhile = () => undefined;
    void cluster.client.bind({ namespace: 'default', name: 'web' }, { nodeName: 'other', uid: metadata.uid });
  };
  cluster.scheduler.start();
  await cluster.idle();
  expect(cluster.nodeOf('web')).toBe('other');
  expect(cluster.eventsOf('web')).toEqual([]);
  expect(cluster.clock.pending).toBe(0);

  await cluster.addPod({ name: 'next', cpu: '2' });
  await cluster.idle();
  expect(cluster.nodeOf('next')).toBe('n1');
  await cluster.stop();
});

it('places the pod of the same name that took the place of the one it had decided on', async () => {
  let meanwhile = (): void => undefined;
  const cluster = await start({ meanwhile: () => meanwhile() });
  await cluster.addNode({ name: 'n1', cpu: '2' });
  const { metadata } = await cluster.addPod({ name: 'web', cpu: '2' });
  let replaced = Promise.resolve();
  meanwhile = () => {
    meanwhile = () => undefined;
    replaced = cluster.client
      .delete('Pod', { namespace: 'default', name: 'web' }, { gracePeriodSeconds: 0 })
      .then(() => cluster.addPod({ name: 'web', cpu: '2' }))
      .then(() => undefined);
  };
  cluster.scheduler.start();
  await cluster.idle();
  await replaced;
  await cluster.idle();
  expect(cluster.pod('web')?.metadata.uid).not.toBe(metadata.uid);
  expect(cluster.nodeOf('web')).toBe('n1');
  await cluster.stop();
});

it('stops for good: what comes later waits', async () => {
  const cluster = await start();
  cluster.scheduler.start();
  await cluster.scheduler.stop();
  await cluster.addNode({ name: 'n1' });
  await cluster.addPod({ name: 'web' });
  await cluster.idle();
  expect(cluster.nodeOf('web')).toBeUndefined();
  await cluster.stop();
});

it('keeps pods off a node whose memory is really in use, until it is no more', async () => {
  let memoryUsedBytes = 8 * 2 ** 30;
  const cluster = await start({ usages: () => [{ name: 'n1', usage: { cpuMilli: 100, memoryUsedBytes } }] });
  await cluster.addNode({ name: 'n1', memory: '8Gi' });
  cluster.scheduler.start();
  await cluster.clock.advance(10_000);
  await cluster.addPod({ name: 'web' });
  await cluster.idle();
  expect(cluster.conditionOf('web')?.message).toContain('1 node(s) were overloaded');
  memoryUsedBytes = 2 ** 30;
  await cluster.clock.advance(60_000);
  await cluster.idle();
  expect(cluster.nodeOf('web')).toBe('n1');
  await cluster.stop();
});
