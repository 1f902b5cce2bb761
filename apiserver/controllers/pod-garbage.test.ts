import type { Pod } from '../../shared/api/objects';
import { silentLogger } from '../../shared/logger';
import { ControllerManager } from './controller-manager';
import { PodGarbageController } from './pod-garbage';
import { report } from './testing/pod-figures';
import type { TestControllers } from './testing/test-controllers';
import { startControllers } from './testing/test-controllers';

let cluster: TestControllers;
beforeEach(async () => {
  cluster = await startControllers();
});
afterEach(() => cluster.stop());

const web = { namespace: 'default', name: 'web' };
const pod = () => cluster.client.view('Pod').get(web);

async function createPod(nodeName?: string): Promise<void> {
  const { metadata } = await cluster.client.create('Pod', {
    metadata: web,
    spec: { containers: [{ name: 'app', image: 'busybox' }] },
  });
  if (nodeName !== undefined) await cluster.client.bind(web, { nodeName, uid: metadata.uid });
  await cluster.idle();
}

async function advance(ms: number): Promise<void> {
  await cluster.clock.advance(ms);
  await cluster.idle();
}

it('removes the pods of a deleted node after a quarantine', async () => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await createPod('n1');
  await cluster.client.delete('Node', { name: 'n1' });
  await cluster.idle();
  await advance(39_999);
  expect(pod()).toBeDefined();
  await advance(1);
  expect(pod()).toBeUndefined();
});

it('says of such a pod that it failed, and why, to whoever keeps it for its word', async () => {
  const { metadata } = await cluster.client.create('Pod', {
    metadata: { ...web, finalizers: ['example.com/held'] },
    spec: { containers: [{ name: 'app', image: 'busybox' }] },
  });
  await cluster.client.bind(web, { nodeName: 'n1', uid: metadata.uid });
  await cluster.idle();
  await advance(40_000);
  expect(pod()?.status).toMatchObject({
    phase: 'Failed',
    conditions: expect.arrayContaining([
      expect.objectContaining({
        type: 'DisruptionTarget',
        status: 'True',
        reason: 'DeletionByPodGC',
        message: 'PodGC: node no longer exists',
      }),
    ]) as unknown,
  });
});

it('keeps the pods of a node that comes back in time, and counts anew when it leaves again', async () => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await createPod('n1');
  await cluster.client.delete('Node', { name: 'n1' });
  await advance(30_000);
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await advance(5_000);
  await cluster.client.delete('Node', { name: 'n1' });
  await cluster.idle();
  await advance(39_999);
  expect(pod()).toBeDefined();
  await advance(1);
  expect(pod()).toBeUndefined();
});

it('removes a terminating pod whose node is gone as well, without waiting for its grace period', async () => {
  await createPod('n1');
  await cluster.client.delete('Pod', web, { gracePeriodSeconds: 3_600 });
  await advance(40_000);
  expect(pod()).toBeUndefined();
});

it('lets a pod be that waits for a node', async () => {
  await createPod();
  await advance(3_600_000);
  expect(pod()).toBeDefined();
});

it('removes a terminating pod of a machine that is off and was declared out of service', async () => {
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  await cluster.client.create('Node', { metadata: { name: 'n1' }, spec: { taints } });
  await createPod('n1');
  expect(pod()).toBeUndefined();
});

it('leaves what is terminating to a node that is ready, whatever was declared of it', async () => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await cluster.client.modify('Node', { name: 'n1' }, (node) => ({ ...node, status: { conditions } }), {
    subresource: 'status',
  });
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
  await cluster.client.modify('Node', { name: 'n1' }, (node) => ({ ...node, spec: { ...node.spec, taints } }));
  await createPod('n1');
  expect(pod()?.metadata.deletionTimestamp).toBeDefined();
});

it('does not take a jump of the clock for time that has passed', async () => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await createPod('n1');
  await cluster.client.delete('Node', { name: 'n1' });
  cluster.clock.jump(3_600_000);
  await advance(30_000);
  expect(pod()).toBeDefined();
  cluster.clock.jump(-7_200_000);
  await advance(10_000);
  expect(pod()).toBeUndefined();
});

it('keeps so many pods that have ended, and of the others the youngest that were not evicted', async () => {
  const { client, clock } = cluster;
  const manager = new ControllerManager([new PodGarbageController(client, clock, 2)], {
    client,
    clock,
    logger: silentLogger,
  });
  manager.start();
  const names = (): readonly string[] =>
    client
      .view('Pod')
      .list()
      .map(({ metadata }) => metadata.name);
  const end = async (name: string, reason?: string): Promise<void> => {
    await advance(1_000);
    const key = { namespace: 'default', name };
    await client.create('Pod', { metadata: key, spec: { containers: [{ name: 'app', image: 'busybox' }] } });
    const told = (pod: Pod): Pod => ({
      ...pod,
      status: { ...pod.status, ...(reason === undefined ? {} : { reason }) },
    });
    await report(cluster, [await client.modify('Pod', key, told, { subresource: 'status' })], 'Failed');
    await manager.idle();
  };
  await createPod();
  for (const name of ['a', 'b', 'c']) await end(name);
  expect(names()).toEqual(['b', 'c', 'web']);
  await end('d', 'Evicted');
  expect(names()).toEqual(['b', 'c', 'web']);
  await manager.stop();
});
