import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { checkHttp } from './http-check';
import { portOf } from './prober';
import { checkTcp } from './tcp-check';

const never = (): AbortSignal => new AbortController().signal;
let server: http.Server;
let port: number;

beforeEach(async () => {
  server = http.createServer((request, response) => {
    const [, what = ''] = (request.url ?? '').split('/');
    if (what === 'hang') return undefined;
    if (what === 'loop') return response.writeHead(302, { location: '/loop' }).end();
    if (what === 'away') return response.writeHead(302, { location: 'http://example.invalid/' }).end();
    if (what === 'to500') return response.writeHead(302, { location: '/500' }).end();
    return response.writeHead(Number(what)).end('body');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (path: string, signal = never()) =>
  checkHttp({ scheme: 'http', host: '127.0.0.1', port, path, headers: [] }, signal);

it.each([
  ['/200', true, ''],
  ['/399', true, ''],
  ['/404', false, 'HTTP probe failed with statuscode: 404'],
  ['/500', false, 'HTTP probe failed with statuscode: 500'],
  ['/to500', false, 'HTTP probe failed with statuscode: 500'],
  ['/away', true, ''],
  ['/loop', false, 'stopped after 10 redirects'],
])('an HTTP probe of %s gives %s %s', async (path, ok, message) => {
  const result = await get(path);
  expect(result.ok).toBe(ok);
  expect(result.message).toContain(message);
});

it('an HTTP probe says in Go’s words that nothing listens', async () => {
  const { message } = await checkHttp({ scheme: 'http', host: '127.0.0.1', port: 1, path: 'x', headers: [] }, never());
  expect(message).toBe('Get "http://127.0.0.1:1/x": dial tcp 127.0.0.1:1: connect: connection refused');
});

it('an HTTP probe that is given up says that it took too long', async () => {
  const { message } = await get('/hang', AbortSignal.timeout(20));
  expect(message).toContain('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
});

it('a TCP probe succeeds once the port takes connections', async () => {
  expect(await checkTcp({ host: '127.0.0.1', port }, never())).toEqual({ ok: true, message: '' });
  const closed = await new Promise<number>((resolve) => {
    const probe = net.createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = probe.address() as AddressInfo;
      probe.close(() => resolve(free));
    });
  });
  expect(await checkTcp({ host: '127.0.0.1', port: closed }, never())).toEqual({
    ok: false,
    message: `dial tcp 127.0.0.1:${closed}: connect: connection refused`,
  });
});

it('finds a port by its name in the container', () => {
  const container = { name: 'app', ports: [{ name: 'web', containerPort: 8080 }] };
  expect([portOf(container, 'web'), portOf(container, 81), portOf(container, '82')]).toEqual([8080, 81, 82]);
  expect(() => portOf(container, 'none')).toThrow('couldn\'t find port: "none"');
});
