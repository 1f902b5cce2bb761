import type { Pod } from '../../../shared/api/objects';
import { isReady, readySinceMs } from './pod-state';

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const PHASES = ['Pending', 'Unknown', 'Running'];

/**
 * The pods in the order in which they are given up (ActivePodsWithRanks of kubernetes/pkg/controller): unscheduled
 * before scheduled, pending before running, unready before ready, cheap before costly, crowded nodes before empty ones,
 * short ready before long ready, often restarted before rarely, young before old. Beyond Kubernetes, what is ready but not
 * yet available goes before what is available: a rollout that gives up pods that serve nobody yet means those.
 */
export function inDeletionOrder(pods: readonly Pod[], isAvailable: (pod: Pod) => boolean = isReady): readonly Pod[] {
  const perNode = new Map<string, number>();
  for (const pod of pods) perNode.set(nodeOf(pod), (perNode.get(nodeOf(pod)) ?? 0) + 1);
  const criteria: readonly ((pod: Pod) => number)[] = [
    (pod) => (nodeOf(pod) === '' ? 0 : 1),
    ({ status }) => PHASES.indexOf(status?.phase ?? 'Pending'),
    (pod) => (isReady(pod) ? 1 : 0),
    (pod) => (isAvailable(pod) ? 1 : 0),
    costOf,
    (pod) => -(perNode.get(nodeOf(pod)) ?? 0),
    (pod) => -(readySinceMs(pod) ?? 0),
    (pod) => -restartsOf(pod),
    ({ metadata }) => -Date.parse(metadata.creationTimestamp),
  ];
  return [...pods].sort((a, b) => {
    for (const criterion of criteria) {
      const difference = criterion(a) - criterion(b);
      if (difference !== 0) return difference;
    }
    return a.metadata.name < b.metadata.name ? -1 : 1;
  });
}

const nodeOf = ({ spec }: Pod): string => spec.nodeName ?? '';
const restartsOf = ({ status }: Pod): number =>
  (status?.containerStatuses ?? []).reduce((most, { restartCount }) => Math.max(most, restartCount), 0);

function costOf({ metadata }: Pod): number {
  const text = metadata.annotations?.[DELETION_COST] ?? '0';
  return /^-?\d{1,10}$/.test(text) ? Number(text) : 0;
}
