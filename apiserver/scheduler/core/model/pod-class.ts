import type { NodeSelectorTerm, Pod, Toleration } from '../../../../shared/api/objects';
import type { Amounts } from './amounts';
import type { DeviceRequest } from './device-table';
import type { DomainCounter } from './domain-counter';
import type { NodeFit } from './node-fit';
import type { Level } from './priority-table';
import type { Selection } from './selection';

/** A port of the node itself that a pod publishes. */
export interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

/** What a volume asks of the node: one of the terms must match it. */
export interface VolumeDemand {
  readonly claim: string;
  readonly terms: readonly NodeSelectorTerm[];
}

/** What the pod's own object does not say about where it can run. */
export interface PodExtras {
  /** Of the volumes it is bound to. */
  readonly volumes?: readonly VolumeDemand[];
  /** Architectures that all its images exist for, as in the label kubernetes.io/arch. Absent: any. */
  readonly architectures?: readonly string[];
}

/** What a pod asks of a node's own properties. Two with the same `signature` may run on the same nodes. */
export interface NodeDemand {
  readonly signature: string;
  readonly nodeName?: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Required node affinity: one of them must match. */
  readonly terms?: readonly NodeSelectorTerm[];
  readonly preferred: readonly { readonly weight: number; readonly preference: NodeSelectorTerm }[];
  readonly tolerations: readonly Toleration[];
  readonly volumes: readonly VolumeDemand[];
  readonly architectures?: readonly string[];
}

/** A pod affinity or anti-affinity term. */
export interface PodTerm {
  readonly topologyKey: string;
  readonly selection: Selection;
}

export interface SpreadTerm extends PodTerm {
  readonly maxSkew: number;
  readonly minDomains: number;
  readonly honorsAffinity: boolean;
  readonly honorsTaints: boolean;
}

/** What a pod says about the pods around it. */
export interface PodRelations {
  readonly near: readonly PodTerm[];
  readonly apart: readonly PodTerm[];
  /** Positive weights attract, negative ones repel. */
  readonly preferred: readonly (PodTerm & { readonly weight: number })[];
  readonly spread: readonly SpreadTerm[];
  /** Spread that is only wished for (ScheduleAnyway). */
  readonly softSpread: readonly SpreadTerm[];
}

/** A spread constraint with its counter. */
export interface SpreadRule {
  readonly counter: DomainCounter;
  readonly maxSkew: number;
  readonly minDomains: number;
  /** 1 when the pod itself is one of those it spreads among. */
  readonly self: number;
}

/** A wish about the pods around: `weight` for each that counts there, `missing` where the node has no such domain. */
export interface WishRule {
  readonly counter: DomainCounter;
  readonly weight: number;
  readonly missing: number;
}

/** The rules about pods around, each as a counter to look at. */
export interface TopologyRules {
  /** Counts must not be 0, unless nobody is anywhere and the pod is one of those it seeks. */
  readonly near: DomainCounter[];
  /** Counts must be 0: the pod's own anti-affinity. */
  readonly apart: DomainCounter[];
  /** Counts must be 0: the anti-affinity of those who run there. */
  readonly unwelcome: DomainCounter[];
  readonly spread: SpreadRule[];
  readonly wishes: WishRule[];
}

/** What identical pods have in common: everything the scheduler looks at, compiled. */
export interface PodClass {
  readonly id: number;
  /** One of them, for words and rules that look at the whole. */
  readonly example: Pod;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly priority: number;
  /** Where what the pods of its priority hold is counted. */
  readonly level: Level;
  readonly mayPreempt: boolean;
  readonly requests: Amounts;
  /** Columns of the resources requested, and how much of each; pods among them. */
  readonly columns: Int32Array;
  readonly amounts: Float64Array;
  /** What it counts as in scores: milli-CPU and bytes of memory. */
  readonly weights: readonly [cpu: number, memory: number];
  readonly devices?: DeviceRequest;
  readonly ports: readonly HostPort[];
  readonly demand: NodeDemand;
  readonly fit: NodeFit;
  readonly relations: PodRelations;
  /** Uid of the owner whose pods are spread over the nodes by default. */
  readonly spreadOwner?: string;
  /** The pod is one of those that all its required affinity terms seek. */
  seeksItself: boolean;
  readonly rules: TopologyRules;
  /** Counters that a pod of this class counts in. */
  readonly counts: { readonly counter: DomainCounter; readonly weight: number }[];
  /** Grows when `rules` do. */
  rulesVersion: number;
  /** How many pods of it are placed. */
  population: number;
}
