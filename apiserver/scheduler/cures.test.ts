import { startScheduler } from './testing/scheduler-harness';

const near = (app: string, more: object = {}) => ({
  affinity: {
    podAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app } }, ...more },
      ],
    },
  },
});

async function start(meanwhile?: () => void) {
  const cluster = await startScheduler(meanwhile === undefined ? {} : { meanwhile });
  await cluster.addNode({ name: 'n1', cpu: '2' });
  cluster.scheduler.start();
  const label = (name: string, labels: Record<string, string>) =>
    cluster.client.patch('Pod', { namespace: 'default', name }, { type: 'merge', body: { metadata: { labels } } });
  return { ...cluster, label };
}

it('gives the room of a pod that could not be bound to one that waits for it', async () => {
  let meanwhile = (): void => undefined;
  const cluster = await start(() => meanwhile());
  await cluster.addPod({ name: 'a', cpu: '1' });
  await cluster.idle();
  meanwhile = () => {
    meanwhile = () => undefined;
    void cluster.client.delete('Pod', { namespace: 'default', name: 'b' }, { gracePeriodSeconds: 0 });
  };
  await Promise.all(['b', 'c'].map((name) => cluster.addPod({ name, cpu: '1' })));
  await cluster.idle();
  expect(cluster.nodeOf('c')).toBe('n1');
  await cluster.stop();
});

it('tries a pod again whose own labels change', async () => {
  const cluster = await start();
  await cluster.addPod({ name: 'first', labels: { app: 'other' } });
  await cluster.addPod({ name: 'second', spec: near('web') });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBeUndefined();
  // The first of its kind may go anywhere.
  await cluster.label('second', { app: 'web' });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('tries a pod again when one that runs becomes what it wants to be near', async () => {
  const cluster = await start();
  await cluster.addPod({ name: 'first', labels: { app: 'other' } });
  await cluster.addPod({ name: 'second', spec: near('web') });
  await cluster.idle();
  await cluster.label('first', { app: 'web' });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('tries a pod again when somebody else binds one that it wants to be near', async () => {
  const cluster = await start();
  await cluster.addPod({ name: 'second', spec: near('web') });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBeUndefined();
  await cluster.addPod({ name: 'first', labels: { app: 'web' }, node: 'n1' });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('tries a pod again when a namespace becomes one that it means', async () => {
  const cluster = await start();
  await cluster.client.create('Namespace', { metadata: { name: 'team' } });
  await cluster.addPod({ name: 'first', namespace: 'team', labels: { app: 'web' } });
  const prod = { matchLabels: { env: 'prod' } };
  await cluster.addPod({ name: 'second', spec: near('web', { namespaceSelector: prod }) });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBeUndefined();
  const body = { metadata: { labels: { env: 'prod' } } };
  await cluster.client.patch('Namespace', { name: 'team' }, { type: 'merge', body });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('tries a pod again when a domain that kept it from spreading is gone with its node', async () => {
  const cluster = await start();
  await cluster.addNode({ name: 'n2', cpu: '1' });
  const spread = {
    topologySpreadConstraints: [
      {
        topologyKey: 'kubernetes.io/hostname',
        maxSkew: 1,
        whenUnsatisfiable: 'DoNotSchedule',
        labelSelector: { matchLabels: { app: 'web' } },
      },
    ],
  };
  const add = (name: string) => cluster.addPod({ name, cpu: '900m', labels: { app: 'web' }, spec: spread });
  await cluster.addPod({ name: 'filler', cpu: '1', node: 'n2' });
  await add('a');
  await cluster.idle();
  await add('b');
  await cluster.idle();
  expect([cluster.nodeOf('a'), cluster.nodeOf('b')]).toEqual(['n1', undefined]);
  await cluster.client.delete('Node', { name: 'n2' });
  await cluster.idle();
  expect(cluster.nodeOf('b')).toBe('n1');
  await cluster.stop();
});

it('does not try a pod again for what cannot help it', async () => {
  const cluster = await start();
  await cluster.addPod({ name: 'big', cpu: '9' });
  await cluster.idle();
  const tries = () => cluster.batches.filter((batch) => batch.includes('big')).length;
  const before = tries();
  await cluster.addPod({ name: 'small', cpu: '100m' });
  await cluster.idle();
  await cluster.client.create('Namespace', { metadata: { name: 'team' } });
  await cluster.clock.advance(3_600_000);
  await cluster.idle();
  expect(cluster.nodeOf('small')).toBe('n1');
  expect(tries()).toBe(before);
  await cluster.stop();
});
