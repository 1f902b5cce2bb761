import { once } from 'node:events';
import type { IncomingMessage, RequestListener } from 'node:http';
import http from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { StatusError, toStatusError } from '../../shared/status-error';
import { aPod } from '../../shared/testing/builders';
import { SUCCESS } from '../../shared/wire/stream-port';
import { parseRequestPath, splitUrl } from '../http/request-path';
import { sendRefusal } from '../http/respond';
import { createUpgrades } from '../http/upgrades';
import { NodePods } from '../node-channel/node-pods';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';
import { FakeNode } from '../streaming/testing/fake-node';
import { createDialer } from './dialer';
import { NodePages } from './node-pages';
import { ProxyRoutes, parseTarget } from './proxy-routes';

const ends: (() => unknown)[] = [];
let parts: TestRegistry;
let node: FakeNode;
let port: number;

beforeEach(async () => {
  parts = await startRegistry();
  node = new FakeNode();
  const { client, clock } = parts;
  const nodePods = NodePods.following(client.view('Pod'));
  const routes = new ProxyRoutes({
    client,
    dialer: createDialer({ client, connector: node, random: seededRandom(1) }),
    nodePages: new NodePages({ client, connector: node, nodePods, podUsages: () => Promise.resolve(new Map()), clock }),
  });
  const pathOf = ({ url }: IncomingMessage) => parseRequestPath(splitUrl(url).pathname) ?? { group: '', version: 'v1' };
  const server = http.createServer((request, response) => {
    routes
      .handle(pathOf(request), request, response)
      .catch((error: unknown) => sendRefusal(request, response, toStatusError(error)));
  });
  const upgrades = {
    upgrade: (...[request, socket, head]: Parameters<ReturnType<typeof createUpgrades>>) =>
      routes.upgrade(pathOf(request), request, socket, head),
  };
  const channel = { claimsUpgrade: () => false, handleUpgrade: () => undefined };
  server.on('upgrade', createUpgrades({ channel, routes: upgrades, logger: silentLogger }));
  port = await listen(server);
  await client.create('Pod', {
    metadata: { namespace: 'default', name: 'web', labels: { app: 'web' } },
    spec: { ...aPod().spec, nodeName: 'n1' },
  });
});
afterEach(async () => {
  for (const end of ends.splice(0)) end();
  await parts.registry.close();
});

async function listen(server: net.Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ends.push(() => {
    server.close();
    if (server instanceof http.Server) server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** What runs in the pod. */
async function program(listener: RequestListener): Promise<http.Server> {
  const server = http.createServer(listener);
  const programPort = await listen(server);
  node.serve = (_request, stream) => {
    const socket = net.connect(programPort, '127.0.0.1');
    stream.stdin.pipe(socket).pipe(stream.stdout);
    socket.once('close', () => stream.finish(SUCCESS));
    stream.signal.addEventListener('abort', () => socket.destroy());
  };
  return server;
}

const POD = '/api/v1/namespaces/default/pods/web/proxy';
const SERVICE = '/api/v1/namespaces/default/services/front/proxy';

async function ask(path: string, options: http.RequestOptions & { readonly body?: string } = {}) {
  const request = http.request({ port, host: '127.0.0.1', path, agent: false, ...options });
  request.end(options.body);
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  return { status: answer.statusCode, headers: answer.headers, body: await text(answer) };
}

it('passes a request on and its answer back, without the credentials of who asks', async () => {
  let seen: IncomingMessage | undefined;
  await program((request, response) => {
    seen = request;
    void text(request).then((body) => response.writeHead(201, { 'x-own': 'yes' }).end(`got ${body}`));
  });
  const headers = { authorization: 'Bearer secret', 'impersonate-user': 'root', 'x-app': '1' };
  const answer = await ask(`${POD}/a/b%20c?d=e&f`, { method: 'PUT', headers, body: 'something' });
  expect(answer).toMatchObject({ status: 201, body: 'got something', headers: { 'x-own': 'yes' } });
  expect(seen).toMatchObject({ method: 'PUT', url: '/a/b%20c?d=e&f' });
  expect(seen?.headers).toMatchObject({ 'x-app': '1', 'x-forwarded-uri': POD });
  expect(seen?.headers).not.toHaveProperty('authorization');
  expect(seen?.headers).not.toHaveProperty('impersonate-user');
  expect(node.requests).toMatchObject([{ type: 'portForward', port: 80 }]);
});

it('leads a client to the folder, and keeps it there when it is redirected', async () => {
  await program((_request, response) => response.writeHead(302, { location: '/login' }).end());
  expect((await ask(POD)).headers.location).toBe(`${POD}/`);
  expect((await ask(`${POD}/`)).headers.location).toBe(`${POD}/login`);
});

it('streams what is long or never ends', async () => {
  await program((_request, response) => {
    response.write('first;');
    response.on('close', () => undefined);
  });
  const request = http.request({ port, host: '127.0.0.1', path: `${POD}/events`, agent: false }).end();
  const [answer] = (await once(request, 'response')) as [IncomingMessage];
  const [chunk] = (await once(answer, 'data')) as [Buffer];
  expect(chunk.toString()).toBe('first;');
  request.destroy();
});

it('joins both ends of an upgraded connection', async () => {
  const server = await program((_request, response) => response.end());
  server.on('upgrade', (request, socket: Socket) => {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade ?? ''}\r\n\r\n`,
    );
    socket.on('data', (bytes: Buffer) => socket.end(`echo ${bytes.toString()}`));
  });
  const request = http
    .request({ port, host: '127.0.0.1', path: `${POD}/ws`, headers: { connection: 'Upgrade', upgrade: 'chat' } })
    .end();
  const [answer, socket] = (await once(request, 'upgrade')) as [IncomingMessage, Socket];
  expect(answer.headers.upgrade).toBe('chat');
  socket.write('hello');
  expect(await text(socket)).toBe('echo hello');
});

describe('of a service', () => {
  const slice = (endpoints: object[]) =>
    parts.client.create('EndpointSlice', {
      metadata: { namespace: 'default', name: 'front-1', labels: { 'kubernetes.io/service-name': 'front' } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints,
    });
  beforeEach(async () => {
    await parts.client.create('Service', {
      metadata: { namespace: 'default', name: 'front' },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
    });
  });
  const endpoint = { addresses: ['10.0.0.1'], targetRef: { kind: 'Pod', namespace: 'default', name: 'web' } };

  it.each([SERVICE, SERVICE.replace('front', 'front:80'), SERVICE.replace('front', 'http:front:http')])(
    'asks a pod that is ready: %s',
    async (path) => {
      await program((_request, response) => response.end('from the pod'));
      await slice([
        { ...endpoint, addresses: ['10.0.0.2'], conditions: { ready: false } },
        { ...endpoint, conditions: { ready: true } },
      ]);
      expect((await ask(`${path}/`)).body).toBe('from the pod');
      expect(node.requests).toMatchObject([{ port: 8080 }]);
    },
  );

  it.each([
    ['has no endpoints', SERVICE, 503, 'no endpoints available for service \\"front\\"'],
    [
      'has no such port',
      SERVICE.replace('front', 'front:81'),
      503,
      'no service port \\"81\\" found for service \\"front\\"',
    ],
    ['is not there', SERVICE.replace('front', 'back'), 404, 'services \\"back\\" not found'],
    ['is asked in another tongue', SERVICE.replace('front', 'ftp:front:80'), 400, 'invalid proxy target'],
  ])('says so where it %s', async (_what, path, status, message) => {
    const answer = await ask(`${path}/`);
    expect([answer.status, answer.body]).toEqual([status, expect.stringContaining(message)]);
  });
});

it('says what stands in the way to a pod', async () => {
  node.serve = () => Promise.reject(new StatusError('BadRequest', 'nothing listens on port 80: connection refused'));
  expect(await ask(`${POD}/`)).toMatchObject({
    status: 400,
    body: expect.stringContaining('nothing listens') as string,
  });
  expect((await ask(`${POD.replace('web', 'gone')}/`)).status).toBe(404);
});

it('answers for a node from what the node told', async () => {
  await parts.client.create('Node', { metadata: { name: 'n1' } });
  const { body } = await ask('/api/v1/nodes/n1:10250/proxy/pods');
  expect(JSON.parse(body)).toMatchObject({ kind: 'PodList', items: [{ metadata: { name: 'web' } }] });
  expect((await ask('/api/v1/nodes/n1/proxy/healthz')).status).toBe(503);
  expect((await ask('/api/v1/nodes/n2/proxy/healthz')).status).toBe(404);
  expect((await ask('/api/v1/nodes/n1/proxy/run/default/web/app')).status).toBe(404);
});

describe('the images of a node', () => {
  const image = { id: 'sha256:app', names: ['app:v1'], sizeBytes: 5, isPinned: false };

  beforeEach(async () => {
    await parts.client.create('Node', { metadata: { name: 'n1' } });
    node.serve = (request, stream) => {
      if (request.type === 'images') stream.stdout.end(JSON.stringify([image]));
      else if (request.type === 'pruneImages') stream.stdout.end(JSON.stringify([{ image, problem: 'in use' }]));
      else stream.stdout.end();
      setImmediate(() => stream.finish(SUCCESS));
    };
  });

  it('are told by the node itself', async () => {
    const { body } = await ask('/api/v1/nodes/n1/proxy/images');
    expect(JSON.parse(body)).toEqual({ items: [image] });
  });

  it.each([
    ['POST', 'images/prune', { items: [{ image, problem: 'in use' }] }, { type: 'pruneImages' }],
    [
      'PUT',
      'images/pins/app%3A*',
      { name: 'app:*', isPinned: true },
      { type: 'pinImage', name: 'app:*', isPinned: true },
    ],
    ['DELETE', 'images/pins/app', { name: 'app', isPinned: false }, { type: 'pinImage', name: 'app', isPinned: false }],
  ])('are kept or removed by %s %s', async (method, page, expected, request) => {
    const { body } = await ask(`/api/v1/nodes/n1/proxy/${page}`, { method });
    expect(JSON.parse(body)).toEqual(expected);
    expect(node.requests).toEqual([request]);
  });

  it('are not removed by a GET', async () => {
    expect((await ask('/api/v1/nodes/n1/proxy/images/prune')).status).toBe(405);
    expect(node.requests).toEqual([]);
  });
});

it.each([
  ['web', { isTls: false, name: 'web', port: '' }],
  ['web:8080', { isTls: false, name: 'web', port: '8080' }],
  ['https:web:', { isTls: true, name: 'web', port: '' }],
  ['https:web:api', { isTls: true, name: 'web', port: 'api' }],
])('reads %s', (target, expected) => {
  expect(parseTarget(target)).toEqual(expected);
});
