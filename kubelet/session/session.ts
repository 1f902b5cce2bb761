import type { ConfigMap, Secret } from '../../shared/api/objects';
import type { IngressChange } from '../../shared/wire/ingress';
import type { NetworkChange } from '../../shared/wire/network';
import type { PodNetworkChange, PodNetworkReport, RelayFrames } from '../../shared/wire/pod-network';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type {
  EventReport,
  Heartbeat,
  NamespaceServices,
  NodeImages,
  ObjectChanged,
  ObjectRef,
  PodAssignment,
  PodRemoval,
  PodStatusReport,
  PodTerminated,
  PodToken,
  Registration,
  StreamRequest,
  Sync,
  TokenOrder,
} from '../../shared/wire/node-channel';

/** What the agent does with what the server pushes. Handlers are quick and do not throw: they record and wake workers. */
export interface SessionHandlers {
  /** Asked on every (re)connect, so that it tells the state of that moment. */
  registration(): Promise<Registration>;
  /** Asked before every beat. */
  heartbeat(): Promise<Omit<Heartbeat, 'sequence' | 'sentAtMs'>>;
  onSync(sync: Sync): void;
  /** The server counts a beat that was sent `agoMs` ago. */
  onBeatAnswered(agoMs: number): void;
  onPod(message: PodAssignment): void;
  onPodRemoved(message: PodRemoval): void;
  onObjectChanged(message: ObjectChanged): void;
  onServices(message: NamespaceServices): void;
  /** Resolves when the node does as it says. Without it nothing is to be done, and the server is told so. */
  onNetwork?(change: NetworkChange): Promise<void>;
  onPodNetwork?(change: PodNetworkChange): void;
  /** Changes of the policies that came with the Sync. */
  onPolicies?(change: PolicyChange): void;
  onRelayFrames?(frames: RelayFrames): void;
  /** Without it the server has nobody to tell. */
  onIngress?(change: IngressChange): void;
  /** Resolves once the stream is accepted; rejects with a StatusError to refuse it. The stream lives on after that. */
  onStream(request: StreamRequest, stream: AgentStream): Promise<void>;
  onConnected(): void;
  onDisconnected(reason: string): void;
}

/** The agent's end of the node channel. */
export interface Session {
  /** Dials, and keeps redialling with jittered backoff until `stop`. */
  start(): void;
  stop(): Promise<void>;
  /** Latest wins: reports of one pod that could not be sent yet are replaced by newer ones; resent after a reconnect until acknowledged. */
  reportPodStatus(report: PodStatusReport): void;
  /** Sent until acknowledged, also after a reconnect. */
  reportPodTerminated(pod: PodTerminated): void;
  /** Best effort: dropped beyond a bounded backlog while disconnected. */
  reportEvent(event: EventReport): void;
  /** As the node's status shows them. Told again after each reconnect. */
  reportImages(message: NodeImages): void;
  /** Those of the names that workloads of the cluster refer to. Throws ServiceUnavailable while disconnected. */
  referredImages(names: readonly string[]): Promise<readonly string[]>;
  /** Dropped while disconnected: the server asks for it by its first word after each registration. */
  reportPodNetwork(report: PodNetworkReport): void;
  /** Dropped where they cannot leave soon. */
  sendRelayFrames(frames: RelayFrames): void;
  /** Throws ServiceUnavailable while disconnected, Forbidden where no pod of this node refers to it. */
  fetch(ref: ObjectRef): Promise<ConfigMap | Secret | undefined>;
  /** Throws ServiceUnavailable while disconnected, Forbidden where no volume of that pod asks for it. */
  requestToken(order: TokenOrder): Promise<PodToken>;
  /** Resolves when no node sends new connections to the pod any more. Throws ServiceUnavailable while disconnected. */
  withdraw(podUid: string): Promise<void>;
}
