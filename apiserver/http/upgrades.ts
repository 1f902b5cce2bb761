import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '../../shared/logger';
import type { StatusError } from '../../shared/status-error';
import { toStatusError } from '../../shared/status-error';

interface Claimant {
  claimsUpgrade(request: IncomingMessage): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

interface ApiUpgrades {
  /** Authenticates, authorises and hands the socket to the stream that its path names. Throws a StatusError to refuse. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void>;
}

/** The one handler of the server's upgrade requests: agents' channels, and the streams of exec, attach and port-forward. */
export const createUpgrades =
  ({
    channel,
    routes,
    logger,
  }: {
    readonly channel: Claimant;
    readonly routes: ApiUpgrades;
    readonly logger: Logger;
  }) =>
  (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    socket.on('error', (error) => logger.debug({ err: error }, 'an upgraded connection broke'));
    if (channel.claimsUpgrade(request)) {
      channel.handleUpgrade(request, socket, head);
      return;
    }
    routes.upgrade(request, socket, head).catch((error: unknown) => refuse(socket, toStatusError(error)));
  };

/** An HTTP answer by hand: the socket has left the HTTP server. */
function refuse(socket: Duplex, error: StatusError): void {
  const body = JSON.stringify(error.toStatus());
  socket.end(
    `HTTP/1.1 ${error.code} ${error.reason}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
