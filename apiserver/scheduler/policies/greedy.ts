import type { Pod } from '../../../shared/api/objects';
import type { ClusterState, NodeState } from '../cluster-state';
import { filters } from '../filters/filters';
import type { Resources } from '../resources';
import { dominantShare, sumOf, weightsOf } from '../resources';
import type { Decision, Exclusion, Policy } from './policy';

const priorityOf = (pod: Pod): number => pod.spec.priority ?? 0;

/** Compares by one figure, highest first. */
const highestFirst =
  (figure: (pod: Pod) => number) =>
  (a: Pod, b: Pod): number =>
    figure(b) - figure(a);

const inOrderOf =
  (...rules: ((a: Pod, b: Pod) => number)[]) =>
  (a: Pod, b: Pod): number => {
    for (const rule of rules) {
      const order = rule(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };

const oldestFirst = (a: Pod, b: Pod): number =>
  a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) ||
  `${a.metadata.namespace}/${a.metadata.name}`.localeCompare(`${b.metadata.namespace}/${b.metadata.name}`);

/**
 * Greedy by dominant resource: the pod with the biggest dominant share of the cluster first, equals by priority, each
 * on the node whose dominant share stays lowest.
 *
 * That order alone would let a big pod of low priority take what a small one of high priority needs. So when something
 * of the batch stays pending although the batch mixes priorities, it is placed again by priority first: then a pod can
 * only be refused because of what was there before, or of its equals and betters.
 */
export const greedy: Policy = {
  name: 'greedy',
  place(batch, state) {
    const total = sumOf(state.nodes().map((each) => each.allocatable));
    const shares = new Map(
      batch.map((pod) => [pod.metadata.uid, dominantShare(weightsOf(state.requestsOf(pod)), total)]),
    );
    const bySize = highestFirst((pod) => shares.get(pod.metadata.uid) ?? 0);
    const byPriority = highestFirst(priorityOf);

    const decisions = placeInOrder([...batch].sort(inOrderOf(bySize, byPriority, oldestFirst)), state);
    if (!invertsPriority(decisions)) return decisions;

    for (const decision of decisions) state.forget(decision.pod.metadata.uid);
    return placeInOrder([...batch].sort(inOrderOf(byPriority, bySize, oldestFirst)), state);
  },
};

/** Whether a pod stays pending while one of lower priority was placed. */
function invertsPriority(decisions: readonly Decision[]): boolean {
  let lowestPlaced = Infinity;
  let highestPending = -Infinity;
  for (const { pod, nodeName } of decisions) {
    if (nodeName === undefined) highestPending = Math.max(highestPending, priorityOf(pod));
    else lowestPlaced = Math.min(lowestPlaced, priorityOf(pod));
  }
  return lowestPlaced < highestPending;
}

function placeInOrder(pods: readonly Pod[], state: ClusterState): Decision[] {
  const nodes = state.nodes();
  return pods.map((pod) => {
    const decision = decide(pod, state.requestsOf(pod), nodes);
    if (decision.nodeName !== undefined) state.assume(pod, decision.nodeName);
    return decision;
  });
}

function decide(pod: Pod, requests: Resources, nodes: readonly NodeState[]): Decision {
  const exclusions: Exclusion[] = [];
  const weights = weightsOf(requests);
  let best: { readonly name: string; readonly share: number; readonly pods: number } | undefined;
  for (const state of nodes) {
    const exclusion = exclude(pod, requests, state);
    if (exclusion !== undefined) {
      exclusions.push(exclusion);
      continue;
    }
    const share = shareAfter(state, weights);
    const better = best === undefined || share < best.share || (share === best.share && state.pods.size < best.pods);
    if (better) best = { name: state.node.metadata.name, share, pods: state.pods.size };
  }
  return best === undefined ? { pod, exclusions } : { pod, nodeName: best.name };
}

function exclude(pod: Pod, requests: Resources, state: NodeState): Exclusion | undefined {
  for (const filter of filters) {
    const refusal = filter.check(pod, state, requests);
    if (refusal !== undefined) return { ...refusal, filter, nodeName: state.node.metadata.name };
  }
  return undefined;
}

/** Dominant share of the node in use once a pod of these weights runs there. */
const shareAfter = (state: NodeState, weights: Resources): number =>
  dominantShare(sumOf([state.weight, weights]), state.allocatable);
