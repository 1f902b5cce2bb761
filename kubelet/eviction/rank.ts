import type { Pod } from '../../shared/api/objects';
import { formatQuantity, unitsOf } from '../../shared/quantity';
import { podRequests } from '../../shared/pod/pod-resources';
import type { Signal } from './thresholds';

/** A pod that runs, with what it uses of what its node is short of. */
export interface Candidate {
  readonly pod: Pod;
  readonly usage: number;
}

/** From here on a pod keeps the node itself going: it is never evicted. */
export const CRITICAL_PRIORITY = 2_000_000_000;

/** By which request of a pod its use is measured; undefined: nobody asks for it. */
const REQUESTED: Readonly<Record<Signal, string | undefined>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': undefined,
  'pid.available': undefined,
};

export function requestOf({ spec }: Pod, signal: Signal): number {
  const name = REQUESTED[signal];
  const quantity = name === undefined ? undefined : podRequests(spec).get(name);
  return quantity === undefined ? 0 : unitsOf(formatQuantity(quantity));
}

/**
 * Who goes first, as Kubernetes has it (kubelet/eviction/helpers.go): those that use more than they asked for before
 * all others, then the less important, then those that are furthest above their request.
 */
export function rankForEviction<T extends Candidate>(candidates: readonly T[], signal: Signal): readonly T[] {
  const excess = ({ pod, usage }: Candidate): number => usage - requestOf(pod, signal);
  const priority = ({ pod }: Candidate): number => pod.spec.priority ?? 0;
  return candidates
    .filter((candidate) => priority(candidate) < CRITICAL_PRIORITY)
    .sort(
      (a, b) => Number(excess(b) > 0) - Number(excess(a) > 0) || priority(a) - priority(b) || excess(b) - excess(a),
    );
}
