import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import http from 'node:http';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls from 'node:tls';
import { toStatusError } from '../../shared/status-error';
import { sendRefusal } from '../http/respond';
import { unreachable } from './dialer';

/** How a request goes on. */
export interface Forward {
  readonly connection: Duplex;
  readonly isTls: boolean;
  /** Name of the other end, for its Host header. */
  readonly host: string;
  /** With the query. */
  readonly path: string;
  /** The path by which the client reached what is `/` at the other end: redirects are put under it. */
  readonly prefix: string;
}

/** Of one hop alone (RFC 9110, section 7.6.1), or meant for this server and nobody behind it. */
const OWN_HEADERS = new Set([
  ...['connection', 'keep-alive', 'proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer'],
  ...['transfer-encoding', 'upgrade', 'host', 'authorization'],
]);
const isOwn = (name: string): boolean => OWN_HEADERS.has(name) || name.startsWith('impersonate-');

/** Passes a request on and its answer back, as they come. Answers for a service that cannot be reached. */
export async function forwardRequest(
  request: IncomingMessage,
  response: ServerResponse,
  forward: Forward,
): Promise<void> {
  const upstream = startRequest(request, forward, {});
  response.once('close', () => upstream.destroy());
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.once('error', reject);
  });
  // What fails here fails `answered` as well.
  pipeline(request, upstream).catch(() => undefined);
  let answer: IncomingMessage;
  try {
    answer = await answered;
  } catch (error) {
    if (response.destroyed) return;
    sendRefusal(request, response, asRefusal(error));
    return;
  }
  response.writeHead(answer.statusCode ?? 502, answerHeaders(answer, forward.prefix));
  await pipeline(answer, response).catch(() => response.destroy());
}

/** Passes an upgrade on and joins both ends. Throws a StatusError where the other end cannot be reached. */
export async function forwardUpgrade(
  request: IncomingMessage,
  client: Duplex,
  head: Buffer,
  forward: Forward,
): Promise<void> {
  const { connection, upgrade } = request.headers;
  const upstream = startRequest(request, forward, {
    connection: connection ?? 'Upgrade',
    upgrade: upgrade ?? '',
  });
  const upgraded = new Promise<void>((resolve, reject) => {
    upstream.once('error', (error) => reject(asRefusal(error)));
    upstream.once('upgrade', (answer: IncomingMessage, server: Duplex, first: Buffer) => {
      client.write(headOf(answer));
      if (first.length > 0) client.write(first);
      if (head.length > 0) server.write(head);
      const ends = [pipeline(client, server), pipeline(server, client)];
      void Promise.allSettled(ends).then(() => resolve());
    });
    upstream.once('response', (answer: IncomingMessage) => {
      // Refused: its answer is the client's.
      client.write(headOf(answer, 'close'));
      void pipeline(answer, client).then(resolve, () => resolve());
    });
  });
  upstream.end();
  await upgraded;
}

const asRefusal = (error: unknown) =>
  toStatusError(error).reason === 'InternalError' && error instanceof Error
    ? unreachable(error.message)
    : toStatusError(error);

function startRequest(
  request: IncomingMessage,
  { connection, isTls, host, path, prefix }: Forward,
  more: OutgoingHttpHeaders,
): http.ClientRequest {
  const { socket } = request;
  const headers: OutgoingHttpHeaders = {
    ...Object.fromEntries(Object.entries(request.headers).filter(([name]) => !isOwn(name))),
    ...more,
    host,
    'x-forwarded-for': [...(request.headers['x-forwarded-for'] ?? []), socket.remoteAddress ?? ''].flat().join(', '),
    'x-forwarded-host': request.headers.host ?? '',
    'x-forwarded-proto': 'https',
    'x-forwarded-uri': prefix,
  };
  // As in Kubernetes, nobody vouches for the certificate of a pod: the connection leads to that pod alone.
  const createConnection = (): Duplex =>
    isTls
      ? tls.connect({ socket: connection as tls.TLSSocket, rejectUnauthorized: false, servername: host })
      : connection;
  return http.request({ method: request.method ?? 'GET', path, headers, createConnection, setHost: false });
}

function answerHeaders({ headers }: IncomingMessage, prefix: string): OutgoingHttpHeaders {
  const kept: IncomingHttpHeaders = Object.fromEntries(Object.entries(headers).filter(([name]) => !isOwn(name)));
  const { location } = kept;
  return location?.startsWith('/') === true && !location.startsWith('//')
    ? { ...kept, location: `${prefix}${location}` }
    : kept;
}

/** The first lines of an answer as they came, since the socket has left the HTTP server. */
function headOf({ statusCode = 502, statusMessage = '', rawHeaders }: IncomingMessage, connection?: string): string {
  const lines = rawHeaders.flatMap((name, index) =>
    index % 2 === 1 || (connection !== undefined && /^(connection|transfer-encoding)$/i.test(name))
      ? []
      : [`${name}: ${rawHeaders[index + 1] ?? ''}`],
  );
  if (connection !== undefined) lines.push(`Connection: ${connection}`);
  return `HTTP/1.1 ${statusCode} ${statusMessage}\r\n${lines.join('\r\n')}\r\n\r\n`;
}
