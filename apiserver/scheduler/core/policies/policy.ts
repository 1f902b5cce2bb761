import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';

/** Where the pods of a batch go, by their index in the batch. */
export interface Placements {
  /** Node slot; -1: no node takes it. */
  readonly nodes: Int32Array;
  /** Slot of the pod in the cluster, where it counts from now on; -1: it is not placed. */
  readonly pods: Int32Array;
}

export interface BatchOptions {
  /** How often each pod was refused before, by index: who has waited long is not overtaken by newcomers. */
  readonly refusals?: ArrayLike<number>;
  /**
   * Told of each choice as it is made, with what it was about, which is not to be kept: the next choice overwrites it. A pod
   * moved by a later plan is not told of again.
   */
  readonly record?: (index: number, comparison: Comparison) => void;
}

/** How a batch of pending pods is placed: a pure function of the batch and the cluster, in which placed pods count. */
export interface Policy {
  readonly name: string;
  /** `batch`: the classes of the pods, the oldest pod first. */
  place(batch: readonly PodClass[], options?: BatchOptions): Placements;
}

/** What a decision was about: the node that won and the one that would have. The lower cost wins. */
export interface Comparison {
  readonly winner: ScoredNode;
  /** Absent: no other node would have taken it. */
  readonly runnerUp?: ScoredNode | undefined;
}

/** A node's cost and its terms, which add up to it. */
export interface ScoredNode {
  readonly node: number;
  readonly cost: number;
  /** What the pod's own preferences of nodes, and PreferNoSchedule taints, make of it. */
  readonly preferences: number;
  readonly load: number;
  /** Wishes about other pods: affinity, spread. */
  readonly around: number;
  /** How the room is used: balance, tightness, fragmentation, opening another node. */
  readonly room: number;
}

/** Makes a policy for a cluster, of which it may remember what it worked out. */
export interface PolicyKind {
  readonly name: string;
  create(cluster: Cluster): Policy;
}

export const noPlacements = (count: number): Placements => ({
  nodes: new Int32Array(count).fill(-1),
  pods: new Int32Array(count).fill(-1),
});
