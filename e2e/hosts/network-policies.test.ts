import { manifestList } from '../harness/manifests';
import { HTTP_PORT, UDP_PORT, echoPod, startEchoes } from './echo-pods';
import { eventually } from './eventually';
import { HostCluster } from './host-cluster';
import { PodPlace } from './pod-place';

jest.setTimeout(300_000);

const inNamespace = (namespace: string, manifest: string): string => {
  const object = JSON.parse(manifest) as { metadata: object };
  return JSON.stringify({ ...object, metadata: { ...object.metadata, namespace } });
};
const from = (...peers: readonly object[]): object => ({ ingress: [{ from: peers }] });
const labelled = (role: string): object => ({ podSelector: { matchLabels: { role } } });

/** Who reaches the pod on the first host: pods beside it and pods of another host. */
describe('network policies over hosts', () => {
  let cluster: HostCluster;
  let web: PodPlace;
  const askers = new Map<string, PodPlace>();

  beforeAll(async () => {
    cluster = await HostCluster.start({ workers: [{}, {}] });
    const [here, there] = [cluster.worker(1), cluster.worker(2)];
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'other', labels: { team: 'other' } } };
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        JSON.stringify(namespace),
        echoPod('web', here),
        echoPod('friend', here, { role: 'friend' }),
        echoPod('far-friend', there, { role: 'friend' }),
        echoPod('far-stranger', there, { role: 'stranger' }),
        inNamespace('other', echoPod('guest', there, { role: 'friend' })),
      ),
    );
    const local = ['friend', 'far-friend', 'far-stranger'];
    const places = await startEchoes(cluster, 'web', ...local);
    await cluster.ok(['wait', '-n', 'other', '--for=condition=Ready', 'pod/guest', '--timeout=120s']);
    [web] = places as [PodPlace];
    for (const place of places.slice(1)) askers.set(place.name, place);
    askers.set('guest', await PodPlace.of(cluster, 'guest', 'other'));
  });
  afterAll(() => cluster.stop());

  const EVERYBODY = ['far-friend', 'far-stranger', 'friend', 'guest'];
  /** Who of them is answered, at most a second after they asked. */
  const answered = async (ask: (place: PodPlace) => Promise<boolean>): Promise<readonly string[]> => {
    const all = await Promise.all([...askers].map(async ([name, place]) => ((await ask(place)) ? [name] : [])));
    return all.flat().sort();
  };
  const byTcp = async (place: PodPlace): Promise<boolean> =>
    (await place.run('curl', '-s', '-m', '2', `http://${web.ip}:${HTTP_PORT}/`)).status === 0;
  const byUdp = async (place: PodPlace): Promise<boolean> => {
    const ask = `exec 3<>/dev/udp/${web.ip}/${UDP_PORT}; echo hello >&3; read -t 2 -u 3 -n 1`;
    return (await place.run('bash', '-c', ask)).status === 0;
  };
  const becomes = (names: readonly string[], ask = byTcp): Promise<void> =>
    eventually(`${names.join()} reach the pod, nobody else does`, async () => {
      const found = await answered(ask);
      if (found.join() !== [...names].sort().join()) throw new Error(`it is ${found.join()}`);
      return true;
    });
  const policy = (spec: object, podSelector: object = { matchLabels: { name: 'web' } }): Promise<string> =>
    cluster.ok(
      ['apply', '-f', '-'],
      JSON.stringify({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'NetworkPolicy',
        metadata: { name: 'tested' },
        spec: { podSelector, ...spec },
      }),
    );

  it('do not bear on pods that none selects', async () => {
    await becomes(EVERYBODY);
    await becomes(EVERYBODY, byUdp);
  });

  it.each<[string, () => object, readonly string[]]>([
    ['nobody where nothing is allowed', () => ({ ingress: [] }), []],
    ['pods of those labels, on every host', () => from(labelled('friend')), ['friend', 'far-friend']],
    ['a namespace of those labels', () => from({ namespaceSelector: { matchLabels: { team: 'other' } } }), ['guest']],
    [
      'a block of addresses, without what is excepted of it',
      () => from({ ipBlock: { cidr: '10.244.0.0/16', except: [`${askers.get('far-friend')?.ip}/32`] } }),
      ['far-stranger', 'friend', 'guest'],
    ],
    ['everybody at a port that is allowed', () => ({ ingress: [{ ports: [{ port: HTTP_PORT }] }] }), EVERYBODY],
  ])('let in %s', async (_who, spec, names) => {
    await policy({ policyTypes: ['Ingress'], ...spec() });
    await becomes(names);
  });

  it('keep what is not TCP out where TCP alone is allowed', async () => {
    await becomes([], byUdp);
  });

  it('keep pods from reaching others, on every host', async () => {
    const egress = { policyTypes: ['Egress'], egress: [{ to: [labelled('friend')] }] };
    await policy(egress, { matchLabels: { role: 'stranger' } });
    await becomes(['far-friend', 'friend', 'guest']);
    await becomes(['far-friend', 'friend', 'guest'], byUdp);
    const stranger = askers.get('far-stranger');
    const friend = askers.get('friend');
    const said = await stranger?.run('curl', '-sS', '-m', '20', `http://${friend?.ip}:${HTTP_PORT}/`);
    expect(said?.stdout).toBe(`friend heard ${stranger?.ip}\n`);
  });
});
