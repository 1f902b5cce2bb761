import { silentLogger } from '../../../shared/logger';
import { createEventRecorder } from '../../events/event-recorder';
import { LivenessMonitor } from '../../node-channel/liveness';
import type { TestControllers } from '../testing/test-controllers';
import { startControllers } from '../testing/test-controllers';
import { NodeLifecycle } from './node-lifecycle';

const key = { namespace: 'kube-node-lease', name: 'n1' };
let cluster: TestControllers;
let liveness: LivenessMonitor;
let lifecycle: NodeLifecycle;
beforeEach(async () => {
  cluster = await startControllers();
  const { client, clock } = cluster;
  liveness = new LivenessMonitor(clock);
  const events = createEventRecorder({ client, clock, logger: silentLogger });
  lifecycle = new NodeLifecycle({ client, clock, events, liveness, logger: silentLogger });
  lifecycle.start();
});
afterEach(async () => {
  await lifecycle.stop();
  await cluster.stop();
});

const idle = async (): Promise<void> => {
  await lifecycle.idle();
  await cluster.idle();
};
const lease = () => cluster.client.view('Lease').get(key);
async function join(): Promise<string> {
  const { metadata } = await cluster.client.create('Node', { metadata: { name: 'n1' } });
  liveness.connected('n1', []);
  await idle();
  return metadata.uid;
}
const pass = async (ms: number): Promise<void> => {
  await cluster.clock.advance(ms);
  await idle();
};

it('gives a node whose beats come a lease of its own', async () => {
  const uid = await join();
  expect(lease()).toMatchObject({
    metadata: { ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'n1', uid }] },
    spec: { holderIdentity: 'n1', leaseDurationSeconds: 1_200, renewTime: '2026-01-01T00:00:00.000000Z' },
  });
});

it('gives none to a node that nobody has heard of', async () => {
  await cluster.client.create('Node', { metadata: { name: 'n1' } });
  await idle();
  expect(lease()).toBeUndefined();
});

it('renews it after a quarter of its time, and writes nothing before', async () => {
  await join();
  const written = lease()?.metadata.resourceVersion;
  await pass(299_000);
  liveness.beat('n1', []);
  await idle();
  expect(lease()?.metadata.resourceVersion).toBe(written);
  await pass(1_000);
  expect(lease()?.spec?.renewTime).toBe('2026-01-01T00:05:00.000000Z');
});

it('renews no lease of a node that is silent', async () => {
  await join();
  liveness.disconnected('n1');
  await pass(1_200_000);
  expect(lease()?.spec?.renewTime).toBe('2026-01-01T00:00:00.000000Z');
});

it('makes it again where somebody removed it, and mends what somebody changed', async () => {
  await join();
  await cluster.client.delete('Lease', key);
  await idle();
  expect(lease()).toBeDefined();
  await cluster.client.patch('Lease', key, { type: 'merge', body: { spec: { holderIdentity: 'me' } } });
  await idle();
  expect(lease()?.spec?.holderIdentity).toBe('n1');
});

it('lets it go with its node', async () => {
  await join();
  await cluster.client.delete('Node', { name: 'n1' });
  liveness.disconnected('n1');
  await idle();
  expect(lease()).toBeUndefined();
});
