/**
 * The contract of the node channel: one socket.io connection per agent, WebSocket only, dialled by the agent.
 *
 * socket.io delivers at most once, so every message is idempotent and carries what identifies it (pod UID, revision):
 * correctness comes from the resync at `register`, never from delivery. Every payload is parsed from `unknown` at the
 * edge that receives it. Acknowledgements carry a result or a Status.
 */
import type { ConfigMap, NodeStatus, Pod, PodStatus, Secret } from '../api/objects';
import type { Status } from '../status-error';
import type { FenceTerms } from './fence';
import type { IngressChange } from './ingress';
import type { NetworkApplied, NetworkChange, Withdrawal } from './network';
import type { PodNetworkChange, PodNetworkReport, RelayFrames } from './pod-network';
import type { PolicyChange } from './network-policy';

/** Path of the socket.io endpoint on the apiserver's HTTPS port. */
export const NODE_CHANNEL_PATH = '/node-channel';
/** POST: a join request (JSON `JoinRequest` -> `JoinResponse`), authenticated by the join token as a bearer token. */
export const NODE_JOIN_PATH = '/node-channel/join';

export const HEARTBEAT_PERIOD_MS = 2_000;
/** Beats missed before a silent node is NotReady. */
export const MISSED_BEATS_NOT_READY = 3;

export interface JoinRequest {
  readonly nodeName: string;
  /** PKCS#10 request in PEM for the node's own key; the server sets the subject (CN system:node:NAME, O system:nodes). */
  readonly certificateRequest: string;
}
export interface JoinResponse {
  /** PEM, signed by the cluster's CA. */
  readonly certificate: string;
  readonly caCertificate: string;
}

/** The token was good, but an administrator has not let the node in yet: it asks again. Sent with code 202. */
export interface JoinPending {
  readonly pending: { readonly nodeName: string; readonly keyFingerprint: string };
}
export type JoinAnswer = JoinResponse | JoinPending;

/** Asks for a certificate that ends later, for the key and the name that the node has. */
export interface CertificateRenewal {
  /** PKCS#10 request in PEM. */
  readonly certificateRequest: string;
}

/** An acknowledgement: the result, or why not. */
export type Ack<T> = { readonly ok: T } | { readonly status: Status };

/** A pod the agent runs or has remains of. */
export interface RunningPod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export interface Registration {
  readonly nodeName: string;
  readonly bootId: string;
  readonly agentVersion: string;
  /** capacity, allocatable, nodeInfo, addresses, images; the server owns the conditions but the agent's own findings
   * (engine down, pressure) come as `conditions` here and in heartbeats. */
  readonly status: NodeStatus;
  readonly labels: Readonly<Record<string, string>>;
  readonly pods: readonly RunningPod[];
  /** Wants to be told of Ingresses, and so of the certificates that they name. */
  readonly servesIngress?: boolean;
  /** The last revision this agent process has applied; 0 asks for everything. */
  readonly lastRevision: number;
  /** This node stops fenced pods by itself, now by these terms (0: none were told yet). Absent: it does not. */
  readonly fence?: FenceTerms;
}

/** As much of a Service as containers learn through their environment. */
export interface ServiceLink {
  readonly name: string;
  readonly clusterIp: string;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol: string }[];
  /** The cluster's own API, which every container is told of, whatever its pod says and wherever it is. */
  readonly isCluster: boolean;
}
/** All Services with an address that pods of that namespace are told of; replaces what was said of it before. */
export interface NamespaceServices {
  readonly namespace: string;
  readonly services: readonly ServiceLink[];
}

/** What the node must run. Full: anything the agent has that is not listed must go. Difference: only what changed. */
export interface Sync {
  readonly kind: 'full' | 'difference';
  readonly revision: number;
  readonly pods: readonly Pod[];
  /** Of every namespace that has pods on this node. */
  readonly services: readonly NamespaceServices[];
  /** The NetworkPolicies of the node's pods, all of them: known before the pods are. */
  readonly policies?: PolicyChange;
  /** UIDs of pods that are gone from the store or no longer this node's: their containers must be removed. */
  readonly removed: readonly string[];
  /** When the node is to stop its fenced pods by itself; absent: never, and none of them is replaced before it says so. */
  readonly fence?: FenceTerms;
}

export interface PodAssignment {
  readonly revision: number;
  readonly pod: Pod;
}
export interface PodRemoval {
  readonly revision: number;
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

/** A ConfigMap or Secret that pods of this node refer to. */
export interface ObjectRef {
  readonly kind: 'ConfigMap' | 'Secret';
  readonly namespace: string;
  readonly name: string;
}
export interface ObjectChanged {
  readonly revision: number;
  readonly ref: ObjectRef;
  /** null: it does not exist (any more). */
  readonly object: ConfigMap | Secret | null;
}

/** Asks for the token that a serviceAccountToken source of a pod of this node shows. */
export interface TokenOrder {
  readonly podUid: string;
  /** Empty: the API's own. */
  readonly audience: string;
  readonly expirationSeconds: number;
}
export interface PodToken {
  readonly token: string;
  readonly expiresAtMs: number;
}

/** Usage figures of one beat. Rates are averages since the beat before. */
export interface NodeUsage {
  readonly cpuMilli: number;
  readonly cpuPercent: number;
  readonly memoryUsedBytes: number;
  readonly memoryAvailableBytes: number;
  readonly diskUsedBytes: number;
  readonly diskTotalBytes: number;
  readonly diskReadBytesPerSecond: number;
  readonly diskWriteBytesPerSecond: number;
  readonly networkRxBytesPerSecond: number;
  readonly networkTxBytesPerSecond: number;
  readonly load1: number;
  readonly processes: number;
}
export interface ContainerUsage {
  readonly name: string;
  readonly cpuMilli: number;
  readonly memoryBytes: number;
}
export interface PodUsage {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly containers: readonly ContainerUsage[];
}
export interface Heartbeat {
  /** Counts up from 1 per connection. */
  readonly sequence: number;
  /** The agent's wall clock, for skew. */
  readonly sentAtMs: number;
  readonly usage: NodeUsage;
  /** Conditions the agent itself vouches for (Ready with EngineDown, MemoryPressure, …), without timestamps. */
  readonly conditions: readonly {
    readonly type: string;
    readonly status: 'True' | 'False' | 'Unknown';
    readonly reason: string;
    readonly message: string;
  }[];
}

export interface PodStatusReport {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  readonly status: PodStatus;
}
export interface NodeImages {
  readonly images: readonly { readonly names: readonly string[]; readonly sizeBytes: number }[];
}
export interface NodeImageNames {
  readonly names: readonly string[];
}
/** All containers of a pod that is being deleted are gone: the server may remove the object. */
export interface PodTerminated {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}
/** An Event about one of the node's pods, or about the node itself (`pod` absent). */
export interface EventReport {
  readonly pod?: {
    readonly uid: string;
    readonly namespace: string;
    readonly name: string;
    readonly fieldPath?: string;
  };
  /** Of what the event is, where it is an Ingress. */
  readonly ingress?: { readonly namespace: string; readonly name: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** What a stream is for; the first message of each. Channels are numbered as in the Kubernetes exec protocol. */
export type StreamRequest =
  | {
      readonly type: 'exec' | 'attach';
      readonly podUid: string;
      readonly container: string;
      readonly command: readonly string[];
      readonly stdin: boolean;
      readonly stdout: boolean;
      readonly stderr: boolean;
      readonly tty: boolean;
    }
  | {
      readonly type: 'logs';
      readonly podUid: string;
      readonly container: string;
      readonly follow: boolean;
      readonly previous: boolean;
      readonly timestamps: boolean;
      readonly tailLines?: number;
      readonly sinceSeconds?: number;
      readonly sinceTime?: string;
      readonly limitBytes?: number;
    }
  | { readonly type: 'portForward'; readonly podUid: string; readonly port: number }
  /** Asks every peer on each way, one JSON `NetworkCheck` on stdout, then the end. */
  | { readonly type: 'networkCheck' }
  /** Usage of all pods of the node, one JSON `PodUsage[]` on stdout, then the end. */
  | { readonly type: 'podUsage' }
  /** Removes the folder of a volume that was made for a claim (`…/pvc-UID_NAMESPACE_NAME`). Gone already is success. */
  | { readonly type: 'removeVolume'; readonly path: string }
  /** The images of the node's engine, one JSON `NodeImage[]` on stdout, then the end. */
  | { readonly type: 'images' }
  /** Removes all images that nobody needs; what became of each as JSON `PrunedImage[]` on stdout, then the end. */
  | { readonly type: 'pruneImages' }
  /** Images of that name are never removed, or may be again. A `*` at its end stands for anything. */
  | { readonly type: 'pinImage'; readonly name: string; readonly isPinned: boolean };

export const STREAM_STDIN = 0;
export const STREAM_STDOUT = 1;
export const STREAM_STDERR = 2;
/** Exactly one Status as JSON, then the stream ends: Success, or Failure (exec: reason NonZeroExitCode with an ExitCode cause). */
export const STREAM_ERROR = 3;
/** JSON `{"Width":n,"Height":n}`, towards the agent. */
export const STREAM_RESIZE = 4;
export type StreamChannel = 0 | 1 | 2 | 3 | 4;

export interface StreamOpen {
  readonly streamId: number;
  readonly request: StreamRequest;
}
export interface StreamData {
  readonly streamId: number;
  readonly channel: StreamChannel;
  readonly data: Uint8Array;
}
/** The sender will write no more on this channel; `channel` absent: the whole stream is over. */
export interface StreamEnd {
  readonly streamId: number;
  readonly channel?: StreamChannel;
  /** Set when the stream ends for a reason other than its own completion. */
  readonly status?: Status;
}
/** Flow control: the receiver has consumed this many bytes of the channel; the sender keeps at most
 * `STREAM_WINDOW_BYTES` unacknowledged per channel. */
export interface StreamCredit {
  readonly streamId: number;
  readonly channel: StreamChannel;
  readonly bytes: number;
}
export const STREAM_WINDOW_BYTES = 256 * 1024;

export interface ServerToAgent {
  pod: (message: PodAssignment) => void;
  podRemoved: (message: PodRemoval) => void;
  objectChanged: (message: ObjectChanged) => void;
  /** Before the first pod of a namespace, and whenever its Services change. */
  services: (message: NamespaceServices) => void;
  sync: (message: Sync) => void;
  /** Everything right after a registration, then each change; acknowledged by `networkApplied`. */
  network: (message: NetworkChange) => void;
  /** Everything right after a registration, then each change. */
  podNetwork: (message: PodNetworkChange) => void;
  /** From the node named. */
  relayFrames: (message: RelayFrames) => void;
  /** What has changed since the Sync; ahead of the pods that it concerns. */
  policies: (message: PolicyChange) => void;
  /** The same of Ingresses, to a node that serves them. */
  ingress: (message: IngressChange) => void;
  streamOpen: (message: StreamOpen, ack: (result: Ack<true>) => void) => void;
  streamData: (message: StreamData) => void;
  streamEnd: (message: StreamEnd) => void;
  streamCredit: (message: StreamCredit) => void;
}

export interface AgentToServer {
  networkApplied: (message: NetworkApplied) => void;
  podNetwork: (message: PodNetworkReport) => void;
  /** For the node named; dropped where that is not connected, or does not keep up. */
  relayFrames: (message: RelayFrames) => void;
  withdraw: (message: Withdrawal, ack: (result: Ack<true>) => void) => void;
  register: (message: Registration, ack: (result: Ack<Sync>) => void) => void;
  /** Answered when it counts: from when it was sent, the node's lease begins anew. */
  heartbeat: (message: Heartbeat, ack: () => void) => void;
  podStatus: (message: PodStatusReport, ack: (result: Ack<true>) => void) => void;
  podTerminated: (message: PodTerminated, ack: (result: Ack<true>) => void) => void;
  event: (message: EventReport) => void;
  /** Right after a registration, and whenever they change: as the node's status shows them. */
  nodeImages: (message: NodeImages) => void;
  /** Those of the names that workloads of the cluster refer to. */
  referredImages: (message: NodeImageNames, ack: (result: Ack<readonly string[]>) => void) => void;
  /** The object, or null where it does not exist. Forbidden unless a pod of this node refers to it. */
  fetch: (message: ObjectRef, ack: (result: Ack<ConfigMap | Secret | null>) => void) => void;
  /** A token bound to that pod. Forbidden unless a volume of that pod asks for such a one. */
  token: (message: TokenOrder, ack: (result: Ack<PodToken>) => void) => void;
  /** Forbidden unless the node's own key made the request. */
  renewCertificate: (message: CertificateRenewal, ack: (result: Ack<JoinResponse>) => void) => void;
  streamData: (message: StreamData) => void;
  streamEnd: (message: StreamEnd) => void;
  streamCredit: (message: StreamCredit) => void;
}
