import type { NetworkChange } from '../../shared/wire/network';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';
import { NetworkFeed } from './network-feed';

let cluster: TestRegistry;
let feed: NetworkFeed;
beforeEach(async () => {
  cluster = await startRegistry();
  feed = new NetworkFeed({ client: cluster.client, clock: cluster.clock });
});
afterEach(async () => {
  feed.stop();
  await cluster.registry.close();
});

const slice = { namespace: 'default', name: 'web-1' };
/** A slice with one endpoint for each pod of these uids. */
async function createSlice(...uids: readonly string[]): Promise<void> {
  await cluster.client.create('EndpointSlice', {
    metadata: { ...slice, labels: { 'kubernetes.io/service-name': 'web' } },
    addressType: 'IPv4',
    endpoints: uids.map((uid, at) => ({
      addresses: [`10.244.0.${at + 2}`],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', namespace: 'default', name: uid, uid },
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  });
}
const withoutEndpoints = () => cluster.client.modify('EndpointSlice', slice, (each) => ({ ...each, endpoints: [] }));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
/** Whether it is out by now. */
function watched(podUid: string): () => boolean {
  let isOut = false;
  void feed.withdrawn(podUid).then(() => (isOut = true));
  return () => isOut;
}

describe('a pod that ends', () => {
  const told: NetworkChange[] = [];
  const subscribe = () => feed.subscribe('n1', (change) => told.push(change));
  const lastTold = (): number => told.at(-1)?.revision ?? 0;
  beforeEach(() => told.splice(0));

  it('is out when every node has done what took it out', async () => {
    await createSlice('a', 'b');
    const nodes = [subscribe(), subscribe()];
    const isOut = watched('a');
    await withoutEndpoints();
    await turn();
    expect(isOut()).toBe(false);
    for (const node of nodes) {
      await turn();
      expect(isOut()).toBe(false);
      node.applied(lastTold());
    }
    await turn();
    expect(isOut()).toBe(false);
    // Requests under way.
    await cluster.clock.advance(200);
    expect(isOut()).toBe(true);
  });

  it('is out at once where nobody was sent to it', async () => {
    await createSlice('a');
    const node = subscribe();
    await turn();
    node.applied(lastTold());
    const isOut = watched('stranger');
    await turn();
    expect(isOut()).toBe(true);
  });

  it('does not wait for what is told later', async () => {
    await createSlice('a');
    const node = subscribe();
    const isOut = watched('a');
    await withoutEndpoints();
    await turn();
    const left = lastTold();
    await cluster.client.create('Service', {
      metadata: { namespace: 'default', name: 'more' },
      spec: { ports: [{ port: 80 }] },
    });
    await turn();
    expect(lastTold()).toBeGreaterThan(left);
    node.applied(left);
    await cluster.clock.advance(200);
    expect(isOut()).toBe(true);
  });

  it('is out at last where a node does not answer', async () => {
    await createSlice('a');
    subscribe();
    const isOut = watched('a');
    await withoutEndpoints();
    await turn();
    await cluster.clock.advance(4_999);
    await turn();
    expect(isOut()).toBe(false);
    await cluster.clock.advance(201);
    await turn();
    expect(isOut()).toBe(true);
  });
});
