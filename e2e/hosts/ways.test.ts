import path from 'node:path';
import { manifestList, podManifest, shell } from '../harness/manifests';
import { CHECKOUT } from '../harness/programs';
import { eventually } from './eventually';
import type { Host } from './host';
import { HostCluster } from './host-cluster';
import { PodPlace } from './pod-place';
import { untilReached } from './until-reached';

jest.setTimeout(180_000);

const UDP = path.join(CHECKOUT, 'e2e', 'clients', 'udp.mjs');
/** Answers with its own name and the address that asked. */
const CGI = ['#!/bin/sh', 'printf "Content-Type: text/plain\\r\\n\\r\\n"', 'echo "$(hostname) heard $REMOTE_ADDR"'];
const SERVE = [
  'echo started; mkdir -p /tmp/www/cgi-bin && cd /tmp/www',
  'dd if=/dev/zero of=big bs=1024 count=2048 2>/dev/null',
  `printf '%s\\n' ${CGI.map((line) => `'${line}'`).join(' ')} > cgi-bin/index.cgi`,
  'chmod +x cgi-bin/index.cgi && exec httpd -f -p 0.0.0.0:8080 -h /tmp/www',
].join('; ');

/** Pods of three hosts; nobody can dial the third. */
describe('ways between hosts', () => {
  let cluster: HostCluster;
  let one: PodPlace;
  let two: PodPlace;
  let hidden: PodPlace;

  beforeAll(async () => {
    cluster = await HostCluster.start({ workers: [{}, {}, { isBehindNat: true }] });
    const ports = [
      { name: 'http', port: 80, targetPort: 8080 },
      { name: 'udp', port: 90, targetPort: 9090, protocol: 'UDP' },
    ];
    const names = ['one', 'two', 'hidden'];
    const pods = names.map((name, at) =>
      podManifest(
        name,
        {
          nodeName: cluster.worker(at + 1).name,
          containers: [shell(SERVE, { readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 } })],
        },
        { labels: { name } },
      ),
    );
    const services = names.map((name) =>
      JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { selector: { name }, ports } }),
    );
    await cluster.ok(['apply', '-f', '-'], manifestList(...pods, ...services));
    await cluster.ok(['wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s']);
    [one, two, hidden] = await Promise.all([
      PodPlace.of(cluster, 'one'),
      PodPlace.of(cluster, 'two'),
      PodPlace.of(cluster, 'hidden'),
    ]);
    for (const each of [one, two, hidden])
      await each.start(process.execPath, UDP, 'serve', '9090', each.name).until(/serving/);
  });
  afterAll(() => cluster.stop());

  /** What is answered, or why nothing is. */
  const http = async (from: PodPlace, address: string, port = 8080): Promise<string> => {
    const { stdout, stderr } = await from.run('curl', '-sS', '-m', '10', `http://${address}:${port}/`);
    return (stdout || stderr).trim();
  };
  const udp = async (from: PodPlace, address: string, port = 9090): Promise<string> => {
    const { stdout, stderr } = await from.run(process.execPath, UDP, 'ask', address, String(port));
    return (stdout || stderr || 'no answer').trim();
  };
  const bytesFrom = async (from: PodPlace, address: string): Promise<string> => {
    const args = ['-sS', '-m', '20', '-o', '/dev/null', '-w', '%{size_download}', `http://${address}:8080/big`];
    return (await from.run('curl', ...args)).stdout;
  };
  /** By TCP, short and long, and UDP, both ways, each heard by its own address. */
  const bothTalk = async (some: PodPlace, other: PodPlace): Promise<void> => {
    for (const [from, to] of [
      [some, other],
      [other, some],
    ] as const) {
      expect(await http(from, to.ip)).toBe(`${to.name} heard ${from.ip}`);
      expect(await udp(from, to.ip)).toBe(`${to.name} heard ${from.ip}`);
      expect(await bytesFrom(from, to.ip)).toBe(String(2048 * 1024));
    }
  };
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

  it('pods of a host that nobody can dial are reached, and reach, by their own addresses', async () => {
    await untilReached(one, hidden, 'wireguard');
    await bothTalk(one, hidden);
    expect(await cluster.ok(['logs', 'hidden'])).toContain('started');
    expect(await cluster.ok(['exec', 'hidden', '--', 'hostname'])).toBe('hidden\n');
  });

  it('Services lead to pods of such a host, and its pods to Services', async () => {
    const ipOf = (name: string): Promise<string> =>
      cluster.ok(['get', 'service', name, '-o', 'jsonpath={.spec.clusterIP}']);
    expect(await http(one, await ipOf('hidden'), 80)).toBe(`hidden heard ${one.ip}`);
    expect(await http(hidden, await ipOf('one'), 80)).toBe(`one heard ${hidden.ip}`);
    expect(await udp(one, await ipOf('hidden'), 90)).toBe(`hidden heard ${one.ip}`);
    expect(await udp(hidden, await ipOf('one'), 90)).toBe(`one heard ${hidden.ip}`);
  });

  it('what is blocked between two hosts is carried by the server, until it is not any more', async () => {
    const [here, there] = [cluster.worker(1), cluster.worker(2)];
    await untilReached(one, two, 'routes');
    await blockBetween(here, there, true);
    await untilReached(one, two, 'relay');
    await bothTalk(one, two);
    expect(await rowOf(here, there)).toMatch(/ relay ok /);
    await blockBetween(here, there, false);
    await untilReached(one, two, 'routes');
    expect(await rowOf(here, there)).toMatch(/ routes ok /);
  });

  it.each(['wireguard', 'relay'] as const)(
    'by %s, where the server says so, pods reach each other by their own addresses',
    async (way) => {
      await force('--pod-network', way);
      await untilReached(one, two, way);
      await bothTalk(one, two);
      expect(await rowOf(cluster.worker(1), cluster.worker(2))).toMatch(new RegExp(` ${way} ok `));
    },
  );

  it('what is relayed goes on when the server was away, and nodes stay ready under load', async () => {
    await force('--pod-network', 'relay');
    await untilReached(one, two, 'relay');
    const load = Promise.all([1, 2, 3, 4].map(() => bytesFrom(one, two.ip)));
    const ready = await cluster.ok(['get', 'nodes']);
    expect(ready).not.toContain('NotReady');
    expect(await load).toEqual(new Array(4).fill(String(2048 * 1024)));
    await eventually('an answer', async () => (await http(two, hidden.ip)) === `hidden heard ${two.ip}`);
  });
});
