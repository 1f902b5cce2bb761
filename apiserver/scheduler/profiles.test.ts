import { aPod } from '../../shared/testing/builders';
import { findPolicy } from './core/policies/policies';
import { greedyLeastAllocated } from './core/policies/greedy';
import { profilesOf } from './profiles';
import { startScheduler } from './testing/scheduler-harness';

it.each([
  ['packed', '--scheduler-profile packed: must be NAME=POLICY'],
  ['packed=nonsense', 'there is no policy "nonsense"'],
  ['default-scheduler=greedy', 'there is another profile default-scheduler'],
  ['Über=greedy', 'must be NAME=POLICY'],
])('refuses the profile %s', (given, why) => {
  expect(() => profilesOf('greedy', [given], findPolicy)).toThrow(why);
});

it('gives each name its policy', () => {
  const profiles = profilesOf('greedy', ['spread.example=least-allocated'], findPolicy);
  expect([...profiles].map(([name, { name: policy }]) => [name, policy])).toEqual([
    ['default-scheduler', 'greedy'],
    ['spread.example', 'least-allocated'],
  ]);
});

it('places pods by the profile that they ask for, and leaves those of others alone', async () => {
  const cluster = await startScheduler({ profiles: new Map([['spread', greedyLeastAllocated]]) });
  for (const name of ['n1', 'n2']) await cluster.addNode({ name, cpu: '8', memory: '8Gi' });
  cluster.scheduler.start();
  const add = (name: string, schedulerName?: string) =>
    cluster.addPod({
      name,
      cpu: '1',
      memory: '1Gi',
      ...(schedulerName === undefined ? {} : { spec: { schedulerName } }),
    });
  await add('first');
  await cluster.idle();
  await add('packed');
  await add('spread', 'spread');
  await add('elsewhere', 'somebody-else');
  await cluster.idle();
  const [first, packed, spread] = ['first', 'packed', 'spread'].map((name) => cluster.nodeOf(name));
  expect(packed).toBe(first);
  expect(spread).not.toBe(first);
  expect(cluster.nodeOf('elsewhere')).toBeUndefined();
  expect(cluster.conditionOf('elsewhere')).toBeUndefined();
  expect(cluster.scheduler.whatIf.plan([aPod({ spec: { schedulerName: 'nobody' } })])).toMatchObject([
    { reason: 'there is no scheduler nobody here, only default-scheduler, spread' },
  ]);
  await cluster.stop();
});
