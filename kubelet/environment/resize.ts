import type { Container, Pod } from '../../shared/api/objects';
import { podRequests } from '../../shared/pod/pod-resources';
import type { Quantity } from '../../shared/quantity';
import { formatQuantity } from '../../shared/quantity';
import { initContainersOf, isSidecar } from '../plan/pod-outline';
import type { AdjustableResources } from '../runtime/runtime';
import { milliOf } from './quantity';
import { resourcesOf } from './resources';

type NodeSize = { readonly cpuMilli: number; readonly memoryBytes: number; readonly pidsLimit: number };

/** What every container of the pod that lasts is to have, by name. */
export function wantedResources(pod: Pod, node: NodeSize): ReadonlyMap<string, AdjustableResources> {
  const lasting = [...initContainersOf(pod.spec).filter(isSidecar), ...pod.spec.containers];
  return new Map(lasting.map((container) => [container.name, adjustable(pod, container, node)]));
}

function adjustable(pod: Pod, container: Container, node: NodeSize): AdjustableResources {
  const { pidsLimit: _p, oomScoreAdj: _o, ...resources } = resourcesOf(pod, container, node);
  return resources;
}

/** Why the node is too small for what the pod asks for; undefined where it is not. */
export function infeasibleRequest(pod: Pod, node: NodeSize): string | undefined {
  const requests = podRequests(pod.spec);
  const milli = (quantity: Quantity | undefined): number =>
    quantity === undefined ? 0 : milliOf(formatQuantity(quantity));
  const capacities = { cpu: node.cpuMilli, memory: node.memoryBytes * 1000 };
  for (const [name, capacity] of Object.entries(capacities)) {
    const requested = milli(requests.get(name));
    const inUnits = (amount: number): number => (name === 'cpu' ? amount : amount / 1000);
    if (requested > capacity)
      return `Node didn't have enough capacity: ${name}, requested: ${inUnits(requested)}, capacity: ${inUnits(capacity)}`;
  }
  return undefined;
}

export const sameResources = (one: AdjustableResources, other: AdjustableResources): boolean =>
  one.cpuShares === other.cpuShares &&
  one.cpuLimitMilli === other.cpuLimitMilli &&
  one.memoryLimitBytes === other.memoryLimitBytes;

/** Whether what changes of a container takes effect only when it starts anew, by its resizePolicy. */
export function needsRestart(container: Container, before: AdjustableResources, after: AdjustableResources): boolean {
  const restarts = (resourceName: string): boolean =>
    (container.resizePolicy ?? []).some(
      (policy) => policy.resourceName === resourceName && policy.restartPolicy === 'RestartContainer',
    );
  const hasCpuChanged = before.cpuShares !== after.cpuShares || before.cpuLimitMilli !== after.cpuLimitMilli;
  return (
    (hasCpuChanged && restarts('cpu')) || (before.memoryLimitBytes !== after.memoryLimitBytes && restarts('memory'))
  );
}
