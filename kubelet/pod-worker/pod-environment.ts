import type { Container, Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { EventReport, PodStatusReport, PodTerminated, ServiceLink } from '../../shared/wire/node-channel';
import type { ApiAddress } from '../api-relay/api-relay';
import type { ConfigSource } from '../environment/config-source';
import type { Prober } from '../probes/prober';
import type { Runtime } from '../runtime/runtime';
import type { ClusterDns } from '../environment/cluster-dns';
import type { PodVolumes } from '../volumes/pod-volumes';
import type { PodEvent } from './events';
import type { EngineGate } from './engine-gate';
import type { InFlight } from './in-flight';

/** Why an image is not there; shown in the container's status until the next try. */
export class ImageProblem extends Error {
  override readonly name = 'ImageProblem';
  constructor(
    readonly reason: string,
    message: string,
    readonly retryAtMs: number,
  ) {
    super(message);
  }
}

/** Makes images present by their pull policy, and says so in Events. */
export interface ImageProvider {
  /** Rejects with an ImageProblem. */
  ensure(
    request: { readonly pod: Pod; readonly container: Container; readonly onEvent: (event: PodEvent) => void },
    signal: AbortSignal,
  ): Promise<void>;
}

/** What pods learn of the machine they run on. */
export interface NodeFacts {
  readonly hostIps: readonly string[];
  readonly cpuMilli: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly pidsLimit: number;
}

/** The node's part in the cluster's network. */
export interface PodNetwork {
  /** Name of the engine's network that pods are attached to. Waits for it for a while; rejects with why it is not there. */
  engineNetwork(signal: AbortSignal): Promise<string>;
  /** Opens Services to the pod and keeps it to its NetworkPolicies; resolves when that is so. */
  attach(podUid: string, addresses: readonly string[]): Promise<void>;
  detach(podUid: string): void;
  /** Undefined: pods resolve names as the node does. */
  dns(): ClusterDns | undefined;
}

/** Everything a pod worker acts through. Shared by all workers of an agent. */
export interface PodEnvironment {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly runtime: Runtime;
  /** Scheme of container ids: `docker`. */
  readonly runtimeName: string;
  readonly gate: EngineGate;
  /** What workers have begun on their own account. */
  readonly inFlight: InFlight;
  readonly images: ImageProvider;
  readonly volumes: PodVolumes;
  readonly source: ConfigSource;
  readonly prober: Prober;
  readonly node: NodeFacts;
  /** The other pods that are to run on this node. */
  othersOf(uid: string): readonly Pod[];
  /** What pods of that namespace are told of Services. */
  servicesOf(namespace: string): readonly ServiceLink[];
  /** Where pods reach the API; undefined while that way is not open. */
  apiAddress(): ApiAddress | undefined;
  /** Absent where the node has no Services. */
  readonly network?: PodNetwork;
  /** Resolves when no node sends new connections to the pod any more, as far as the server can say. */
  withdraw(podUid: string): Promise<void>;
  reportStatus(report: PodStatusReport): void;
  reportTerminated(pod: PodTerminated): void;
  reportEvent(event: EventReport): void;
}
