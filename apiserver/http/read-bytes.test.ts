import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { toStatusError } from '../../shared/status-error';
import { MAX_BODY_BYTES, readBytes } from './read-body';

/** Sends these pieces after the head of a POST, hangs up where asked. Resolves with what reading the body came to. */
async function sent(head: string, pieces: readonly (string | Buffer)[], hangsUp = false): Promise<string | number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => undefined);
  try {
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n`);
    const [request] = await once(server, 'request');
    const read = readBytes(request).then(
      (bytes) => (bytes.length > 100 ? bytes.length : bytes.toString()),
      (error: unknown) => toStatusError(error).code,
    );
    for (const piece of pieces) socket.write(piece);
    if (hangsUp) socket.destroy();
    return await read;
  } finally {
    socket.destroy();
    server.closeAllConnections();
    server.close();
  }
}

const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked';

it.each<[string, string, readonly string[], string | number]>([
  ['in one piece', 'Content-Length: 5', ['hello'], 'hello'],
  ['in several', 'Content-Length: 10', ['hello', 'world'], 'helloworld'],
  ['in chunks', CHUNKED, [chunk('hello'), chunk('world'), chunk('')], 'helloworld'],
  ['that is empty', 'Content-Length: 0', [], ''],
  ['that says it is too large', `Content-Length: ${MAX_BODY_BYTES + 1}`, [], 413],
  ['that turns out too large', CHUNKED, Array<string>(50).fill(chunk('x'.repeat(MAX_BODY_BYTES / 48))), 413],
])('reads a body %s', async (_, head, pieces, expected) => {
  expect(await sent(head, pieces)).toBe(expected);
});

it('says that a client went away before it had sent all', async () => {
  expect(await sent('Content-Length: 10', ['hello'], true)).not.toBe('hello');
});
