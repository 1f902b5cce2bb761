import type { Pod, PodCondition } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';

const LOST = 'NodeLost';

/** Whether it was ready when its node was lost, which has not said anything of it since. */
export const isLost = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, reason }) => type === 'Ready' && reason === LOST);

/** The pod as it is to be shown while nobody can tell how it is; undefined when it is shown so already. */
export function asLost(pod: Pod, nowMs: number): Pod | undefined {
  const conditions = pod.status?.conditions ?? [];
  if (!conditions.some(isReadyNow)) return undefined;
  const lost = conditions.map((condition): PodCondition =>
    isReadyNow(condition)
      ? {
          ...condition,
          status: 'False',
          reason: LOST,
          message: `Node ${pod.spec.nodeName ?? ''} which was running pod ${pod.metadata.name} is unresponsive`,
          lastTransitionTime: toTimestamp(nowMs),
        }
      : condition,
  );
  return { ...pod, status: { ...pod.status, conditions: lost } };
}

const isReadyNow = ({ type, status }: PodCondition): boolean => type === 'Ready' && status === 'True';
