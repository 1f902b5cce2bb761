import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, badRequest, isNotFound, notFound } from '../../shared/status-error';
import type { StreamingRoutes } from '../http/api-routes';
import type { RequestPath } from '../http/request-path';
import type { NodeConnector } from '../node-channel/node-connector';
import { CHANNEL_PROTOCOLS } from './command/channel-protocol';
import { relayCommand } from './command/command-client';
import type { CommandRequest } from './command/command-request';
import { parseCommandRequest } from './command/command-request';
import { SPDY_COMMAND_PROTOCOL, acceptSpdyCommand } from './command/spdy-command';
import { createWebSocketCommand } from './command/websocket-command';
import { nodeOf } from './container-choice';
import { sendLog } from './pod-log';
import { parsePorts, serveChannelPortForward } from './port-forward/channel-port-forward';
import type { ForwardTarget } from './port-forward/forward-connection';
import { SPDY_PORT_FORWARD_PROTOCOL, serveSpdyPortForward } from './port-forward/spdy-port-forward';
import { acceptSpdy, isSpdyUpgrade, offeredStreamProtocols } from './spdy-upgrade';
import { acceptWebSocket, isWebSocketUpgrade, offeredProtocols } from './websocket-upgrade';

export interface StreamingDeps {
  readonly connector: NodeConnector;
  /** Throws NotFound. */
  readonly pods: { get(namespace: string, name: string): Promise<Pod> };
  readonly clock: Clock;
  readonly logger: Logger;
}

export interface Streaming extends StreamingRoutes {
  /**
   * Ends every upgraded connection, which the HTTP server no longer knows but would wait for. Streams that end by
   * themselves meanwhile, since the nodes are let go of, may still tell their clients why.
   */
  close(): Promise<void>;
}

interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

const SUBRESOURCES: readonly string[] = ['log', 'exec', 'attach', 'portforward'];
const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

/** Dead peers are found by pings, dead hosts by the kernel. */
const KEEP_ALIVE_MS = 30_000;
/** How long clients may take to leave when the server stops. */
const LEAVE_MS = 500;

/** Logs, exec, attach and port-forward of pods: between a client's connection and the stream to the pod's node. */
export function createStreaming({ connector, pods, clock, logger }: StreamingDeps): Streaming {
  const sockets = new Set<Duplex>();
  let isClosing = false;
  let onEmpty = (): void => undefined;

  const keep = (socket: Duplex): void => {
    sockets.add(socket);
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) onEmpty();
    });
    const setKeepAlive: unknown = Reflect.get(socket, 'setKeepAlive');
    if (typeof setKeepAlive === 'function') Reflect.apply(setKeepAlive, socket, [true, KEEP_ALIVE_MS]);
    const setNoDelay: unknown = Reflect.get(socket, 'setNoDelay');
    if (typeof setNoDelay === 'function') Reflect.apply(setNoDelay, socket, [true]);
  };

  const podOf = ({ namespace = '', name = '' }: RequestPath): Promise<Pod> => pods.get(namespace, name);

  const command = async (
    type: 'exec' | 'attach',
    path: RequestPath,
    query: URLSearchParams,
    { request, socket, head }: Upgrade,
  ): Promise<void> => {
    const pod = await podOf(path);
    const wanted = parseCommandRequest(type, pod, query);
    const protocol = chooseProtocol(request, [...CHANNEL_PROTOCOLS.keys()], [SPDY_COMMAND_PROTOCOL]);
    // Before the upgrade, so that a refusal is an ordinary answer.
    const stream = await openCommand(connector, nodeOf(pod), wanted);
    keep(socket);
    const channels = CHANNEL_PROTOCOLS.get(protocol);
    if (isWebSocketUpgrade(request) && channels !== undefined) {
      const webSocket = await acceptWebSocket(request, socket, head, protocol);
      if (webSocket === undefined) stream.close();
      else await relayCommand(createWebSocketCommand(webSocket, channels, wanted, clock), stream);
      return;
    }
    acceptSpdy(socket, head, protocol);
    const client = await acceptSpdyCommand(socket, wanted, clock);
    if (client === undefined) stream.close();
    else await relayCommand(client, stream);
  };

  const portForward = async (
    path: RequestPath,
    query: URLSearchParams,
    { request, socket, head }: Upgrade,
  ): Promise<void> => {
    const pod = await podOf(path);
    const nodeName = nodeOf(pod);
    const target: ForwardTarget = {
      pod,
      open: (port) => connector.openStream(nodeName, { type: 'portForward', podUid: pod.metadata.uid, port }),
    };
    const overWebSocket = [TUNNEL_PROTOCOL, ...CHANNEL_PROTOCOLS.keys(), SPDY_PORT_FORWARD_PROTOCOL];
    const protocol = chooseProtocol(request, overWebSocket, [SPDY_PORT_FORWARD_PROTOCOL]);
    if (isSpdyUpgrade(request)) {
      keep(socket);
      acceptSpdy(socket, head, protocol);
      return serveSpdyPortForward(socket, target, clock);
    }
    const ports = protocol === TUNNEL_PROTOCOL ? [] : parsePorts(query);
    keep(socket);
    const webSocket = await acceptWebSocket(request, socket, head, protocol);
    if (webSocket === undefined) return;
    if (protocol === TUNNEL_PROTOCOL) return serveSpdyPortForward(createWebSocketStream(webSocket), target, clock);
    const channels = CHANNEL_PROTOCOLS.get(protocol) ?? { base64: false, statusAsJson: false };
    await serveChannelPortForward(webSocket, channels, target, { ports, clock });
  };

  return {
    serves: (subresource) => SUBRESOURCES.includes(subresource),

    async handle(path, query, request, response: ServerResponse) {
      if (path.subresource !== 'log') throw badRequest('Upgrade request required');
      if (request.method !== 'GET')
        throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource');
      await sendLog(connector, await podOf(path), query, response);
    },

    async upgrade(path, query, request, socket, head) {
      if (isClosing) throw new StatusError('ServiceUnavailable', 'the server is stopping; try again in a moment');
      const startMs = clock.monotonic();
      const { namespace, name, subresource } = path;
      const upgrade: Upgrade = { request, socket, head };
      if (subresource === 'portforward') await portForward(path, query, upgrade);
      else if (subresource === 'exec' || subresource === 'attach') await command(subresource, path, query, upgrade);
      else throw badRequest('this resource is not served over an upgraded connection');
      const ms = Math.round(clock.monotonic() - startMs);
      logger.debug({ pod: `${namespace}/${name}`, subresource, ms }, 'a stream was served');
    },

    async close() {
      isClosing = true;
      if (sockets.size === 0) return;
      const allClosed = new Promise<void>((resolve) => (onEmpty = resolve));
      const cancel = clock.setTimeout(() => sockets.forEach((socket) => socket.destroy()), LEAVE_MS);
      await allClosed;
      cancel();
    },
  };
}

async function openCommand(connector: NodeConnector, nodeName: string, request: CommandRequest) {
  try {
    return await connector.openStream(nodeName, request);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const words = `unable to upgrade connection: container not found (${JSON.stringify(request.container)})`;
    throw new StatusError(
      'NotFound',
      words,
      notFound({ group: '', resource: 'containers' }, request.container).details,
    );
  }
}

/** The first protocol of the client's that is served. Throws BadRequest for no upgrade, Forbidden for none in common. */
function chooseProtocol(
  request: IncomingMessage,
  overWebSocket: readonly string[],
  overSpdy: readonly string[],
): string {
  const [served, offered] = isWebSocketUpgrade(request)
    ? [overWebSocket, offeredProtocols(request)]
    : isSpdyUpgrade(request)
      ? [overSpdy, offeredStreamProtocols(request)]
      : [[], []];
  if (served.length === 0) throw badRequest('Upgrade request required');
  const protocol = (offered.length === 0 ? [''] : offered).find((each) => served.includes(each));
  if (protocol !== undefined) return protocol;
  const names = served.filter((each) => each !== '').join(', ');
  throw new StatusError('Forbidden', `unable to upgrade: none of [${offered.join(', ')}] is served, only [${names}]`);
}
