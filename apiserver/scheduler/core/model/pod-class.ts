import type { Pod } from '../../../../shared/api/objects';
import type { Amounts } from './amounts';
import type { DeviceRequest } from './device-table';
import type { DomainCounter } from './domain-counter';
import type { HostPort, NodeDemand } from './node-demand';
import type { NodeFit } from './node-fit';
import type { Relating } from './pod-relations';
import type { Level } from './priority-table';

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
export interface PodClass extends Relating {
  readonly id: number;
  /** One of them, for words and rules that look at the whole. */
  readonly example: Pod;
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
