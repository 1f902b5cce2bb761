import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

export const isSpdyUpgrade = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'spdy/3.1';

const HEADER = 'x-stream-protocol-version';

/** What the client would speak inside SPDY, in its order; clients send one header with a list, or several. */
export const offeredStreamProtocols = (request: IncomingMessage): readonly string[] =>
  String(request.headers[HEADER] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');

/** Switches to SPDY with that protocol inside. The socket is then ready to be read. */
export function acceptSpdy(socket: Duplex, head: Buffer, protocol: string): void {
  socket.write(
    [
      'HTTP/1.1 101 Switching Protocols',
      'Connection: Upgrade',
      'Upgrade: SPDY/3.1',
      `X-Stream-Protocol-Version: ${protocol}`,
      '\r\n',
    ].join('\r\n'),
  );
  if (head.length > 0) socket.unshift(head);
}
