import path from 'node:path';
import { podManifest, shell } from '../harness/manifests';
import { CHECKOUT } from '../harness/programs';
import type { Host } from './host';
import type { HostCluster } from './host-cluster';
import { PodPlace } from './pod-place';

const UDP = path.join(CHECKOUT, 'e2e', 'clients', 'udp.mjs');
/** Ports that the pods answer at. */
export const HTTP_PORT = 8080;
export const UDP_PORT = 9090;
/** Size of what a pod has at `/big`. */
export const BIG_BYTES = 2048 * 1024;

/** Answers with its own name, the address that asked, and for whom a proxy asked. */
const CGI = [
  '#!/bin/sh',
  'printf "Content-Type: text/plain\\r\\n\\r\\n"',
  'echo "$(hostname) heard $REMOTE_ADDR${HTTP_X_FORWARDED_FOR:+ for $HTTP_X_FORWARDED_FOR}"',
];
const SERVE = [
  'echo started; mkdir -p /tmp/www/cgi-bin && cd /tmp/www',
  `dd if=/dev/zero of=big bs=1024 count=${BIG_BYTES / 1024} 2>/dev/null`,
  `printf '%s\\n' ${CGI.map((line) => `'${line}'`).join(' ')} > cgi-bin/index.cgi`,
  `chmod +x cgi-bin/index.cgi && exec httpd -f -p 0.0.0.0:${HTTP_PORT} -h /tmp/www`,
].join('; ');

/** A pod on that host which tells who asks; its labels are `name` and these. */
export const echoPod = (name: string, host: Host, labels: Readonly<Record<string, string>> = {}): string =>
  podManifest(
    name,
    {
      nodeName: host.name,
      containers: [shell(SERVE, { readinessProbe: { tcpSocket: { port: HTTP_PORT }, periodSeconds: 1 } })],
    },
    { labels: { name, ...labels } },
  );

/** Ports of Services in front of such pods. */
export const ECHO_PORTS = [
  { name: 'http', port: 80, targetPort: HTTP_PORT },
  { name: 'udp', port: 90, targetPort: UDP_PORT, protocol: 'UDP' },
] as const;

export const echoService = (name: string, spec: object): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Service', metadata: { name }, spec: { ports: ECHO_PORTS, ...spec } });

/** The pods of these names, once all are ready; those answer datagrams too. */
export async function startEchoes(cluster: HostCluster, ...names: readonly string[]): Promise<readonly PodPlace[]> {
  await cluster.ok(['wait', '--for=condition=Ready', 'pod', ...names, '--timeout=120s']);
  const places = await Promise.all(names.map((name) => PodPlace.of(cluster, name)));
  // The image has nothing that answers datagrams: this machine's program does, where the pod's packets end.
  for (const place of places)
    await place.start(process.execPath, UDP, 'serve', String(UDP_PORT), place.name).until(/serving/);
  return places;
}

/** Where programs run that ask: a pod, or a host. */
export interface Asker {
  run(program: string, ...args: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }>;
}

/** A machine that is no node. */
export const outsideOf = (cluster: HostCluster): Asker => ({
  run: (program, ...args) => cluster.serverHost.run(program, args),
});

/** What is answered, or why nothing is. */
export async function askHttp(from: Asker, address: string, port = HTTP_PORT): Promise<string> {
  const { stdout, stderr } = await from.run('curl', '-sS', '-m', '20', `http://${address}:${port}/`);
  return (stdout || stderr).trim();
}

export async function askUdp(from: Asker, address: string, port = UDP_PORT): Promise<string> {
  const { stdout, stderr } = await from.run(process.execPath, UDP, 'ask', address, String(port));
  return (stdout || stderr || 'no answer').trim();
}

/** How much comes of what is big. */
export async function fetchBig(from: Asker, address: string): Promise<number> {
  const what = ['-o', '/dev/null', '-w', '%{size_download}', `http://${address}:${HTTP_PORT}/big`];
  return Number((await from.run('curl', '-sS', '-m', '20', ...what)).stdout);
}

/** By TCP, short and long, and UDP, both ways, each heard by its own address. */
export async function expectBothTalk(some: PodPlace, other: PodPlace): Promise<void> {
  for (const [from, to] of [
    [some, other],
    [other, some],
  ] as const) {
    expect(await askHttp(from, to.ip)).toBe(`${to.name} heard ${from.ip}`);
    expect(await askUdp(from, to.ip)).toBe(`${to.name} heard ${from.ip}`);
    expect(await fetchBig(from, to.ip)).toBe(BIG_BYTES);
  }
}

/** Every one of these answers, in some order, to as many as it takes, and nobody else. */
export async function expectAnswersByAll(names: readonly string[], ask: () => Promise<string>): Promise<void> {
  const heard = new Set<string>();
  for (let times = 0; times < 60 && heard.size < names.length; times++) {
    const answer = await ask();
    expect(names).toContain(answer.split(' ')[0]);
    heard.add(answer.split(' ')[0] ?? '');
  }
  expect([...heard].sort()).toEqual([...names].sort());
}
