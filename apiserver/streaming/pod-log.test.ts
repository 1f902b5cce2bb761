import { once } from 'node:events';
import http from 'node:http';
import type { Pod } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import { aPod } from '../../shared/testing/builders';
import { SUCCESS } from '../../shared/wire/stream-port';
import { parseLogRequest, whyNoLog } from './pod-log';
import { FakeNode } from './testing/fake-node';
import type { StreamingServer } from './testing/streaming-server';
import { readAll, someBytes, startStreamingServer } from './testing/streaming-server';

let node: FakeNode;
let server: StreamingServer;
beforeEach(async () => {
  node = new FakeNode();
  server = await startStreamingServer(node);
});
afterEach(() => server.stop());

function get(path: string, method = 'GET'): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = http.request({ port: server.port, host: '127.0.0.1', path, method, agent: false }, resolve);
    request.once('error', reject);
    request.end();
  });
}

const log = async (query = '', pod = 'web') => {
  const response = await get(server.path('log', query, pod));
  return { code: response.statusCode, text: (await readAll(response)).toString(), headers: response.headers };
};

it('sends what the node has, as plain text', async () => {
  node.serve = (_request, stream) => {
    stream.stdout.write('one\ntwo\n');
    stream.finish(SUCCESS);
  };
  const { code, text, headers } = await log();
  expect([code, text, headers['content-type']]).toEqual([200, 'one\ntwo\n', 'text/plain']);
  expect(node.open).toBe(0);
});

it('sends each line as it comes while following, and stops when the client goes', async () => {
  const response = await get(server.path('log', 'follow=true'));
  const stream = node.accepted[0];
  for (const line of ['one\n', 'two\n']) {
    stream?.stdout.write(line);
    const [chunk] = (await once(response, 'data')) as [Buffer];
    expect(chunk.toString()).toBe(line);
  }
  response.destroy();
  if (stream?.signal.aborted === false) await once(stream.signal, 'abort');
  expect(node.open).toBe(0);
});

it('sends megabytes unchanged', async () => {
  const sent = someBytes(6 * 1024 * 1024);
  node.serve = (_request, stream) => {
    stream.stdout.write(sent);
    stream.finish(SUCCESS);
  };
  expect((await readAll(await get(server.path('log')))).equals(sent)).toBe(true);
});

it('breaks the transfer when the node is lost, so that nobody takes it for the end', async () => {
  const response = await get(server.path('log', 'follow=true'));
  node.accepted[0]?.stdout.write('so far\n');
  await once(response, 'readable');
  node.lose();
  await expect(readAll(response)).rejects.toThrow('aborted');
});

it('has nothing to say of a pod that is nowhere yet', async () => {
  server.pods.set('pending', aPod({ name: 'pending' }));
  expect(await log('', 'pending')).toMatchObject({ code: 200, text: '' });
});

it.each([
  ['an unknown pod', '', 'none', 404, 'pods "none" not found'],
  ['a container the pod has not', 'container=x', 'web', 400, 'container x is not valid for pod web'],
  ['a line count that is none', 'tailLines=many', 'web', 400, 'strconv.ParseInt: parsing "many": invalid syntax'],
  ['a time that is none', 'sinceTime=yesterday', 'web', 400, 'parsing time "yesterday"'],
  [
    'a negative line count',
    'tailLines=-1',
    'web',
    422,
    'tailLines: Invalid value: -1: must be greater than or equal to 0',
  ],
  ['a limit of nothing', 'limitBytes=0', 'web', 422, 'limitBytes: Invalid value: 0: must be greater than 0'],
  [
    'two beginnings',
    'sinceSeconds=5&sinceTime=2026-01-01T00:00:00Z',
    'web',
    422,
    'at most one of `sinceTime` or `sinceSeconds`',
  ],
])('refuses %s', async (_what, query, pod, code, message) => {
  const refusal = await log(query, pod);
  expect(refusal.code).toBe(code);
  expect((JSON.parse(refusal.text) as { message: string }).message).toContain(message);
});

it('refuses to write a log, and streams without an upgrade', async () => {
  expect((await get(server.path('log'), 'POST')).statusCode).toBe(405);
  expect((await get(server.path('exec', 'command=ls&stdout=true'), 'POST')).statusCode).toBe(400);
});

it('passes every option on', () => {
  const query = new URLSearchParams('follow=1&previous=true&timestamps=&tailLines=0&sinceSeconds=60&limitBytes=9');
  expect(parseLogRequest(aPod({ node: 'n1' }), query)).toEqual({
    type: 'logs',
    podUid: 'uid-web',
    container: 'app',
    follow: true,
    previous: true,
    timestamps: true,
    tailLines: 0,
    sinceSeconds: 60,
    limitBytes: 9,
  });
  expect(parseLogRequest(aPod(), new URLSearchParams('follow=false&previous=0'))).toMatchObject({
    follow: false,
    previous: false,
    timestamps: false,
  });
});

const waiting = (reason: string): Pod['status'] => ({
  containerStatuses: [
    { name: 'app', image: '', imageID: '', ready: false, restartCount: 0, state: { waiting: { reason } } },
  ],
});

it.each([
  [waiting('ContainerCreating'), false, 'container "app" in pod "web" is waiting to start: ContainerCreating'],
  [waiting('ErrImagePull'), false, 'container "app" in pod "web" is waiting to start: image can\'t be pulled'],
  [
    waiting('ImagePullBackOff'),
    false,
    'container "app" in pod "web" is waiting to start: trying and failing to pull image',
  ],
  [{}, false, 'container "app" in pod "web" is not available'],
  [waiting('CrashLoopBackOff'), true, 'previous terminated container "app" in pod "web" not found'],
])('says why there is no log: case %#', async (status, previous, message) => {
  const pod = { ...aPod({ name: 'web', node: 'n1' }), ...(status === undefined ? {} : { status }) };
  expect(whyNoLog(pod, { container: 'app', previous })).toBe(message);

  server.pods.set('web', pod);
  node.serve = () => Promise.reject(new StatusError('NotFound', 'container not found'));
  const refusal = await log(previous ? 'previous=true' : '');
  expect([refusal.code, JSON.parse(refusal.text)]).toMatchObject([400, { reason: 'BadRequest', message }]);
});
