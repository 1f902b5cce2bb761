import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { silentLogger } from '../../shared/logger';
import { seededRandom } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import type { User } from '../auth/user';
import { ApiRoutes } from '../http/api-routes';
import { OpenApiDocuments } from '../http/openapi';
import { createDecoder } from '../openapi/decode';
import { loadSchemas } from '../openapi/schemas';
import type { TestRegistry } from '../registry/testing/test-registry';
import { startRegistry } from '../registry/testing/test-registry';
import { Auditor } from './auditor';
import type { AuditEvent } from './event';
import { parsePolicy } from './parse-policy';

const JANE: User = { name: 'jane', uid: '7', groups: ['dev'], extra: { team: ['a'] } };
const CANARY = 'canary-of-a-secret';

let cluster: TestRegistry;
let server: http.Server;
let events: AuditEvent[];

/** The real routes over plain HTTP: jane may do everything but touch nodes. */
async function start(rules: string): Promise<void> {
  cluster = await startRegistry();
  const { registry, clock } = cluster;
  events = [];
  const policy = parsePolicy(`apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n${rules}`, 'policy.yaml');
  const write = (line: string): unknown => events.push(JSON.parse(line) as AuditEvent);
  const routes = new ApiRoutes({
    registry,
    kinds: registry.kinds,
    openApi: new OpenApiDocuments(registry.kinds, loadSchemas(), 'v1.34.0'),
    decoder: createDecoder(loadSchemas()),
    authenticators: [{ authenticate: ({ headers }) => (headers.authorization === undefined ? undefined : JANE) }],
    authorizer: {
      isAllowed: (_user, attributes) => !('resource' in attributes) || attributes.resource !== 'nodes',
      whyNot: () => 'not hers',
    },
    streaming: {
      serves: (subresource) => subresource === 'exec',
      handle: () => Promise.reject(new Error('unused')),
      async upgrade(path, _query, _request, socket) {
        if (path.name === 'gone') throw new StatusError('NotFound', 'pods "gone" not found');
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n');
        socket.end('hello');
        await once(socket, 'close');
      },
    },
    proxy: {
      serves: () => false,
      handle: () => Promise.reject(new Error('unused')),
      upgrade: () => Promise.reject(new Error('unused')),
    },
    virtual: {},
    pages: {
      '/broken': () => {
        throw new Error(CANARY);
      },
    },
    publicPages: { '/healthz': (_url, response) => void response.writeHead(200).end('ok') },
    onFinished: () => undefined,
    auditor: new Auditor(policy, { clock, random: seededRandom(7), write }),
    clock,
    logger: silentLogger,
  });
  server = http.createServer((request, response) => void routes.handle(request, response));
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    routes.upgrade(request, socket, head).catch(() => socket.end('HTTP/1.1 404 Not Found\r\n\r\n'));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
}
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await cluster.registry.close();
});

interface Answer {
  readonly status: number;
  readonly auditId: string | undefined;
}

async function send(
  method: string,
  path: string,
  { body, headers = {}, who = 'Bearer jane' }: { body?: object; headers?: Record<string, string>; who?: string } = {},
): Promise<Answer> {
  const request = http.request({
    port: (server.address() as AddressInfo).port,
    method,
    path,
    agent: false,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'test/1',
      ...(who === '' ? {} : { authorization: who }),
      ...headers,
    },
  });
  request.end(body === undefined ? undefined : JSON.stringify(body));
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'close');
  return { status: response.statusCode ?? 0, auditId: response.headers['audit-id'] as string | undefined };
}

/** The events once there are so many: the last comes when the server has let go of the connection. */
async function noted(count: number): Promise<readonly AuditEvent[]> {
  while (events.length < count) await new Promise((resolve) => setImmediate(resolve));
  return events;
}

const ALL = '- level: RequestResponse\n';
const secret = { metadata: { name: 'db' }, stringData: { password: CANARY } };
const SECRETS = '/api/v1/namespaces/default/secrets';

it('notes each request when it comes and when it is over, in the shape of Kubernetes', async () => {
  await start('- level: Metadata\n');
  const { auditId } = await send('POST', `${SECRETS}?fieldManager=me`, {
    body: secret,
    headers: { 'x-forwarded-for': '192.0.2.7, 192.0.2.8' },
  });
  const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/) as string;
  const common = {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: auditId,
    requestURI: `${SECRETS}?fieldManager=me`,
    verb: 'create',
    user: { username: 'jane', uid: '7', groups: ['dev'], extra: { team: ['a'] } },
    sourceIPs: ['192.0.2.7', '192.0.2.8', '127.0.0.1'],
    userAgent: 'test/1',
    requestReceivedTimestamp: time,
    stageTimestamp: time,
  };
  const objectRef = { resource: 'secrets', namespace: 'default', apiVersion: 'v1' };
  expect(await noted(2)).toEqual([
    { ...common, stage: 'RequestReceived', objectRef },
    {
      ...common,
      stage: 'ResponseComplete',
      objectRef: { ...objectRef, name: 'db' },
      responseStatus: { metadata: {}, code: 201 },
      annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
    },
  ]);
  expect(JSON.stringify(events)).not.toContain(CANARY);
});

it.each([
  ['Metadata', false, false],
  ['Request', true, false],
  ['RequestResponse', true, true],
])('notes at level %s just what belongs to it', async (level, hasRequest, hasResponse) => {
  await start(`- level: ${level}\n`);
  await send('POST', SECRETS, { body: secret });
  const [, complete] = await noted(2);
  expect(complete?.requestObject).toEqual(hasRequest ? secret : undefined);
  expect(complete?.responseObject !== undefined).toBe(hasResponse);
  if (hasResponse) expect(complete?.responseObject).toMatchObject({ kind: 'Secret', metadata: { name: 'db' } });
  expect(JSON.stringify(events).includes(CANARY)).toBe(hasRequest);
});

it('notes what was sent, not what the server made of it', async () => {
  await start('- level: Request\n');
  const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'busybox:1' }] } };
  await send('POST', '/api/v1/namespaces/default/pods', { body: pod });
  expect((await noted(2))[1]?.requestObject).toEqual(pod);
  const patch = [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }];
  await send('PATCH', '/api/v1/namespaces/default/pods/web', {
    body: patch,
    headers: { 'content-type': 'application/json-patch+json' },
  });
  expect((await noted(4))[3]).toMatchObject({ verb: 'patch', requestObject: patch, objectRef: { name: 'web' } });
});

it('leaves out who owns fields where it should', async () => {
  await start('- level: RequestResponse\n  omitManagedFields: true\n');
  await send('POST', `${SECRETS}?fieldManager=me`, { body: secret });
  await send('GET', SECRETS);
  expect(JSON.stringify(await noted(4))).not.toContain('managedFields');
});

it('notes nothing of what no rule is about, and no stage that is left out', async () => {
  await start(
    '- level: None\n  resources: [{resources: [secrets]}]\n- level: Metadata\n  omitStages: [RequestReceived]\n',
  );
  expect((await send('GET', SECRETS)).auditId).toBeUndefined();
  await send('GET', '/api/v1/namespaces/default/pods');
  expect((await noted(1)).map(({ stage, verb }) => [stage, verb])).toEqual([['ResponseComplete', 'list']]);
});

it.each<[string, string, string, object, object]>([
  [
    'that is not allowed',
    'GET',
    '/api/v1/nodes/n1',
    {},
    {
      responseStatus: { status: 'Failure', reason: 'Forbidden', code: 403 },
      annotations: { 'authorization.k8s.io/decision': 'forbid' },
    },
  ],
  [
    'of nobody known',
    'GET',
    '/api/v1/pods',
    { who: '' },
    { user: {}, responseStatus: { status: 'Failure', reason: 'Unauthorized', code: 401 } },
  ],
  [
    'for what is not there',
    'GET',
    '/api/v1/namespaces/default/pods/none',
    {},
    { responseStatus: { reason: 'NotFound', message: 'pods "none" not found', code: 404 } },
  ],
  [
    'for a page',
    'GET',
    '/healthz',
    { who: '' },
    {
      verb: 'get',
      user: { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      responseStatus: { code: 200 },
    },
  ],
  [
    'that speaks for somebody',
    'GET',
    '/api/v1/pods',
    { headers: { 'impersonate-user': 'joe', 'impersonate-group': 'ops' } },
    {
      user: { username: 'jane' },
      impersonatedUser: { username: 'joe', groups: ['ops', 'system:authenticated'] },
      responseStatus: { code: 200 },
    },
  ],
  [
    'that brings an id',
    'GET',
    '/api/v1/pods',
    { headers: { 'audit-id': 'mine' } },
    { auditID: 'mine', responseStatus: { code: 200 } },
  ],
])('notes a request %s', async (_, method, path, options, expected) => {
  await start(ALL);
  await send(method, path, options);
  const [received, complete] = await noted(2);
  expect(received?.stage).toBe('RequestReceived');
  expect(complete).toMatchObject({ stage: 'ResponseComplete', ...expected });
});

it('calls it a panic when the server itself fails, and tells nothing of why', async () => {
  await start(ALL);
  expect((await send('GET', '/broken')).status).toBe(500);
  expect((await noted(2))[1]).toMatchObject({ stage: 'Panic', responseStatus: { code: 500, reason: 'InternalError' } });
  expect(JSON.stringify(events)).not.toContain(CANARY);
});

it('notes of a watch that it began, and nothing of what it brought', async () => {
  await start(ALL);
  const request = http.get({
    port: (server.address() as AddressInfo).port,
    path: '/api/v1/namespaces?watch=true',
    headers: { authorization: 'Bearer jane' },
  });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  expect((await noted(2)).map(({ stage, verb }) => [stage, verb])).toEqual([
    ['RequestReceived', 'watch'],
    ['ResponseStarted', 'watch'],
  ]);
  expect(events[1]?.responseStatus).toEqual({ metadata: {}, code: 200 });
  request.destroy();
  response.destroy();
  expect((await noted(3))[2]).toMatchObject({ stage: 'ResponseComplete', responseStatus: { code: 200 } });
  expect(events[2]?.responseObject).toBeUndefined();
});

it.each([
  ['web', ['RequestReceived', 'ResponseStarted', 'ResponseComplete'], 101],
  ['gone', ['RequestReceived', 'ResponseComplete'], 404],
])('notes of a stream to the pod %s its stages', async (pod, stages, code) => {
  await start(ALL);
  const request = http.get({
    port: (server.address() as AddressInfo).port,
    path: `/api/v1/namespaces/default/pods/${pod}/exec?command=ls`,
    headers: { authorization: 'Bearer jane', connection: 'Upgrade', upgrade: 'test' },
  });
  request.on('upgrade', (_response, socket: Duplex) => socket.resume().end());
  request.on('response', (response: IncomingMessage) => response.resume());
  request.on('error', () => undefined);
  expect((await noted(stages.length)).map(({ stage }) => stage)).toEqual(stages);
  const last = events.at(-1);
  expect(last?.responseStatus?.code).toBe(code);
  expect(last?.objectRef).toMatchObject({ resource: 'pods', subresource: 'exec', name: pod, namespace: 'default' });
});

it('carries what admission notes', async () => {
  await start('- level: Metadata\n  omitStages: [RequestReceived]\n');
  const pod = { metadata: { name: 'web' }, spec: { containers: [{ name: 'c', image: 'busybox:1' }] } };
  await send('POST', '/api/v1/namespaces/default/pods', { body: pod });
  expect((await noted(1))[0]?.annotations).toMatchObject({
    'pod-security.kubernetes.io/enforce-policy': 'baseline:latest',
  });
});
