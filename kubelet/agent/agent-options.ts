import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import type { AgentStream } from '../../shared/wire/byte-stream';
import type { IngressChange } from '../../shared/wire/ingress';
import type { NetworkChange } from '../../shared/wire/network';
import type { PolicyChange } from '../../shared/wire/network-policy';
import type { Heartbeat, StreamRequest } from '../../shared/wire/node-channel';
import type { PodNetworkChange, RelayFrames } from '../../shared/wire/pod-network';
import type { ApiAddress } from '../api-relay/api-relay';
import type { ConfigSource } from '../environment/config-source';
import type { Threshold } from '../eviction/thresholds';
import type { ImageProvider, NodeFacts, PodNetwork } from '../pod-worker/pod-environment';
import type { Runtime } from '../runtime/runtime';
import type { Session, SessionHandlers } from '../session/session';
import type { Host } from './host';

/** The node's part in the cluster's network: what the agent tells it. */
export interface AgentNetwork extends PodNetwork {
  /** Resolves when the node does as it says. */
  apply(change: NetworkChange): Promise<void>;
  applyPodNetwork(change: PodNetworkChange): void;
  /** From another node, by way of the server. */
  relayFrames(frames: RelayFrames): void;
  /** Whether pods have a network here. */
  isThere(): boolean;
  /** Why they have none; undefined while nothing is wrong. */
  problem(): string | undefined;
  /**
   * Who may reach the node's pods, and whom they may reach. A pod that is attached later waits until the node does as it
   * says. False: this node cannot.
   */
  applyPolicies(change: PolicyChange): boolean;
  /** The pods that the engine runs already, all of them. */
  adopt(pods: readonly { readonly uid: string; readonly addresses: readonly string[] }[]): Promise<void>;
}

/** The node's part in serving Ingresses. */
export interface AgentIngress {
  /** Whether it wants to be told. */
  readonly isServing: boolean;
  apply(change: IngressChange): void;
  /** What the node says of it; empty where there is nothing to serve. */
  conditions(): Heartbeat['conditions'];
}

export interface AgentOptions {
  readonly nodeName: string;
  readonly agentVersion: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Root may mount a tmpfs for what must not reach a disk. */
  readonly isRoot: boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly runtime: Runtime;
  readonly runtimeName: string;
  readonly host: Host;
  readonly node: NodeFacts;
  /** What must be left of the node's resources; with less, pods are evicted. */
  readonly evictionHard: readonly Threshold[];
  /** Sysctls that pods may set beside the safe ones, by name or with a `*` at the end. */
  readonly allowedUnsafeSysctls: readonly string[];
  /** Whether pods of StatefulSets are stopped when the server is away for too long, so that it may replace them. */
  readonly fences: boolean;
  /** Where pods reach the API; undefined while that way is not open. */
  readonly apiAddress: () => ApiAddress | undefined;
  /** Absent where this machine cannot serve Services. */
  readonly network?: AgentNetwork;
  /** Absent where this node serves no Ingresses. */
  readonly ingress?: AgentIngress;
  readonly createImages: (source: ConfigSource) => ImageProvider;
  readonly createSession: (handlers: SessionHandlers) => Session;
  readonly onStream: (request: StreamRequest, stream: AgentStream) => Promise<void>;
  readonly onConnected?: () => void;
  /** Frees what it can of a disk that runs full, before pods must go for it. */
  readonly reclaimDisk?: () => Promise<void>;
}
