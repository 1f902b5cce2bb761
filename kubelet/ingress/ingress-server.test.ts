import { mkdir, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { silentLogger } from '../../shared/logger';
import { systemClock } from '../../shared/clock';
import type { IngressChange, NetworkIngress } from '../../shared/wire/ingress';
import type { EventReport } from '../../shared/wire/node-channel';
import { FakeRuntime } from '../runtime/fake/fake-runtime';
import { IngressServer } from './ingress-server';
import { ProxyContainer } from './proxy-container';
import { ProxyFolder } from './proxy-folder';
import { aPath, anIngress } from './testing/an-ingress';

const IMAGE = 'nginx:stable';
const web = (path = '/'): NetworkIngress => anIngress({ rules: [{ host: 'a.example', paths: [aPath(path)] }] });
const told = (...ingresses: readonly NetworkIngress[]): IngressChange => ({
  ...{ kind: 'snapshot', ingresses, certificates: [], streams: [] },
  ...{ removedIngresses: [], removedCertificates: [] },
});

let folder: string;
let runtime: FakeRuntime;
const taken = new Set<number>();
const events: EventReport[] = [];
const servers: IngressServer[] = [];

/** The part of one node; several may share the engine. */
function aServer(node = runtime): IngressServer {
  const proxyFolder = new ProxyFolder(path.join(folder, node.nodeName), {
    make: async (at) => void (await mkdir(at, { recursive: true })),
    remove: (at) => rm(at, { recursive: true, force: true }),
  });
  const ports = { httpPort: 80, httpsPort: 443 };
  const server = new IngressServer({
    ...{ runtime: node, clock: systemClock, logger: silentLogger, image: IMAGE, ...ports, workers: 1 },
    ...{ clusterDomain: 'cluster.local', resolver: () => '10.0.0.10', folder: proxyFolder },
    defaultCertificate: () => Promise.resolve('a certificate and a key'),
    container: new ProxyContainer({ runtime: node, image: IMAGE, folder: proxyFolder.folder, ...ports }),
    ports: { isFree: ({ port }) => Promise.resolve(!taken.has(port)), accepts: () => Promise.resolve(true) },
    reportEvent: (event) => void events.push(event),
  });
  servers.push(server);
  return server;
}

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'pinsetter-ingress-'));
  runtime = new FakeRuntime({ clock: systemClock });
  runtime.addImage(IMAGE);
  runtime.onExec(() => 0);
  taken.clear();
  events.length = 0;
});
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

const reasonOf = (server: IngressServer): string => server.conditions()[0]?.reason ?? '';
const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await systemClock.sleep(5);
};
const configuration = (): Promise<string> => readFile(path.join(folder, 'n1', 'nginx.conf'), 'utf8');
const reloads = (): number => runtime.callsOf('signalContainer').length;

it('runs a proxy while there is something to serve', async () => {
  const server = aServer();
  server.apply(told(web()));
  await until(() => reasonOf(server) === 'Serving');
  expect(await configuration()).toContain('server_name "a.example"');
  server.apply(told());
  await until(() => reasonOf(server) === 'NothingToServe');
  expect(await runtime.inspectSystemContainer('ingress')).toBeUndefined();
  expect(await readdir(folder)).toEqual([]);
});

it('reloads for what is new, once for what comes together, and not for what is known', async () => {
  const server = aServer();
  const [one, two] = [web(), anIngress()];
  server.apply(told(one));
  server.apply(told(one, two));
  await until(() => reasonOf(server) === 'Serving');
  expect(reloads()).toBe(1);
  server.apply(told(one, two));
  const looks = runtime.callsOf('inspectImage').length;
  await until(() => runtime.callsOf('inspectImage').length > looks && reasonOf(server) === 'Serving');
  expect(reloads()).toBe(1);
});

it('takes over the proxy of an earlier agent', async () => {
  const earlier = aServer();
  const ingress = web();
  earlier.apply(told(ingress));
  await until(() => reasonOf(earlier) === 'Serving');
  await earlier.stop();
  const later = aServer();
  taken.add(80).add(443);
  later.apply(told(ingress));
  await until(() => reasonOf(later) === 'Serving');
  expect(runtime.callsOf('createSystemContainer')).toHaveLength(1);
  expect(reloads()).toBe(1);
});

it('says so where a port is in use, and runs nothing', async () => {
  taken.add(80);
  const server = aServer();
  server.apply(told(web()));
  await until(() => reasonOf(server) === 'PortInUse');
  expect(events.map(({ reason, message }) => `${reason}: ${message}`)).toEqual([
    'IngressPortInUse: TCP port 80 is in use by another program of this machine',
  ]);
  expect(await runtime.inspectSystemContainer('ingress')).toBeUndefined();
});

it('leaves it to the node of its machine that was first', async () => {
  const [first, second] = [
    aServer(),
    aServer(new FakeRuntime({ clock: systemClock, nodeName: 'n2', engine: runtime.engine })),
  ];
  first.apply(told(web()));
  await until(() => reasonOf(first) === 'Serving');
  second.apply(told(web()));
  await until(() => reasonOf(second) === 'ServedByOtherNode');
});

it('leaves out a rule that nginx refuses, and serves all others', async () => {
  const bad = web('/bad');
  let refusals = 0;
  runtime.onExec(async ({ writeError }) => {
    const lines = (await readFile(path.join(folder, 'n1', 'next.conf'), 'utf8')).split('\n');
    const lineNumber = lines.findIndex((line) => line.includes('/bad')) + 1;
    if (lineNumber === 0) return 0;
    const place = `/etc/pinsetter-ingress/next.conf:${lineNumber}`;
    refusals += 1;
    writeError(`2026/11/27 18:52:57 [emerg] ${refusals}#1: no good in ${place}\nnginx: [emerg] no good in ${place}\n`);
    return 1;
  });
  const server = aServer();
  server.apply(told(bad, web('/good')));
  await until(() => reasonOf(server) === 'ServingInPart');
  expect(server.conditions()[0]?.message).toContain(`default/${bad.name} is left out: nginx refuses it: no good`);
  expect(await configuration()).toContain('/good');
  const said = () => events.map(({ ingress, reason, message }) => [ingress, reason, message]);
  const ofBad = [{ namespace: 'default', name: bad.name }, 'Rejected', 'left out: nginx refuses it: no good'];
  expect(said()).toEqual([ofBad]);
  // Said once, for as long as it stays so.
  server.apply(told(bad, web('/good'), web('/more')));
  await until(async () => (await configuration()).includes('/more') && reasonOf(server) === 'ServingInPart');
  expect(said()).toEqual([ofBad]);
  server.apply(told(web('/good')));
  await until(() => reasonOf(server) === 'Serving');
  server.apply(told(bad, web('/good')));
  await until(() => reasonOf(server) === 'ServingInPart');
  expect(said()).toEqual([ofBad, ofBad]);
});

it('starts a proxy anew that has ended', async () => {
  const server = aServer();
  server.apply(told(web()));
  await until(() => reasonOf(server) === 'Serving');
  const before = await runtime.inspectSystemContainer('ingress');
  runtime.engine.system.end(before?.id ?? '', 1);
  await until(async () => {
    const now = await runtime.inspectSystemContainer('ingress');
    return now?.state.phase === 'running' && now.id !== before?.id;
  });
});
