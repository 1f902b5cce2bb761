import type { NetworkChange } from '../../shared/wire/network';
import { MANAGED_BY, SELECTOR_MANAGER, SERVICE_NAME } from '../controllers/endpoint-slice/service-pods';
import { asLost } from '../controllers/node-lifecycle/lost-pods';
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

const namespace = 'default';
const slice = { namespace, name: 'web-1' };
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const setReady = (name: string, isReady: boolean): Promise<unknown> =>
  cluster.client.modify(
    'Pod',
    { namespace, name },
    (pod) => ({
      ...pod,
      status: { ...pod.status, conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }] },
    }),
    { subresource: 'status' },
  );
const lose = (name: string): Promise<unknown> =>
  cluster.client.modify('Pod', { namespace, name }, (pod) => asLost(pod, cluster.clock.now()), {
    subresource: 'status',
  });

/** Ready pods of `n1` behind a Service, in one slice. */
async function serve(managedBy: string, ...names: readonly string[]): Promise<void> {
  const uids = new Map<string, string>();
  for (const name of names) {
    const pod = await cluster.client.create('Pod', {
      metadata: { namespace, name },
      spec: { nodeName: 'n1', containers: [{ name: 'main', image: 'x' }] },
    });
    uids.set(name, pod.metadata.uid);
    await setReady(name, true);
  }
  await cluster.client.create('EndpointSlice', {
    metadata: { ...slice, labels: { [SERVICE_NAME]: 'web', [MANAGED_BY]: managedBy } },
    addressType: 'IPv4',
    endpoints: names.map((name, at) => ({
      addresses: [`10.244.0.${at + 2}`],
      conditions: { ready: true, serving: true },
      nodeName: 'n1',
      targetRef: { kind: 'Pod', namespace, name, uid: uids.get(name) ?? '' },
    })),
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  });
}
const sliceSays = (...ready: readonly boolean[]): Promise<unknown> =>
  cluster.client.modify('EndpointSlice', slice, (each) => ({
    ...each,
    endpoints: each.endpoints.map((endpoint, at) => ({
      ...endpoint,
      conditions: { ready: ready[at] === true, serving: ready[at] === true },
    })),
  }));

/** What a node that subscribes now hears of who is ready, the newest last. */
function listen(nodeName: string): readonly (readonly boolean[])[] {
  const heard: (readonly boolean[])[] = [];
  feed.subscribe(nodeName, ({ slices }: NetworkChange) => {
    for (const { endpoints } of slices) heard.push(endpoints.map(({ ready }) => ready));
  });
  return heard;
}

describe('endpoints on a node that was lost', () => {
  it('serve on that node as they did, and on no other', async () => {
    await serve(SELECTOR_MANAGER, 'a');
    const while1 = listen('n1');
    await lose('a');
    await sliceSays(false);
    await turn();
    expect(while1).toEqual([[true], [true]]);
    expect(listen('n1')).toEqual([[true]]);
    expect(listen('n2')).toEqual([[false]]);
  });

  it('go on to serve on it until their slices follow its word that they are ready', async () => {
    await serve(SELECTOR_MANAGER, 'a', 'b');
    await lose('a');
    await lose('b');
    await sliceSays(false, false);
    const heard = listen('n1');
    await setReady('a', true);
    await setReady('b', false);
    await turn();
    expect(heard).toEqual([
      [true, true],
      [true, false],
    ]);
    await sliceSays(true, false);
    await turn();
    expect(heard.at(-1)).toEqual([true, false]);
  });

  it('serve no longer where it says that they are not ready', async () => {
    await serve(SELECTOR_MANAGER, 'a');
    await lose('a');
    await sliceSays(false);
    const heard = listen('n1');
    await setReady('a', false);
    await turn();
    expect(heard).toEqual([[true], [false]]);
  });

  it('serve no longer where they are not ready after all, before their slices said so', async () => {
    await serve(SELECTOR_MANAGER, 'a');
    await lose('a');
    await sliceSays(false);
    const heard = listen('n1');
    await setReady('a', true);
    await setReady('a', false);
    await turn();
    expect(heard).toEqual([[true], [false]]);
  });

  it('are as they are said to be in slices that somebody else keeps', async () => {
    await serve('somebody', 'a');
    await lose('a');
    await sliceSays(false);
    expect(listen('n1')).toEqual([[false]]);
  });
});
