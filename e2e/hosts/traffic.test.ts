import path from 'node:path';
import { manifestList, podManifest, shell } from '../harness/manifests';
import { CHECKOUT } from '../harness/programs';
import { eventually } from './eventually';
import { HostCluster } from './host-cluster';
import { PodPlace } from './pod-place';
import { untilReached } from './until-reached';

jest.setTimeout(300_000);

const UDP = path.join(CHECKOUT, 'e2e', 'clients', 'udp.mjs');
/** Answers with its own name and the address that asked. */
const CGI = ['#!/bin/sh', 'printf "Content-Type: text/plain\\r\\n\\r\\n"', 'echo "$(hostname) heard $REMOTE_ADDR"'];
const SERVE = [
  'mkdir -p /tmp/www/cgi-bin && cd /tmp/www',
  `printf '%s\\n' ${CGI.map((line) => `'${line}'`).join(' ')} > cgi-bin/index.cgi`,
  'chmod +x cgi-bin/index.cgi && exec httpd -f -p 0.0.0.0:8080 -h /tmp/www',
].join('; ');

/** Pods and Services over several hosts. */
describe('traffic between hosts', () => {
  let cluster: HostCluster;
  let one: PodPlace;
  let two: PodPlace;
  let three: PodPlace;
  const ports = [
    { name: 'http', port: 80, targetPort: 8080 },
    { name: 'udp', port: 90, targetPort: 9090, protocol: 'UDP' },
  ];
  const service = (name: string, spec: object): string =>
    JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports, ...spec } });

  beforeAll(async () => {
    cluster = await HostCluster.start({ workers: [{}, {}, {}] });
    const pods = ['one', 'two', 'three'].map((name, at) =>
      podManifest(
        name,
        {
          nodeName: cluster.worker(at + 1).name,
          containers: [shell(SERVE, { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } })],
        },
        { labels: { name, app: name === 'three' ? 'three' : 'web' } },
      ),
    );
    await cluster.ok(
      ['apply', '-f', '-'],
      manifestList(
        ...pods,
        service('web', { selector: { app: 'web' } }),
        service('two', { selector: { name: 'two' }, type: 'NodePort' }),
        service('balanced', { selector: { app: 'web' }, type: 'LoadBalancer', ports: [{ ...ports[0], port: 8099 }] }),
        service('headless', { selector: { app: 'web' }, clusterIP: 'None' }),
      ),
    );
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
    [one, two, three] = await Promise.all([
      PodPlace.of(cluster, 'one'),
      PodPlace.of(cluster, 'two'),
      PodPlace.of(cluster, 'three'),
    ]);
    // The image has nothing that answers datagrams: this machine's program does, where the pod's packets end.
    for (const each of [one, two]) await each.start(process.execPath, UDP, 'serve', '9090', each.name).until(/serving/);
  });
  afterAll(() => cluster.stop());

  const field = (kind: string, name: string, jsonpath: string): Promise<string> =>
    cluster.ok(['get', kind, name, '-o', `jsonpath={${jsonpath}}`]);
  interface Asker {
    run(program: string, ...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
  }
  /** What is answered, or why nothing is. */
  const http = async (from: Asker, address: string, port = 80): Promise<string> => {
    const { stdout, stderr } = await from.run(...(['curl', '-sS', '-m', '20', `http://${address}:${port}/`] as const));
    return (stdout || stderr).trim();
  };
  const udp = async (from: Asker, address: string, port = 90): Promise<string> => {
    const { stdout, stderr } = await from.run(process.execPath, UDP, 'ask', address, String(port));
    return (stdout || stderr || 'no answer').trim();
  };
  /** A machine that is no node. */
  const outside = (): Asker => ({ run: (program, ...args) => cluster.serverHost.run(program, args) });
  /** Every one of these answers, in some order, to as many as it takes. */
  const answeredByAll = async (names: readonly string[], ask: () => Promise<string>): Promise<void> => {
    const heard = new Set<string>();
    for (let times = 0; times < 60 && heard.size < names.length; times++) {
      const answer = await ask();
      expect(names).toContain(answer.split(' ')[0]);
      heard.add(answer.split(' ')[0] ?? '');
    }
    expect([...heard].sort()).toEqual([...names].sort());
  };
  it.each(['routes', 'vxlan'] as const)('pods reach each other by %s, each by its own address', async (way) => {
    await cluster.stopServer();
    await cluster.startServer(['--pod-network', way]);
    await untilReached(one, two, way);
    expect(await http(one, two.ip, 8080)).toBe(`two heard ${one.ip}`);
    expect(await http(two, one.ip, 8080)).toBe(`one heard ${two.ip}`);
    expect(await udp(one, two.ip, 9090)).toBe(`two heard ${one.ip}`);
  });

  it('Services answer pods of every host, by TCP and UDP, from pods of all hosts, and tell who asks', async () => {
    const ip = await field('service', 'web', '.spec.clusterIP');
    for (const each of [one, two, three]) await answeredByAll(['one', 'two'], () => http(each, ip));
    for (const each of [one, three]) await answeredByAll(['one', 'two'], () => udp(each, ip));
    expect(await http(one, await field('service', 'two', '.spec.clusterIP'))).toBe(`two heard ${one.ip}`);
    expect(await udp(three, await field('service', 'two', '.spec.clusterIP'))).toBe(`two heard ${three.ip}`);
  });

  it('node ports of every host lead to the pod, wherever it is, by TCP and UDP', async () => {
    const [tcpPort, udpPort] = await Promise.all(
      [0, 1].map(async (at) => Number(await field('service', 'two', `.spec.ports[${at}].nodePort`))),
    );
    for (const { address } of [cluster.worker(1), cluster.worker(2)]) {
      expect(await http(outside(), address, tcpPort)).toMatch(/^two heard /);
      expect(await udp(outside(), address, udpPort)).toMatch(/^two heard /);
    }
  });

  it('a node port that stays local tells who asks from outside', async () => {
    await cluster.ok(['patch', 'service', 'two', '-p', '{"spec":{"externalTrafficPolicy":"Local"}}']);
    const port = Number(await field('service', 'two', '.spec.ports[0].nodePort'));
    let said = '';
    for (let times = 0; times < 100 && said !== `two heard ${cluster.serverHost.address}`; times++)
      said = await http(outside(), cluster.worker(2).address, port);
    expect(said).toBe(`two heard ${cluster.serverHost.address}`);
  });

  it('load balancers have the address of a node, and answer there', async () => {
    await cluster.until(['get', 'service', 'balanced'], ({ stdout }) => !stdout.includes('<pending>'));
    const ip = await field('service', 'balanced', '.status.loadBalancer.ingress[0].ip');
    expect(cluster.workers.map(({ address }) => address)).toContain(ip);
    await answeredByAll(['one', 'two'], () => http(outside(), ip, 8099));
  });

  it.each(['one', 'two', 'three'])('pod %s finds Services and pods by name', async (pod) => {
    const found = async (name: string): Promise<readonly string[]> => {
      const { stdout } = await cluster.kubectl(['exec', pod, '--', 'nslookup', '-type=a', name]);
      return [...stdout.matchAll(/Address: (\S+)$/gm)].map(([, ip = '']) => ip).sort();
    };
    expect(await found('web.default.svc.cluster.local')).toEqual([await field('service', 'web', '.spec.clusterIP')]);
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
        const said = await http(one, ip, 8080);
        if (!answer.test(said)) throw new Error(said);
        return true;
      });
  });
});
