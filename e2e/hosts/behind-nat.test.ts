import { manifestList } from '../harness/manifests';
import { askHttp, askUdp, echoPod, echoService, expectBothTalk, startEchoes } from './echo-pods';
import { HostCluster } from './host-cluster';
import type { PodPlace } from './pod-place';
import { untilReached } from './until-reached';

jest.setTimeout(180_000);

/** A host that everybody can dial, and two that nobody can, each behind a router of its own. */
describe('pods of hosts that nobody can dial', () => {
  let cluster: HostCluster;
  let open: PodPlace;
  let hidden: PodPlace;
  let buried: PodPlace;

  beforeAll(async () => {
    cluster = await HostCluster.start({ workers: [{}, { isBehindNat: true }, { isBehindNat: true }] });
    const names = ['open', 'hidden', 'buried'];
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        ...names.map((name, at) => echoPod(name, cluster.worker(at + 1))),
        ...names.map((name) => echoService(name, { selector: { name } })),
      ),
    );
    [open, hidden, buried] = (await startEchoes(cluster, ...names)) as [PodPlace, PodPlace, PodPlace];
  });
  afterAll(() => cluster.stop());

  it('are reached, and reach, by their own addresses', async () => {
    await untilReached(open, hidden, 'wireguard');
    await expectBothTalk(open, hidden);
    expect(await cluster.ok(['logs', 'hidden'])).toContain('started');
    expect(await cluster.ok(['exec', 'hidden', '--', 'hostname'])).toBe('hidden\n');
  });

  it('reach those behind another router through the server', async () => {
    await untilReached(hidden, buried, 'relay');
    await expectBothTalk(hidden, buried);
  });

  it('stand behind Services, and dial them', async () => {
    const ipOf = (name: string): Promise<string> =>
      cluster.ok(['get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}']);
    for (const [from, to] of [
      [open, hidden],
      [hidden, open],
      [hidden, buried],
    ] as const) {
      expect(await askHttp(from, await ipOf(to.name), 80)).toBe(`${to.name} heard ${from.ip}`);
      expect(await askUdp(from, await ipOf(to.name), 90)).toBe(`${to.name} heard ${from.ip}`);
    }
  });
});
