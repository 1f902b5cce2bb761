import { resizeObstacle, sameResources, wantedResources } from '../environment/resize';
import { isRunning, latestOf } from '../plan/observed-pod';
import type { PodFacts } from '../plan/plan';
import type { PodEnvironment } from './pod-environment';
import type { PodRecord } from './pod-record';

/** What the pod's containers are to have, and what stands against giving it to those that run with something else. */
export function resizeFacts(
  env: PodEnvironment,
  { pod, observed }: PodRecord,
): Pick<PodFacts, 'resources' | 'resizeObstacle'> {
  const resources = wantedResources(pod, env.node);
  const isBehind = [...resources].some(([name, wanted]) => {
    const latest = latestOf(observed, name);
    return isRunning(latest) && latest?.resources !== undefined && !sameResources(latest.resources, wanted);
  });
  // The other pods are looked at only where it matters.
  const obstacle = isBehind ? resizeObstacle(pod, env.othersOf(pod.metadata.uid), env.node) : undefined;
  return { resources, ...(obstacle === undefined ? {} : { resizeObstacle: obstacle }) };
}
