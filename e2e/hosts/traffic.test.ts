import path from 'node:path';
import { manifestList } from '../harness/manifests';
import { CHECKOUT } from '../harness/programs';
import { askHttp, askUdp, echoPod, echoService, expectAnswersByAll, expectBothTalk, startEchoes } from './echo-pods';
import { eventually } from './eventually';
import { HostCluster } from './host-cluster';
import type { PodPlace } from './pod-place';
import { untilReached } from './until-reached';

jest.setTimeout(300_000);

/** Pods of several hosts among themselves. */
describe('traffic between hosts', () => {
  let cluster: HostCluster;
  let one: PodPlace;
  let two: PodPlace;
  let three: PodPlace;

  beforeAll(async () => {
    cluster = await HostCluster.start({ workers: [{}, {}, {}] });
    const names = ['one', 'two', 'three'];
    const pods = names.map((name, at) =>
      echoPod(name, cluster.worker(at + 1), { app: name === 'three' ? 'three' : 'web' }),
    );
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        ...pods,
        echoService('web', { selector: { app: 'web' } }),
        echoService('two', { selector: { name: 'two' } }),
        echoService('headless', { selector: { app: 'web' }, clusterIP: 'None' }),
      ),
    );
    [one, two, three] = (await startEchoes(cluster, ...names)) as [PodPlace, PodPlace, PodPlace];
  });
  afterAll(() => cluster.stop());

  const ipOf = (service: string): Promise<string> =>
    cluster.ok(['get', 'service', service, '-o', 'jsonpath={.spec.clusterIP}']);

  it('goes by routes where hosts are on one switch, each pod by its own address', async () => {
    await untilReached(one, two, 'routes');
    await expectBothTalk(one, two);
  });

  it('Services answer pods of every host, by TCP and UDP, from pods of all hosts, and tell who asks', async () => {
    const ip = await ipOf('web');
    for (const each of [one, two, three]) await expectAnswersByAll(['one', 'two'], () => askHttp(each, ip, 80));
    for (const each of [one, three]) await expectAnswersByAll(['one', 'two'], () => askUdp(each, ip, 90));
    expect(await askHttp(one, await ipOf('two'), 80)).toBe(`two heard ${one.ip}`);
    expect(await askUdp(three, await ipOf('two'), 90)).toBe(`two heard ${three.ip}`);
  });

  it.each(['one', 'two', 'three'])('pod %s finds Services and pods by name', async (pod) => {
    const found = async (name: string): Promise<readonly string[]> => {
      const { stdout } = await cluster.kubectl(['exec', pod, '--', 'nslookup', '-type=a', name]);
      return [...stdout.matchAll(/Address: (\S+)$/gm)].map(([, ip = '']) => ip).sort();
    };
    expect(await found('web.default.svc.cluster.local')).toEqual([await ipOf('web')]);
    expect(await found('headless.default.svc.cluster.local')).toEqual([one.ip, two.ip].sort());
  });

  it('the example app works over three hosts', async () => {
    await cluster.ok(['apply', '-f', path.join(CHECKOUT, 'deploy', 'examples', 'guestbook.yaml')]);
    await cluster.ok(['rollout', 'status', 'deployment/guestbook-web', '--timeout=120s']);
    await cluster.ok(['rollout', 'status', 'deployment/guestbook-data', '--timeout=120s']);
    const nodes = await cluster.ok(['get', 'pods', '-l', 'tier=web', '-o', 'jsonpath={.items[*].spec.nodeName}']);
    expect(nodes.split(' ').sort()).toEqual(cluster.workers.map(({ name }) => name).sort());
    const ips = await cluster.ok(['get', 'pods', '-l', 'tier=web', '-o', 'jsonpath={.items[*].status.podIP}']);
    // Each web pod finds the data tier, which is on one of the hosts.
    const [answer, ask] = [/^Hello from guestbook-web-\S+\.\nGuest number \d+\.$/, ips.split(' ')];
    for (const ip of ask)
      await eventually(`${ip} tells the guest`, async () => {
        const said = await askHttp(one, ip, 8080);
        if (!answer.test(said)) throw new Error(said);
        return true;
      });
  });
});
