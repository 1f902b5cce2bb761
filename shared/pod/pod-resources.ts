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

/**
 * What a pod takes of a node: its containers and sidecars together, or the most that any init container needs beside the
 * sidecars started before it, whichever is more; plus the pod's overhead (component-helpers/resource.PodRequests).
 */
export const podRequests = (spec: PodSpec): Resources => effective(spec, 'requests');

/** The same for limits. A resource that some container does not limit is only as limited as the others make it. */
export const podLimits = (spec: PodSpec): Resources => effective(spec, 'limits');

function effective(spec: PodSpec, kind: Kind): Resources {
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
  const running = sum(sidecars, ...spec.containers.map((container) => of(container, kind)));
  const overhead = new Map(Object.entries(spec.overhead ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
  return sum(maximum(running, initial), overhead);
}
