import type { IncomingMessage } from 'node:http';
import type { Server as HttpsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { Server as Engine } from 'engine.io';
import type { Socket } from 'socket.io';
import { Server } from 'socket.io';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError, toStatusError } from '../../shared/status-error';
import type { ServerStream } from '../../shared/wire/byte-stream';
import type { StreamRequest } from '../../shared/wire/node-channel';
import { NODE_CHANNEL_PATH } from '../../shared/wire/node-channel';
import type { TokenIssuer } from '../auth/service-account/token-issuer';
import type { EventRecorder } from '../events/event-recorder';
import type { Client } from '../registry/client';
import { AssignmentFeed } from './assignment-feed';
import type { LivenessReader } from './liveness';
import { LivenessMonitor } from './liveness';
import type { NodeCertificateSigner } from './node-certificates';
import type { ConnectedNode, NodeConnector } from './node-connector';
import { NodeConnection } from './node-connection';
import { NodeConnections } from './node-connections';
import { NetworkFeed } from './network-feed';
import type { PodNetworkSettings } from './pod-network-feed';
import { PodNetworkFeed } from './pod-network-feed';
import { PolicyFeed } from './policies/policy-feed';
import type { NodeIdentity } from './node-identity';
import { nodeIdentityOf } from './node-identity';
import { createRenewal } from './renewal';
import { issuePodToken } from './pod-tokens';
import type { NodePods } from './node-pods';
import { imagesReferredAmong } from './workload-images';
import { PodStatusWriter } from './pod-status-writer';

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

export interface NodeChannelOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventRecorder;
  readonly nodePods: NodePods;
  /** Who signs the tokens of pods. */
  readonly tokens: Pick<TokenIssuer, 'issue'>;
  readonly authority: NodeCertificateSigner;
  readonly podNetwork: PodNetworkSettings;
}

export const createNodeChannel = (options: NodeChannelOptions): NodeChannel => new SocketNodeChannel(options);

class SocketNodeChannel implements NodeChannel {
  readonly liveness: LivenessMonitor;
  private readonly engine: Engine;
  private readonly io: Server;
  private readonly podStatuses: PodStatusWriter;
  private readonly connections: NodeConnections;
  private readonly endings: (() => void)[] = [];
  private feed: AssignmentFeed | undefined;
  private network: NetworkFeed | undefined;
  private podNetwork: PodNetworkFeed | undefined;
  private policies: PolicyFeed | undefined;

  constructor(private readonly options: NodeChannelOptions) {
    this.liveness = new LivenessMonitor(options.clock);
    this.podStatuses = new PodStatusWriter(options.client);
    this.connections = new NodeConnections({ ...options, liveness: this.liveness });
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
    this.io.on('connection', (socket) => this.welcome(socket));
  }

  start(): void {
    if (this.feed !== undefined) return;
    const { client } = this.options;
    const policies = new PolicyFeed(client);
    this.policies = policies;
    // A node knows who may reach a pod before it knows of the pod.
    this.feed = new AssignmentFeed(client, this.options.nodePods, () => policies.flush());
    this.network = new NetworkFeed(this.options);
    this.podNetwork = new PodNetworkFeed(this.options);
    this.liveness.start();
    this.endings.push(
      this.liveness.onChange((nodeName) => this.connections.closeIfLost(nodeName)),
      client.view('Node').onChange(({ type, object }) => {
        if (type === 'DELETED') this.liveness.forget(object.metadata.name);
      }),
    );
  }

  async stop(): Promise<void> {
    this.liveness.stop();
    for (const end of this.endings.splice(0)) end();
    this.feed?.stop();
    this.network?.stop();
    this.podNetwork?.stop();
    this.policies?.stop();
    this.io.disconnectSockets(true);
    this.engine.close();
    await this.podStatuses.idle();
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

  async openStream(nodeName: string, request: StreamRequest): Promise<ServerStream> {
    const connection = this.connections.get(nodeName);
    if (connection === undefined) {
      throw new StatusError('ServiceUnavailable', `node "${nodeName}" is not connected; try again when it is back`);
    }
    return connection.streams.open(request);
  }

  nodes(): readonly ConnectedNode[] {
    return this.connections.list();
  }

  private authenticate(socket: Socket, next: (error?: Error) => void): void {
    try {
      if (this.feed === undefined) throw new StatusError('ServiceUnavailable', 'the server is still starting');
      socket.data = nodeIdentityOf(socket.request.socket);
      next();
    } catch (error) {
      const status = toStatusError(error);
      this.options.logger.warn({ address: socket.handshake.address, why: status.message }, 'node connection refused');
      next(Object.assign(new Error(status.message), { data: status.toStatus() }));
    }
  }

  private welcome(socket: Socket): void {
    const { feed, network, podNetwork, policies } = this;
    if (feed === undefined || network === undefined || podNetwork === undefined || policies === undefined)
      return void socket.disconnect(true);
    const { clock, logger, client } = this.options;
    new NodeConnection(socket, socket.data as NodeIdentity, {
      clock,
      logger,
      feed,
      network,
      podNetwork,
      relay: (from, { nodeName, frames }) => this.connections.get(nodeName)?.passOn({ nodeName: from, frames }),
      policies,
      podStatuses: this.podStatuses,
      register: (connection, registration) => this.connections.register(connection, registration),
      onHeard: (connection) => this.connections.onHeard(connection),
      onHeartbeat: (connection, heartbeat) => this.connections.onHeartbeat(connection, heartbeat),
      onEvent: (connection, event) => {
        if (event.pod === undefined || feed.hadPod(connection.nodeName, event.pod.uid)) {
          this.connections.onEvent(connection, event);
        }
      },
      onImages: (connection, message) => this.connections.onImages(connection, message),
      referredAmong: (names) => imagesReferredAmong(client, names),
      onClosed: (connection, reason) => this.connections.onClosed(connection, reason),
      readObject: (ref) =>
        ref.kind === 'ConfigMap'
          ? (client.view('ConfigMap').get(ref) ?? null)
          : (client.view('Secret').get(ref) ?? null),
      issueToken: (nodeName, order) => issuePodToken(this.options.tokens, feed.podOf(nodeName, order.podUid), order),
      renewCertificate: createRenewal(this.options),
    });
  }
}
