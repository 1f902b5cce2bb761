import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { sendBytes, sendParts } from './respond';

const LONG = Buffer.alloc(1_000_000, '0123456789abcdef');
const SHORT = Buffer.from('short');

/** The answer of a server that answers so to a request with these headers. */
async function answer(
  respond: (response: ServerResponse) => unknown,
  headers: Record<string, string>,
  method = 'GET',
): Promise<{ readonly headers: IncomingMessage['headers']; readonly body: Buffer }> {
  const server = http.createServer((_request, response) => void respond(response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const request = http.request({ port, host: '127.0.0.1', headers, method, agent: false }).end();
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
  server.close();
  return { headers: response.headers, body: Buffer.concat(chunks) };
}

const inParts = function* (): Generator<Buffer> {
  for (let at = 0; at < LONG.length; at += 10_000) yield LONG.subarray(at, at + 10_000);
};

it.each<[string, (response: ServerResponse) => unknown]>([
  ['in one piece', (response) => sendBytes(response, 200, LONG)],
  ['in parts', (response) => sendParts(response, inParts())],
])('compresses a long answer %s for a client that says it can read that', async (_how, respond) => {
  const { headers, body } = await answer(respond, { 'accept-encoding': 'deflate, gzip' });
  expect(headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
  expect(headers['content-length']).toBeUndefined();
  expect(body.length).toBeLessThan(LONG.length / 10);
  expect(gunzipSync(body).equals(LONG)).toBe(true);
});

it.each<[string, Buffer, Record<string, string>, string]>([
  ['a client that says nothing', LONG, {}, 'GET'],
  ['a client that wants something else', LONG, { 'accept-encoding': 'br' }, 'GET'],
  ['a client that refuses it', LONG, { 'accept-encoding': 'gzip;q=0' }, 'GET'],
  ['a write', LONG, { 'accept-encoding': 'gzip' }, 'POST'],
  ['a short answer', SHORT, { 'accept-encoding': 'gzip' }, 'GET'],
])('does not compress for %s', async (_who, bytes, headers, method) => {
  const { headers: got, body } = await answer((response) => sendBytes(response, 200, bytes), headers, method);
  expect(got['content-encoding']).toBeUndefined();
  expect(body.equals(bytes)).toBe(true);
});

it('gives up when the client goes away in the middle', async () => {
  let ended: Promise<unknown> | undefined;
  const endless = function* (): Generator<Buffer> {
    for (;;) yield Buffer.from(LONG);
  };
  const server = http.createServer((_request, response) => {
    ended = sendParts(response, endless());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const request = http.request({ port, host: '127.0.0.1', headers: { 'accept-encoding': 'gzip' }, agent: false }).end();
  await once(request, 'response');
  request.destroy();
  await ended;
  server.close();
});
