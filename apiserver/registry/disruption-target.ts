import type { Pod, PodCondition } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { observedGeneration } from './observed-generation';

/** The pod with the condition that says why it is about to be taken away. */
export function asDisruptionTarget(
  pod: Pod,
  why: { readonly reason: string; readonly message: string },
  nowMs: number,
): Pod {
  const conditions = pod.status?.conditions ?? [];
  const before = conditions.find(({ type }) => type === 'DisruptionTarget');
  const since = before?.status === 'True' ? before.lastTransitionTime : undefined;
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    ...why,
    lastTransitionTime: since ?? toTimestamp(nowMs),
    ...observedGeneration(pod.metadata),
  };
  return {
    ...pod,
    status: { ...pod.status, conditions: [...conditions.filter(({ type }) => type !== 'DisruptionTarget'), condition] },
  };
}
