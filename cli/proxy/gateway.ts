import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { ApiClient } from '../client/api-client';
import type { createRequestFilter } from './request-filter';

export interface GatewayOptions {
  readonly client: ApiClient;
  readonly accepts: ReturnType<typeof createRequestFilter>;
  /** Begins and ends with a slash. What comes without it is not found. */
  readonly prefix: string;
}

/** What belongs to one connection only (RFC 9110, 7.6.1), and what would say who asks. */
const NOT_HANDED_ON = ['connection', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade', 'host'];
const OF_CALLERS = ['authorization', 'cookie'];

/** Hands requests on to the API as whoever the kubeconfig names, bodies and upgraded connections as they come. */
export function createGateway({ client, accepts, prefix }: GatewayOptions): Server {
  const pathOf = (request: IncomingMessage): string | undefined => {
    const url = request.url ?? '/';
    return url.startsWith(prefix) ? `/${url.slice(prefix.length)}` : undefined;
  };
  const isAccepted = (request: IncomingMessage, path: string): boolean =>
    accepts({ method: request.method ?? '', host: request.headers.host ?? '', path: path.split('?')[0] ?? '' });

  const server = createServer((request, response) => {
    const path = pathOf(request);
    if (path === undefined) return refuse(response, 404, 'Not Found');
    if (!isAccepted(request, path)) return refuse(response, 403, 'Forbidden');
    const onward = client.forward({
      method: request.method ?? 'GET',
      path,
      headers: headersOf(request, NOT_HANDED_ON),
    });
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, response, () => undefined);
    });
    onward.on('error', (error) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, `Bad Gateway: ${error.message}`);
    });
    response.on('close', () => onward.destroy());
    pipeline(request, onward, () => undefined);
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = pathOf(request);
    socket.on('error', () => undefined);
    if (path === undefined || !isAccepted(request, path)) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    // Connection and Upgrade are the point of it.
    const onward = client.forward({ method: request.method ?? 'GET', path, headers: headersOf(request, ['host']) });
    onward.on('upgrade', (answer, far, farHead) => {
      socket.write(headOf(answer));
      socket.write(farHead);
      far.write(head);
      pipeline(socket, far, () => undefined);
      pipeline(far, socket, () => undefined);
    });
    onward.on('response', (answer) => {
      socket.write(headOf(answer));
      pipeline(answer, socket, () => undefined);
    });
    onward.on('error', () => socket.destroy());
    onward.end();
  });
  return server;
}

const headersOf = (request: IncomingMessage, without: readonly string[]): Record<string, string | string[]> =>
  Object.fromEntries(
    Object.entries(request.headers).flatMap(([name, value]) =>
      value === undefined || without.includes(name) || OF_CALLERS.includes(name) ? [] : [[name, value]],
    ),
  );

function headOf({ statusCode = 502, statusMessage = '', rawHeaders }: IncomingMessage): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 0 ? [`${name}: ${rawHeaders[index + 1] ?? ''}`] : [],
  );
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`;
}

function refuse(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'Content-Type': 'text/plain; charset=utf-8', 'X-Content-Type-Options': 'nosniff' });
  response.end(`${text}\n`);
}
