import type { Container, Pod } from '../../shared/api/objects';
import { podRequests } from '../../shared/pod/pod-resources';
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

/** Why containers that run cannot be given what their pod asks for now, as Kubernetes calls it. */
export interface ResizeObstacle {
  /** Never on this node; or not while its other pods ask for what they do. */
  readonly reason: 'Infeasible' | 'Deferred';
  readonly message: string;
}

/** Undefined where the node has room for what the pod asks for, beside its `others`. */
export function resizeObstacle(pod: Pod, others: readonly Pod[], node: NodeSize): ResizeObstacle | undefined {
  const capacities = { cpu: node.cpuMilli, memory: node.memoryBytes * 1000 };
  for (const [name, capacity] of Object.entries(capacities)) {
    const amount = (milli: number): number => (name === 'cpu' ? milli : milli / 1000);
    const requested = requestedMilli(pod, name);
    const used = others.reduce((sum, other) => sum + requestedMilli(other, name), 0);
    const figures = `${name}, requested: ${amount(requested)}`;
    if (requested > capacity)
      return {
        reason: 'Infeasible',
        message: `Node didn't have enough capacity: ${figures}, capacity: ${amount(capacity)}`,
      };
    if (requested + used > capacity)
      return {
        reason: 'Deferred',
        message: `Node didn't have enough resource: ${figures}, used: ${amount(used)}, capacity: ${amount(capacity)}`,
      };
  }
  return undefined;
}

function requestedMilli({ spec }: Pod, name: string): number {
  const quantity = podRequests(spec).get(name);
  return quantity === undefined ? 0 : milliOf(formatQuantity(quantity));
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
