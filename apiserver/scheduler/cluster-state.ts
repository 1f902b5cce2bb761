import type { Node, Pod } from '../../shared/api/objects';
import type { Resources } from './resources';
import { addInto, allocatableOf, PodRequests, subtractFrom, weightsOf } from './resources';

/** A node with what runs or is bound there. */
export interface NodeState {
  readonly node: Node;
  readonly allocatable: Resources;
  /** Sum of the requests of `pods`. */
  readonly requested: Resources;
  /** The same with pods that request nothing counted as small ones, for scores. */
  readonly weight: Resources;
  /** By uid. */
  readonly pods: ReadonlyMap<string, Pod>;
}

interface MutableNodeState extends NodeState {
  requested: Map<string, number>;
  weight: Map<string, number>;
  pods: Map<string, Pod>;
}

export const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';

/** Whether a pod waits for a node from a scheduler of this name. */
export const isPending = (pod: Pod, schedulerName: string): boolean =>
  (pod.spec.nodeName ?? '') === '' &&
  pod.metadata.deletionTimestamp === undefined &&
  !isTerminal(pod) &&
  (pod.spec.schedulingGates?.length ?? 0) === 0 &&
  (pod.spec.schedulerName ?? 'default-scheduler') === schedulerName;

/**
 * The scheduler's picture of the cluster, kept up change by change. Policies place pods into it tentatively
 * (`assume`), and what was not bound in the end is taken back (`forget`).
 */
export class ClusterState {
  private readonly states = new Map<string, MutableNodeState>();
  /** Pods bound to a node that is not known (yet). */
  private readonly homeless = new Map<string, Pod>();
  /** Node name by pod uid. */
  private readonly placedOn = new Map<string, string>();
  private readonly requests = new PodRequests();

  requestsOf(pod: Pod): Resources {
    return this.requests.of(pod);
  }

  /** In order of their names, so that decisions do not depend on arrival order. */
  nodes(): readonly NodeState[] {
    return [...this.states.values()].sort((a, b) => (a.node.metadata.name < b.node.metadata.name ? -1 : 1));
  }

  setNode(node: Node): void {
    const name = node.metadata.name;
    const old = this.states.get(name);
    this.states.set(name, {
      node,
      allocatable: allocatableOf(node),
      requested: old?.requested ?? new Map(),
      weight: old?.weight ?? new Map(),
      pods: old?.pods ?? new Map(),
    });
    if (old !== undefined) return;
    for (const [uid, pod] of this.homeless) {
      if (pod.spec.nodeName !== name) continue;
      this.homeless.delete(uid);
      this.assume(pod, name);
    }
  }

  removeNode(name: string): void {
    const state = this.states.get(name);
    if (state === undefined) return;
    this.states.delete(name);
    for (const pod of state.pods.values()) {
      this.placedOn.delete(pod.metadata.uid);
      this.homeless.set(pod.metadata.uid, pod);
    }
  }

  /** Takes note of a pod as it is in the store: it counts on its node until it has ended. */
  setPod(pod: Pod): void {
    this.removePod(pod.metadata.uid);
    if ((pod.spec.nodeName ?? '') === '' || isTerminal(pod)) return;
    this.assume(pod, pod.spec.nodeName ?? '');
  }

  removePod(uid: string): void {
    this.homeless.delete(uid);
    this.forget(uid);
  }

  /** Counts the pod on that node. */
  assume(pod: Pod, nodeName: string): void {
    const state = this.states.get(nodeName);
    if (state === undefined) {
      this.homeless.set(pod.metadata.uid, pod);
      return;
    }
    state.pods.set(pod.metadata.uid, pod);
    const requests = this.requestsOf(pod);
    addInto(state.requested, requests);
    addInto(state.weight, weightsOf(requests));
    this.placedOn.set(pod.metadata.uid, nodeName);
  }

  /** Takes an assumed pod back. */
  forget(uid: string): void {
    const nodeName = this.placedOn.get(uid);
    if (nodeName === undefined) return;
    this.placedOn.delete(uid);
    const state = this.states.get(nodeName);
    const pod = state?.pods.get(uid);
    if (state === undefined || pod === undefined) return;
    state.pods.delete(uid);
    const requests = this.requestsOf(pod);
    subtractFrom(state.requested, requests);
    subtractFrom(state.weight, weightsOf(requests));
  }
}
