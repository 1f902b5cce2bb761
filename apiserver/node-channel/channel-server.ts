import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import type { ServerStream } from '../../shared/wire/byte-stream';
import type { FenceTerms } from '../../shared/wire/fence';
import type { EventReport, StreamRequest } from '../../shared/wire/node-channel';
import type { TokenIssuer } from '../auth/service-account/token-issuer';
import type { EventRecorder } from '../events/event-recorder';
import type { StreamMaps } from '../ingress/stream-ports';
import type { Client, ObjectKey } from '../registry/client';
import type { AgentSocket } from './agent-socket';
import { AssignmentFeed } from './assignment-feed';
import { IngressFeed } from './ingress-feed';
import { LivenessMonitor } from './liveness';
import { NetworkFeed } from './network-feed';
import type { NodeCertificateSigner } from './node-certificates';
import { NodeConnection } from './node-connection';
import { NodeConnections } from './node-connections';
import type { ConnectedNode } from './node-connector';
import type { NodeIdentity } from './node-identity';
import type { NodePods } from './node-pods';
import type { PodNetworkSettings } from './pod-network-feed';
import { PodNetworkFeed } from './pod-network-feed';
import { PolicyFeed } from './policies/policy-feed';
import { imagesReferredAmong } from './workload-images';
import { issuePodToken } from './pod-tokens';
import { PodStatusWriter } from './pod-status-writer';
import { createRenewal } from './renewal';

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
  /** Which ConfigMaps give plain ports to Services. */
  readonly streamMaps: StreamMaps;
  /** When nodes stop pods by themselves that must not run twice; absent: never. */
  readonly fence?: FenceTerms;
}

/** The server's end of the node channel, whatever carries its sockets. */
export class ChannelServer {
  readonly liveness: LivenessMonitor;
  private readonly podStatuses: PodStatusWriter;
  private readonly connections: NodeConnections;
  private readonly endings: (() => void)[] = [];
  private feeds:
    | {
        readonly assignments: AssignmentFeed;
        readonly network: NetworkFeed;
        readonly podNetwork: PodNetworkFeed;
        readonly policies: PolicyFeed;
        readonly ingress: IngressFeed;
      }
    | undefined;

  constructor(private readonly options: NodeChannelOptions) {
    this.liveness = new LivenessMonitor(options.clock);
    this.podStatuses = new PodStatusWriter(options.client);
    this.connections = new NodeConnections({ ...options, liveness: this.liveness });
  }

  get isStarted(): boolean {
    return this.feeds !== undefined;
  }

  /** Begins to serve; the registry's views must be filled. Idempotent. */
  start(): void {
    if (this.feeds !== undefined) return;
    const { client, nodePods, streamMaps } = this.options;
    const policies = new PolicyFeed(client);
    this.feeds = {
      // A node knows who may reach a pod before it knows of the pod.
      assignments: new AssignmentFeed(client, nodePods, () => policies.flush()),
      network: new NetworkFeed(this.options),
      podNetwork: new PodNetworkFeed(this.options),
      policies,
      ingress: new IngressFeed({ client, streamMaps }),
    };
    this.liveness.start();
    this.endings.push(
      this.liveness.onChange((nodeName) => this.connections.closeIfLost(nodeName)),
      client.view('Node').onChange(({ type, object }) => {
        if (type === 'DELETED') this.liveness.forget(object.metadata.name);
      }),
    );
  }

  /** Tells nobody anything any more. The sockets are for their owner to close. Idempotent. */
  stop(): void {
    this.liveness.stop();
    for (const end of this.endings.splice(0)) end();
    this.feeds?.assignments.stop();
    this.feeds?.network.stop();
    this.feeds?.podNetwork.stop();
    this.feeds?.policies.stop();
    this.feeds?.ingress.stop();
  }

  /** Resolves when status reports in flight are written. */
  idle(): Promise<void> {
    return this.podStatuses.idle();
  }

  async openStream(nodeName: string, request: StreamRequest): Promise<ServerStream> {
    const connection = this.connections.get(nodeName);
    if (connection === undefined) {
      throw new StatusError('ServiceUnavailable', `node "${nodeName}" is not connected; try again when it is back`);
    }
    return connection.streams.open(request);
  }

  /** What the proxy of a node says of an Ingress. */
  private onIngressEvent(nodeName: string, key: ObjectKey, { type, reason, message }: EventReport): void {
    const { client, events } = this.options;
    const ingress = client.view('Ingress').get(key);
    if (ingress !== undefined)
      events.record(ingress, { type, reason, message }, { component: 'ingress-proxy', host: nodeName });
  }

  nodes(): readonly ConnectedNode[] {
    return this.connections.list();
  }

  /** Takes over a socket whose other end has shown who it is. */
  welcome(socket: AgentSocket, identity: NodeIdentity): void {
    if (this.feeds === undefined) return void socket.disconnect(true);
    const { assignments, network, podNetwork, policies, ingress } = this.feeds;
    const { clock, logger, client, tokens, fence } = this.options;
    new NodeConnection(socket, identity, {
      clock,
      logger,
      feed: assignments,
      network,
      podNetwork,
      relay: (from, { nodeName, frames }) => this.connections.get(nodeName)?.passOn({ nodeName: from, frames }),
      policies,
      ingress,
      podStatuses: this.podStatuses,
      ...(fence === undefined ? {} : { fence }),
      register: (connection, registration) => this.connections.register(connection, registration),
      onHeard: (connection) => this.connections.onHeard(connection),
      onHeartbeat: (connection, heartbeat) => this.connections.onHeartbeat(connection, heartbeat),
      onEvent: (connection, event) => {
        if (event.ingress !== undefined) this.onIngressEvent(connection.nodeName, event.ingress, event);
        else if (event.pod === undefined || assignments.hadPod(connection.nodeName, event.pod.uid))
          this.connections.onEvent(connection, event);
      },
      onImages: (connection, message) => this.connections.onImages(connection, message),
      referredAmong: (names) => imagesReferredAmong(client, names),
      onClosed: (connection, reason) => this.connections.onClosed(connection, reason),
      readObject: (ref) =>
        ref.kind === 'ConfigMap'
          ? (client.view('ConfigMap').get(ref) ?? null)
          : (client.view('Secret').get(ref) ?? null),
      issueToken: (nodeName, order) => issuePodToken(tokens, assignments.podOf(nodeName, order.podUid), order),
      renewCertificate: createRenewal(this.options),
    });
  }
}
