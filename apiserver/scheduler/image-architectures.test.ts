import { IMAGE_FOR_OTHERS } from '../../shared/pod/image-for-others';
import { startScheduler } from './testing/scheduler-harness';

const status = (state: object, started: boolean) => ({
  containerStatuses: [{ name: 'app', image: 'foreign', imageID: '', ready: false, restartCount: 0, started, state }],
});

async function aCluster() {
  const cluster = await startScheduler();
  cluster.scheduler.start();
  await cluster.addNode({ name: 'n1', cpu: '2', labels: { 'kubernetes.io/arch': 'amd64' } });
  const addPod = (name: string) =>
    cluster.addPod({ name, containers: [{ name: 'app', image: 'foreign', resources: { requests: { cpu: '100m' } } }] });
  const report = (name: string, state: object, started = false) =>
    cluster.client.modify(
      'Pod',
      { namespace: 'default', name },
      (pod) => ({ ...pod, status: { ...pod.status, ...status(state, started) } }),
      { subresource: 'status' },
    );
  await addPod('first');
  await cluster.idle();
  expect(cluster.nodeOf('first')).toBe('n1');
  await report('first', { waiting: { reason: IMAGE_FOR_OTHERS, message: 'image "foreign" is for linux/arm64' } });
  return { ...cluster, addPod, report };
}

it('keeps an image off processors that it was found not to be made for, and says so', async () => {
  const cluster = await aCluster();
  await cluster.addPod('second');
  await cluster.idle();
  expect(cluster.conditionOf('second')?.message).toContain(
    "0/1 nodes are available: 1 node(s) didn't match the pod's image architecture",
  );
  await cluster.addNode({ name: 'n2', cpu: '2', labels: { 'kubernetes.io/arch': 'arm64' } });
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n2');
  await cluster.stop();
});

it('tries again when the image runs there after all', async () => {
  const cluster = await aCluster();
  await cluster.addPod('second');
  await cluster.idle();
  await cluster.report('first', { running: { startedAt: '2026-01-01T00:00:00Z' } }, true);
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('tries again after a while: it may have been published anew', async () => {
  const cluster = await aCluster();
  await cluster.addPod('second');
  await cluster.idle();
  await cluster.client.delete('Pod', { namespace: 'default', name: 'first' }, { gracePeriodSeconds: 0 });
  await cluster.clock.advance(599_000);
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBeUndefined();
  await cluster.clock.advance(2_000);
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBe('n1');
  await cluster.stop();
});

it('knows it again after a restart, as long as the pod that found out is there', async () => {
  const cluster = await aCluster();
  await cluster.scheduler.stop();
  cluster.scheduler.start();
  await cluster.addPod('second');
  await cluster.idle();
  expect(cluster.nodeOf('second')).toBeUndefined();
  await cluster.stop();
});
