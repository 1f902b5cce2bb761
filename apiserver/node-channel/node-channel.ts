import type { IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Server as Engine } from 'engine.io';
import type { Socket } from 'socket.io';
import { Server } from 'socket.io';
import { StatusError, toStatusError } from '../../shared/status-error';
import type { ServerStream } from '../../shared/wire/byte-stream';
import type { StreamRequest } from '../../shared/wire/node-channel';
import { NODE_CHANNEL_PATH } from '../../shared/wire/node-channel';
import type { NodeChannelOptions } from './channel-server';
import { ChannelServer } from './channel-server';
import type { LivenessReader } from './liveness';
import type { ConnectedNode, NodeConnector } from './node-connector';
import type { NodeIdentity } from './node-identity';
import { nodeIdentityOf } from './node-identity';

/** Bytes of one message from an agent: a registration with all its images and pods, a pod status. */
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024;
/** socket.io's own ping, by which both ends notice a connection that is dead without having been closed. */
const PING_MS = 5_000;

export interface NodeChannel extends NodeConnector {
  /** For the node lifecycle controller. */
  readonly liveness: LivenessReader;
  /** Whether an upgrade request is for this channel. */
  claimsUpgrade(request: IncomingMessage): boolean;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Takes its own upgrades of the server, leaving all others alone. The server must ask for client certificates. */
  attach(server: HttpsServer): void;
  /** Begins to serve; the registry's views must be filled. Idempotent. */
  start(): void;
  /** Closes all connections and resolves when status reports in flight are written. Idempotent. */
  stop(): Promise<void>;
}

export const createNodeChannel = (options: NodeChannelOptions): NodeChannel => new SocketNodeChannel(options);

class SocketNodeChannel implements NodeChannel {
  private readonly channel: ChannelServer;
  private readonly engine: Engine;
  private readonly io: Server;
  private readonly endings: (() => void)[] = [];

  constructor(private readonly options: NodeChannelOptions) {
    this.channel = new ChannelServer(options);
    // Bound to an engine of its own rather than attached to the server: socket.io would take every request below its
    // path, and end every upgrade that is not its own.
    this.engine = new Engine({
      transports: ['websocket'],
      maxHttpBufferSize: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
      pingInterval: PING_MS,
      pingTimeout: PING_MS,
    });
    this.io = new Server({ serveClient: false, connectTimeout: 2 * PING_MS });
    this.io.bind(this.engine);
    this.io.use((socket, next) => this.authenticate(socket, next));
    this.io.on('connection', (socket) => this.channel.welcome(socket, socket.data as NodeIdentity));
  }

  get liveness(): LivenessReader {
    return this.channel.liveness;
  }

  start(): void {
    this.channel.start();
  }

  async stop(): Promise<void> {
    for (const end of this.endings.splice(0)) end();
    this.channel.stop();
    this.io.disconnectSockets(true);
    this.engine.close();
    await this.channel.idle();
  }

  attach(server: HttpsServer): void {
    const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
      if (this.claimsUpgrade(request)) this.handleUpgrade(request, socket, head);
    };
    server.on('upgrade', onUpgrade);
    this.endings.push(() => server.off('upgrade', onUpgrade));
  }

  claimsUpgrade(request: IncomingMessage): boolean {
    const [path] = (request.url ?? '').split('?');
    return path === NODE_CHANNEL_PATH || path === `${NODE_CHANNEL_PATH}/`;
  }

  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.engine.handleUpgrade(request as Parameters<Engine['handleUpgrade']>[0], socket, head);
  }

  openStream(nodeName: string, request: StreamRequest): Promise<ServerStream> {
    return this.channel.openStream(nodeName, request);
  }

  nodes(): readonly ConnectedNode[] {
    return this.channel.nodes();
  }

  private authenticate(socket: Socket, next: (error?: Error) => void): void {
    try {
      if (!this.channel.isStarted) throw new StatusError('ServiceUnavailable', 'the server is still starting');
      socket.data = nodeIdentityOf(socket.request.socket);
      next();
    } catch (error) {
      const status = toStatusError(error);
      this.options.logger.warn({ address: socket.handshake.address, why: status.message }, 'node connection refused');
      next(Object.assign(new Error(status.message), { data: status.toStatus() }));
    }
  }
}
