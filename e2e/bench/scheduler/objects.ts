import type { Node, Pod } from '../../../shared/api/objects';

const metadata = (name: string) => ({
  name,
  uid: name,
  resourceVersion: '1',
  creationTimestamp: '2026-01-01T00:00:00Z',
});

/** A ready node with these amounts, in Kubernetes' notation. */
export function benchNode(
  name: string,
  allocatable: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>> = {},
): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { ...metadata(name), labels: { 'kubernetes.io/hostname': name, ...labels } },
    spec: {},
    status: { allocatable: { ...allocatable }, conditions: [{ type: 'Ready', status: 'True' }] },
  };
}

/** A pending pod of one container with these requests. */
export function benchPod(
  name: string,
  requests: Readonly<Record<string, string>>,
  more: { readonly labels?: Readonly<Record<string, string>>; readonly spec?: Partial<Pod['spec']> } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata(name), namespace: 'default', labels: { ...more.labels } },
    spec: { containers: [{ name: 'app', resources: { requests: { ...requests } } }], ...more.spec },
  };
}

/** The same items in an order drawn from `next`. */
export function shuffled<T>(items: readonly T[], next: () => number): T[] {
  const result = [...items];
  for (let last = result.length - 1; last > 0; last--) {
    const other = Math.floor(next() * (last + 1));
    [result[last], result[other]] = [result[other] as T, result[last] as T];
  }
  return result;
}
