import type { Container, PodSpec } from '../api/objects';
import type { Quantity } from '../quantity';
import { addQuantities, compareQuantities, parseQuantity } from '../quantity';

export type ResourceQuantities = ReadonlyMap<string, Quantity>;

const ofContainer = (container: Container, field: 'requests' | 'limits'): ResourceQuantities =>
  new Map(Object.entries(container.resources?.[field] ?? {}).map(([name, text]) => [name, parseQuantity(text)]));

function sum(a: ResourceQuantities, b: ResourceQuantities): ResourceQuantities {
  const total = new Map(a);
  for (const [name, amount] of b) {
    const there = total.get(name);
    total.set(name, there === undefined ? amount : addQuantities(there, amount));
  }
  return total;
}

function largest(a: ResourceQuantities, b: ResourceQuantities): ResourceQuantities {
  const result = new Map(a);
  for (const [name, amount] of b) {
    const there = result.get(name);
    if (there === undefined || compareQuantities(amount, there) > 0) result.set(name, amount);
  }
  return result;
}

/**
 * What a pod takes of a node, by resource name. The app containers run together; each init container runs alone beside
 * the sidecars (restartPolicy Always) started before it; the larger of both phases counts, plus the pod's overhead.
 * Rule: k8s.io/component-helpers/resource PodRequests. Throws QuantityError for a malformed quantity.
 */
export function podRequests(spec: PodSpec): ResourceQuantities {
  let sidecars: ResourceQuantities = new Map();
  let initialising: ResourceQuantities = new Map();
  for (const container of spec.initContainers ?? []) {
    const own = ofContainer(container, 'requests');
    if (container.restartPolicy === 'Always') {
      sidecars = sum(sidecars, own);
      initialising = largest(initialising, sidecars);
    } else {
      initialising = largest(initialising, sum(sidecars, own));
    }
  }
  const running = spec.containers.map((each) => ofContainer(each, 'requests')).reduce(sum, sidecars);
  const overhead = new Map(Object.entries(spec.overhead ?? {}).map(([name, text]) => [name, parseQuantity(text)]));
  return sum(largest(running, initialising), overhead);
}
