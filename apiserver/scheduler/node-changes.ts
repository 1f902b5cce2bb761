import type { Node } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';

/** Whether a node changed in something that a filter reads: heartbeats and images do not wake parked pods. */
export function concernsPlacement(now: Node, before: Node): boolean {
  const readiness = (node: Node): string | undefined =>
    node.status?.conditions?.find((condition) => condition.type === 'Ready')?.status;
  return !(
    isSameJson(now.spec, before.spec) &&
    isSameJson(now.metadata.labels, before.metadata.labels) &&
    isSameJson(now.status?.allocatable, before.status?.allocatable) &&
    readiness(now) === readiness(before)
  );
}
