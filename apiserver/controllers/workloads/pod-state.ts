import type { Pod, PodCondition } from '../../../shared/api/objects';

/** Whether a pod still counts: it has not ended and is not being deleted. */
export const isActive = ({ metadata, status }: Pod): boolean =>
  metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

const readyCondition = ({ status }: Pod): PodCondition | undefined =>
  (status?.conditions ?? []).find(({ type }) => type === 'Ready');

export const isReady = (pod: Pod): boolean => readyCondition(pod)?.status === 'True';

/** Since when a pod is ready; undefined while it is not. */
export function readySinceMs(pod: Pod): number | undefined {
  const condition = readyCondition(pod);
  if (condition?.status !== 'True' || condition.lastTransitionTime === undefined) return undefined;
  return Date.parse(condition.lastTransitionTime);
}

/** How long it takes until a pod is available (ready for `minReadySeconds`): 0 when it is, undefined while it is not ready. */
export function availableInMs(pod: Pod, minReadySeconds: number, nowMs: number): number | undefined {
  if (!isReady(pod)) return undefined;
  if (minReadySeconds === 0) return 0;
  return Math.max(0, (readySinceMs(pod) ?? nowMs) + minReadySeconds * 1_000 - nowMs);
}
