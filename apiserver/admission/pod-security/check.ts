import type { Container, ObjectMeta, PodSpec } from '../../../shared/api/objects';

/** What one rule has against a pod: shortly, and in detail. */
export interface Finding {
  readonly reason: string;
  readonly detail: string;
}

/** One rule of a standard. `minor` is the version of Kubernetes by whose standard the pod is judged. */
export interface Check {
  readonly id: string;
  /** The first minor version whose standard has it. */
  readonly since: number;
  /** The rule of the milder standard that this one makes superfluous. */
  readonly replaces?: string;
  readonly check: (
    spec: PodSpec,
    context: { readonly metadata: ObjectMeta; readonly minor: number },
  ) => Finding | undefined;
}

/** In the order in which Kubernetes names them. */
export const containersOf = (spec: PodSpec): readonly Container[] => [
  ...(spec.initContainers ?? []),
  ...spec.containers,
  ...((spec.ephemeralContainers ?? []) as Container[]),
];

export const quoted = (items: readonly string[]): string => items.map((item) => `"${item}"`).join(', ');
export const plural = (one: string, many: string, items: readonly unknown[]): string =>
  items.length === 1 ? one : many;
export const sorted = (items: Iterable<string>): string[] => [...new Set(items)].sort();

/** `container "a"`, `containers "a", "b"`. */
export const namedContainers = (containers: readonly Container[]): string =>
  `${plural('container', 'containers', containers)} ${quoted(containers.map(({ name }) => name))}`;

/** `pod and containers "a", "b"`: who set something. */
export const setters = (podSets: boolean, containers: readonly Container[]): string =>
  [...(podSets ? ['pod'] : []), ...(containers.length === 0 ? [] : [namedContainers(containers)])].join(' and ');
