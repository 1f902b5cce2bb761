import type { Pod } from '../../shared/api/objects';
import { isExited, isRunning } from './observed-pod';
import type { ObservedPod } from './observed-pod';
import { initContainersOf, isSidecar } from './pod-outline';
import type { Plan, Step, StopReason } from './step';
import type { ObservedContainer } from '../runtime/runtime';

/** Ends a pod: everything but the sidecars at once, then the sidecars, last declared first; then what is to go, goes. */
export function planStop(
  { pod, observed }: { readonly pod: Pod; readonly observed: ObservedPod },
  how: { readonly graceSeconds: number; readonly leaveRemains: boolean; readonly reason: StopReason },
): Plan {
  const living = observed.containers.filter((container) => isRunning(container));
  if (living.length > 0) return { steps: nextToStop(pod, living).map((container) => stopStep(container, how)) };

  const containers = how.leaveRemains
    ? observed.containers.filter((container) => !isExited(container))
    : observed.containers;
  const steps: Step[] = [
    ...containers.map(({ id }): Step => ({ kind: 'removeContainer', id })),
    ...observed.sandboxes.map(({ id }): Step => ({ kind: 'removeSandbox', id })),
  ];
  if (steps.length === 0 && !how.leaveRemains) return { steps: [{ kind: 'cleanUp' }] };
  return { steps };
}

function nextToStop(pod: Pod, living: readonly ObservedContainer[]): readonly ObservedContainer[] {
  const sidecars = initContainersOf(pod.spec)
    .filter(isSidecar)
    .map((container) => container.name);
  const others = living.filter((container) => !sidecars.includes(container.name));
  if (others.length > 0) return others;
  const lastDeclared = sidecars.reverse().find((name) => living.some((container) => container.name === name));
  return living.filter((container) => container.name === lastDeclared);
}

const stopStep = (
  container: ObservedContainer,
  how: { readonly graceSeconds: number; readonly reason: StopReason },
): Step => ({
  kind: 'stopContainer',
  id: container.id,
  container: container.name,
  reason: how.reason,
  graceSeconds: how.graceSeconds,
});
