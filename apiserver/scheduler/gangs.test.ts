import { GANG_ANNOTATION, GANG_DEADLINE_ANNOTATION, GANG_SIZE_ANNOTATION } from './gangs';
import { startScheduler } from './testing/scheduler-harness';

async function start(more: Readonly<Record<string, string>> = {}) {
  const cluster = await startScheduler();
  await cluster.addNode({ name: 'n1', cpu: '4' });
  cluster.scheduler.start();
  const annotations = { [GANG_ANNOTATION]: 'training', [GANG_SIZE_ANNOTATION]: '3', ...more };
  const add = (name: string, cpu = '1') => cluster.addPod({ name, cpu }, annotations);
  const nodes = () => ['a', 'b', 'c'].map((name) => cluster.nodeOf(name));
  return { ...cluster, add, nodes };
}

it('places a gang once all its pods are there', async () => {
  const cluster = await start();
  await cluster.add('a');
  await cluster.add('b');
  await cluster.idle();
  expect(cluster.nodes()).toEqual([undefined, undefined, undefined]);
  expect(cluster.conditionOf('a')?.message).toBe('gang training waits for its pods: 2 of 3 are there');
  await cluster.add('c');
  await cluster.idle();
  expect(cluster.nodes()).toEqual(['n1', 'n1', 'n1']);
  await cluster.stop();
});

it('places nothing of a gang that does not fit as a whole, and holds no room for it', async () => {
  const cluster = await start();
  for (const name of ['a', 'b', 'c']) await cluster.add(name, '2');
  await cluster.idle();
  expect(cluster.nodes()).toEqual([undefined, undefined, undefined]);
  expect(cluster.conditionOf('a')?.message).toContain('needs room for all its 3 pods at once, 2 would fit');
  await cluster.addPod({ name: 'single', cpu: '4' });
  await cluster.idle();
  expect(cluster.nodeOf('single')).toBe('n1');
  await cluster.addNode({ name: 'n2', cpu: '8' });
  await cluster.idle();
  expect(cluster.nodes()).toEqual(['n2', 'n2', 'n2']);
  await cluster.stop();
});

it('places a gang no more after its deadline', async () => {
  const cluster = await start({ [GANG_DEADLINE_ANNOTATION]: '60' });
  for (const name of ['a', 'b', 'c']) await cluster.add(name, '2');
  await cluster.idle();
  await cluster.clock.advance(61_000);
  await cluster.addNode({ name: 'n2', cpu: '8' });
  await cluster.idle();
  expect(cluster.nodes()).toEqual([undefined, undefined, undefined]);
  expect(cluster.conditionOf('a')?.message).toContain('was not placed by its deadline');
  await cluster.stop();
});

it('says that a gang is too late when its deadline passes, whatever else happens', async () => {
  const cluster = await start({ [GANG_DEADLINE_ANNOTATION]: '60' });
  await cluster.add('a');
  await cluster.idle();
  await cluster.clock.advance(61_000);
  await cluster.idle();
  expect(cluster.conditionOf('a')?.message).toMatch(/^gang training was not placed by its deadline/);
  await cluster.stop();
});
