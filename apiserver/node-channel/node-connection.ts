import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import type {
  CertificateRenewal,
  EventReport,
  Heartbeat,
  JoinResponse,
  NodeImages,
  ObjectRef,
  PodToken,
  Registration,
  Sync,
  TokenOrder,
} from '../../shared/wire/node-channel';
import {
  parseCertificateRenewal,
  parseEventReport,
  parseHeartbeat,
  parseObjectRef,
  parsePodStatusReport,
  parsePodTerminated,
  parseRegistration,
  parseTokenOrder,
} from '../../shared/wire/parse-agent';
import { parseAck, parseDone } from '../../shared/wire/parse-server';
import { parseStreamCredit, parseStreamData, parseStreamEnd } from '../../shared/wire/parse-stream';
import { parseImagesInStatus, parseReferredImages } from '../../shared/wire/node-images';
import { parseNetworkApplied, parseWithdrawal } from '../../shared/wire/network';
import type { RelayFrames } from '../../shared/wire/pod-network';
import { parsePodNetworkReport, parseRelayFrames } from '../../shared/wire/pod-network';
import { RelayQueue } from '../../shared/wire/relay-queue';
import { hasRoomForFrames } from '../../shared/wire/relay-room';
import { ServerStreams } from '../../shared/wire/server-streams';
import type { FenceTerms } from '../../shared/wire/fence';
import type { ConfigMap, Secret } from '../../shared/api/objects';
import { acknowledge } from './acknowledge';
import type { AgentSocket } from './agent-socket';
import type { AssignmentFeed } from './assignment-feed';
import type { IngressFeed } from './ingress-feed';
import type { NetworkFeed, NetworkSubscription } from './network-feed';
import type { PolicyFeed } from './policies/policy-feed';
import { RelayRate } from './relay-rate';
import type { NodeIdentity } from './node-identity';
import type { PodNetworkFeed } from './pod-network-feed';
import type { PodStatusWriter } from './pod-status-writer';

/** How long an agent may take to accept or refuse a stream: it may have to ask a busy engine. */
const STREAM_OPEN_TIMEOUT_MS = 30_000;

/** What one connection needs from the rest of the channel. */
export interface ConnectionServices {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly feed: AssignmentFeed;
  readonly network: NetworkFeed;
  readonly podNetwork: PodNetworkFeed;
  /** Hands frames of one node to the node they name. */
  relay(fromNode: string, frames: RelayFrames): void;
  readonly policies: PolicyFeed;
  readonly ingress: IngressFeed;
  readonly podStatuses: PodStatusWriter;
  /** What nodes are told that fence; absent: none is. */
  readonly fence?: FenceTerms;
  /** Writes the Node and makes this the node's one connection. */
  register(connection: NodeConnection, registration: Registration): Promise<void>;
  /** Whatever came: a message, or the answer to a ping. */
  onHeard(connection: NodeConnection): void;
  /** Whether it counts: not of a connection that another has replaced. */
  onHeartbeat(connection: NodeConnection, heartbeat: Heartbeat): boolean;
  onEvent(connection: NodeConnection, event: EventReport): void;
  onImages(connection: NodeConnection, message: NodeImages): void;
  referredAmong(names: readonly string[]): readonly string[];
  onClosed(connection: NodeConnection, reason: string): void;
  readObject(ref: ObjectRef): ConfigMap | Secret | null;
  /** Throws a StatusError where the pod is to have no such token. */
  issueToken(nodeName: string, order: TokenOrder): PodToken;
  /** Throws Forbidden where the request is by another key than the node's. */
  renewCertificate(identity: NodeIdentity, renewal: CertificateRenewal): Promise<JoinResponse>;
}

/** One agent's socket: parses what comes in, and lets an authenticated node touch itself and its own pods only. */
export class NodeConnection {
  readonly streams: ServerStreams;
  readonly nodeName: string;
  private readonly logger: Logger;
  /** What other nodes send to this one, and how much this one may send to others. */
  private readonly relayed: RelayQueue;
  private readonly relayRate: RelayRate;
  private isRegistered = false;
  private cancelFeed: () => void = () => undefined;
  private cancelPolicies: () => void = () => undefined;
  private network: NetworkSubscription | undefined;
  private cancelPodNetwork: () => void = () => undefined;
  private cancelIngress: () => void = () => undefined;

  constructor(
    private readonly socket: AgentSocket,
    readonly identity: NodeIdentity,
    private readonly services: ConnectionServices,
  ) {
    this.nodeName = identity.nodeName;
    this.logger = services.logger.child({ node: identity.nodeName });
    // Each question that waits for its answer listens whether the connection ends.
    socket.setMaxListeners(0);
    this.streams = new ServerStreams({
      data: (message) => void socket.emit('streamData', message),
      end: (message) => void socket.emit('streamEnd', message),
      credit: (message) => void socket.emit('streamCredit', message),
      open: (message) => this.ask('streamOpen', message),
    });
    const { clock } = services;
    this.relayed = new RelayQueue({
      clock,
      hasRoom: () => hasRoomForFrames(socket.conn),
      send: (frames) => void socket.emit('relayFrames', frames),
    });
    this.relayRate = new RelayRate(clock);
    this.listen();
  }

  get address(): string {
    return this.socket.handshake.address;
  }

  get isOpen(): boolean {
    return this.socket.connected;
  }

  /** Ends the connection; the agent will dial again. Idempotent. */
  close(): void {
    this.socket.disconnect(true);
  }

  /** What cannot leave soon is lost, as on any network. */
  passOn(frames: RelayFrames): void {
    if (this.isRegistered) this.relayed.offer(frames);
  }

  private listen(): void {
    const { socket, services } = this;
    const { feed, podStatuses } = services;
    this.onAsked('register', parseRegistration, (registration) => this.register(registration), { first: true });
    this.onAsked('podStatus', parsePodStatusReport, async (report): Promise<true> => {
      await podStatuses.report(this.nodeName, report);
      return true;
    });
    this.onAsked('podTerminated', parsePodTerminated, async (pod): Promise<true> => {
      await podStatuses.terminated(this.nodeName, pod);
      return true;
    });
    this.onAsked('fetch', parseObjectRef, (ref) => {
      if (feed.mayRead(this.nodeName, ref)) return Promise.resolve(services.readObject(ref));
      const why = `no pod of node "${this.nodeName}" refers to it`;
      throw new StatusError('Forbidden', `${ref.kind} "${ref.namespace}/${ref.name}" is forbidden: ${why}`);
    });
    this.onAsked('token', parseTokenOrder, (order) => Promise.resolve(services.issueToken(this.nodeName, order)));
    this.onAsked('renewCertificate', parseCertificateRenewal, (renewal) =>
      services.renewCertificate(this.identity, renewal),
    );
    this.onAsked('withdraw', parseWithdrawal, async ({ podUid }): Promise<true> => {
      await services.network.withdrawn(podUid);
      return true;
    });
    this.onAsked('referredImages', parseReferredImages, ({ names }) => Promise.resolve(services.referredAmong(names)));
    this.onTold('nodeImages', parseImagesInStatus, (message) => services.onImages(this, message));
    this.onTold('networkApplied', parseNetworkApplied, ({ revision }) => this.network?.applied(revision));
    this.onTold('podNetwork', parsePodNetworkReport, (report) => {
      services.podNetwork.report(this.nodeName, report).catch((error: unknown) => {
        this.logger.warn({ err: error }, 'what the node told of its network could not be kept');
      });
    });
    this.onTold('relayFrames', parseRelayFrames, (frames) => {
      if (this.relayRate.take(frames.frames.length)) services.relay(this.nodeName, frames);
    });
    socket.conn.on('packet', () => services.onHeard(this));
    // Only what counts is answered: on the answer the node's lease stands.
    this.onTold('heartbeat', parseHeartbeat, (heartbeat, answer) => {
      if (services.onHeartbeat(this, heartbeat)) answer();
    });
    this.onTold('event', parseEventReport, (event) => services.onEvent(this, event));
    this.onTold('streamData', parseStreamData, (message) => this.streams.onData(message));
    this.onTold('streamEnd', parseStreamEnd, (message) => this.streams.onEnd(message));
    this.onTold('streamCredit', parseStreamCredit, (message) => this.streams.onCredit(message));
    socket.on('disconnect', (reason) => {
      this.cancelFeed();
      this.cancelPolicies();
      this.network?.cancel();
      this.cancelPodNetwork();
      this.cancelIngress();
      this.streams.connectionClosed();
      this.relayed.clear();
      services.onClosed(this, String(reason));
    });
  }

  private async register(registration: Registration): Promise<Sync> {
    if (registration.nodeName !== this.nodeName) {
      throw new StatusError('Forbidden', `node "${this.nodeName}" may not register as "${registration.nodeName}"`);
    }
    await this.services.register(this, registration);
    const { sync, cancel } = this.services.feed.subscribe(registration, {
      pod: (message) => void this.socket.emit('pod', message),
      podRemoved: (message) => void this.socket.emit('podRemoved', message),
      objectChanged: (message) => void this.socket.emit('objectChanged', message),
      services: (message) => void this.socket.emit('services', message),
    });
    this.cancelFeed = cancel;
    this.cancelPolicies();
    const policies = this.services.policies.subscribe(
      this.nodeName,
      (change) => void this.socket.emit('policies', change),
    );
    this.cancelPolicies = policies.cancel;
    this.isRegistered = true;
    // After the answer, which is sent in this turn.
    setImmediate(() => {
      this.followNetwork();
      if (registration.servesIngress === true) this.followIngress();
    });
    const { fence } = this.services;
    const told = { ...sync, policies: policies.snapshot };
    return fence === undefined || registration.fence === undefined ? told : { ...told, fence };
  }

  private followNetwork(): void {
    if (!this.socket.connected) return;
    this.network?.cancel();
    this.cancelPodNetwork();
    this.cancelPodNetwork = this.services.podNetwork.subscribe(
      this.nodeName,
      (change) => void this.socket.emit('podNetwork', change),
    );
    this.network = this.services.network.subscribe(this.nodeName, (change) => void this.socket.emit('network', change));
  }

  private followIngress(): void {
    if (!this.socket.connected) return;
    this.cancelIngress();
    this.cancelIngress = this.services.ingress.subscribe(
      this.nodeName,
      (change) => void this.socket.emit('ingress', change),
    );
  }

  /** A message the agent wants answered. */
  private onAsked<T, R>(
    event: string,
    parse: (payload: unknown) => T,
    answer: (message: T) => Promise<R>,
    options: { readonly first: boolean } = { first: false },
  ): void {
    this.socket.on(event, (payload: unknown, ack: unknown) => {
      void acknowledge(ack, this.logger, async () => {
        if (!options.first && !this.isRegistered) throw new StatusError('BadRequest', 'register first');
        return answer(parse(payload));
      });
    });
  }

  /** A message nobody waits for. */
  private onTold<T>(
    event: string,
    parse: (payload: unknown) => T,
    handle: (message: T, answer: () => void) => void,
  ): void {
    this.socket.on(event, (payload: unknown, ack: unknown) => {
      if (!this.isRegistered) return;
      try {
        handle(parse(payload), () => void (typeof ack === 'function' && Reflect.apply(ack, undefined, [])));
      } catch (error) {
        this.logger.warn({ event, err: error }, 'a message of the node was not understood');
      }
    });
  }

  private ask(event: 'streamOpen', message: unknown): Promise<ReturnType<typeof parseAck<true>>> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        cancel();
        this.socket.off('disconnect', onGone);
        act();
      };
      const fail = (why: string) => (): void => settle(() => reject(new StatusError('ServiceUnavailable', why)));
      const onGone = fail(`the connection to node "${this.nodeName}" was lost`);
      const cancel = this.services.clock.setTimeout(
        fail(`node "${this.nodeName}" did not answer in ${STREAM_OPEN_TIMEOUT_MS / 1_000} s`),
        STREAM_OPEN_TIMEOUT_MS,
      );
      this.socket.once('disconnect', onGone);
      this.socket.emit(event, message, (answer: unknown) => {
        settle(() => {
          try {
            resolve(parseAck(answer, parseDone));
          } catch (error) {
            reject(error as Error);
          }
        });
      });
    });
  }
}
