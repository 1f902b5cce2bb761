import type { DaemonSet, Pod } from '../../../shared/api/objects';
import { isReady } from '../workloads/pod-state';
import type { NodePods } from './node-pods';
import { isOfRevision } from './node-pods';

/** The figures of a set, of each node those of the pod that counts there; pods on their way out count as long as they are there. */
export function daemonStatus(
  set: DaemonSet,
  nodes: readonly NodePods[],
  { hash, isAvailable }: { readonly hash: string; readonly isAvailable: (pod: Pod) => boolean },
): NonNullable<DaemonSet['status']> {
  const wanted = nodes.filter(({ shouldRun }) => shouldRun);
  const counted = wanted.flatMap(({ pods: [first] }) => first ?? []);
  const available = counted.filter(isAvailable).length;
  const updated = counted.filter((pod) => isOfRevision(pod, hash)).length;
  return {
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
    currentNumberScheduled: counted.length,
    numberMisscheduled: nodes.filter(({ shouldRun, pods }) => !shouldRun && pods.length > 0).length,
    desiredNumberScheduled: wanted.length,
    numberReady: counted.filter(isReady).length,
    observedGeneration: set.metadata.generation ?? 0,
    ...(updated === 0 ? {} : { updatedNumberScheduled: updated }),
    ...(available === 0 ? {} : { numberAvailable: available }),
    ...(wanted.length === available ? {} : { numberUnavailable: wanted.length - available }),
  };
}
