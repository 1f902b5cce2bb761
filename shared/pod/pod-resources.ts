import type { Container, PodSpec } from '../api/objects';
import type { Quantity } from '../quantity';
import { addQuantities, compareQuantities, parseQuantity } from '../quantity';

export type Resources = ReadonlyMap<string, Quantity>;
type Kind = 'requests' | 'limits';

export const isSidecar = (container: Container): boolean =>
  (container as { restartPolicy?: string }).restartPolicy === 'Always';

const of = (container: Container, kind: Kind): Resources =>
  new Map(Object.entries(container.resources?.[kind] ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

function sum(...all: readonly Resources[]): Resources {
  const total = new Map<string, Quantity>();
  for (const resources of all) {
    for (const [name, quantity] of resources) {
      const before = total.get(name);
      total.set(name, before === undefined ? quantity : addQuantities(before, quantity));
    }
  }
  return total;
}

function maximum(a: Resources, b: Resources): Resources {
  const result = new Map(a);
  for (const [name, quantity] of b) {
    const other = result.get(name);
    if (other === undefined || compareQuantities(quantity, other) > 0) result.set(name, quantity);
  }
  return result;
}

/** Resources that a pod may ask for as a whole, beside what its containers ask for (KEP 2837). */
export const isPodLevelResource = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-');

/** What the pod itself asks for, not its containers; empty for most. */
export const podLevelAmounts = (spec: PodSpec, kind: Kind): readonly (readonly [name: string, amount: string])[] =>
  Object.entries(spec.resources?.[kind] ?? {}).filter(([name]) => isPodLevelResource(name));

/** The same of one resource; undefined where the pod itself does not ask for it. */
export const podLevelAmount = (spec: PodSpec, kind: Kind, name: string): string | undefined =>
  isPodLevelResource(name) ? spec.resources?.[kind]?.[name] : undefined;

export const hasPodLevelResources = (spec: PodSpec): boolean =>
  podLevelAmounts(spec, 'requests').length > 0 || podLevelAmounts(spec, 'limits').length > 0;

/**
 * What a pod takes of a node: what it asks for as a whole, or what its containers do together; plus its overhead
 * (component-helpers/resource.PodRequests).
 */
export const podRequests = (spec: PodSpec): Resources => sum(ofPod(spec, 'requests'), overheadOf(spec));

/** The same for limits. A resource that some container does not limit is only as limited as the others make it. */
export function podLimits(spec: PodSpec): Resources {
  const limits = ofPod(spec, 'limits');
  const overhead = [...overheadOf(spec)].filter(([name]) => (limits.get(name)?.nanos ?? 0n) > 0n);
  return sum(limits, new Map(overhead));
}

function ofPod(spec: PodSpec, kind: Kind): Resources {
  const own = podLevelAmounts(spec, kind);
  const together = containerTotal(spec, kind);
  return own.length === 0
    ? together
    : new Map([...together, ...own.map(([name, text]) => [name, parseQuantity(text)] as const)]);
}

const overheadOf = (spec: PodSpec): Resources =>
  new Map(Object.entries(spec.overhead ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

/**
 * What the containers of a pod ask for: those that run side by side together, or the most that any init container needs beside
 * the sidecars started before it, whichever is more (component-helpers/resource.AggregateContainerRequests).
 */
export function containerTotal(spec: PodSpec, kind: Kind): Resources {
  let sidecars: Resources = new Map();
  let initial: Resources = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = of(container, kind);
    if (isSidecar(container)) {
      sidecars = sum(sidecars, own);
      initial = maximum(initial, sidecars);
    } else {
      initial = maximum(initial, sum(sidecars, own));
    }
  }
  const running = sum(
    sidecars,
    ...((spec.containers as Container[] | undefined) ?? []).map((container) => of(container, kind)),
  );
  return maximum(running, initial);
}
