import { manifestList } from '../harness/manifests';
import { BIG_BYTES, askHttp, echoPod, expectBothTalk, fetchBig, startEchoes } from './echo-pods';
import { eventually } from './eventually';
import type { Host } from './host';
import { HostCluster } from './host-cluster';
import type { PodPlace } from './pod-place';
import { untilReached } from './until-reached';

jest.setTimeout(180_000);

/** Two hosts that reach each other, until something between them does not let them. */
describe('ways between hosts', () => {
  let cluster: HostCluster;
  let one: PodPlace;
  let two: PodPlace;

  beforeAll(async () => {
    cluster = await HostCluster.start({ workers: [{}, {}] });
    const pods = ['one', 'two'].map((name, at) => echoPod(name, cluster.worker(at + 1)));
    await cluster.ok(['apply', '-f', '-'], manifestList(...pods));
    [one, two] = (await startEchoes(cluster, 'one', 'two')) as [PodPlace, PodPlace];
  });
  afterAll(() => cluster.stop());

  const force = async (...args: readonly string[]): Promise<void> => {
    await cluster.stopServer();
    await cluster.startServer(args);
    await cluster.untilReady(...cluster.workers);
  };
  /** Nothing passes between the two hosts; each still reaches the server. */
  const blockBetween = async (from: Host, other: Host, isBlocked: boolean): Promise<void> => {
    const table = 'table ip between-hosts';
    const mac = (await other.ok('cat', '/sys/class/net/eth0/address')).trim();
    const rules = isBlocked
      ? `${table} { chain in { type filter hook prerouting priority -400; ether saddr ${mac} drop; }; }\n`
      : '';
    const { status, stderr } = await from.run('nft', ['-f', '-'], { input: `add ${table}\ndelete ${table}\n${rules}` });
    if (status !== 0) throw new Error(stderr);
  };
  const rowOf = async (from: Host, to: Host): Promise<string> => {
    const { stdout } = await cluster.lite(['net', 'check']);
    const row = stdout.split('\n').find((line) => line.startsWith(from.name) && line.split(/\s+/)[1] === to.name);
    return (row ?? stdout).replace(/\s+/g, ' ');
  };

  it('what is blocked between two hosts is carried by the server, until it is not any more', async () => {
    const [here, there] = [cluster.worker(1), cluster.worker(2)];
    await untilReached(one, two, 'routes');
    await blockBetween(here, there, true);
    await untilReached(one, two, 'relay');
    await expectBothTalk(one, two);
    expect(await rowOf(here, there)).toMatch(/ relay ok /);
    await blockBetween(here, there, false);
    await untilReached(one, two, 'routes');
    expect(await rowOf(here, there)).toMatch(/ routes ok /);
  });

  it.each(['vxlan', 'wireguard', 'relay'] as const)(
    'by %s, where the server says so, pods reach each other by their own addresses',
    async (way) => {
      await force('--pod-network', way);
      await untilReached(one, two, way);
      await expectBothTalk(one, two);
      expect(await rowOf(cluster.worker(1), cluster.worker(2))).toMatch(new RegExp(` ${way} ok `));
    },
  );

  it('pods reach each other while the agents of their hosts are away, and when they are back', async () => {
    await force('--pod-network', 'wireguard');
    await untilReached(one, two, 'wireguard');
    await Promise.all(cluster.workers.map((host) => cluster.stopAgent(host)));
    await expectBothTalk(one, two);
    for (const host of cluster.workers) cluster.startAgent(host);
    await cluster.untilReady(...cluster.workers);
    await untilReached(one, two, 'wireguard');
    await expectBothTalk(one, two);
  });

  it('what is relayed goes on when the server was away, and nodes stay ready under load', async () => {
    await force('--pod-network', 'relay');
    await untilReached(one, two, 'relay');
    const load = Promise.all([1, 2, 3, 4].map(() => fetchBig(one, two.ip)));
    const ready = await cluster.ok(['get', 'nodes']);
    expect(ready).not.toContain('NotReady');
    expect(await load).toEqual(new Array(4).fill(BIG_BYTES));
    await eventually('an answer', async () => (await askHttp(two, one.ip)) === `one heard ${two.ip}`);
  });
});
