import type { Container, Node, NodeSelectorTerm, Pod } from '../../../../shared/api/objects';
import { milliOf, unitsOf } from '../../../../shared/quantity';

/** What pods ask for and which nodes they want, as Kubernetes' documentation writes it, for the reference. */

type PodAffinityTerm = NonNullable<
  NonNullable<NonNullable<Pod['spec']['affinity']>['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']
>[number];
export type PodTermLike = Pick<PodAffinityTerm, 'labelSelector' | 'namespaces' | 'namespaceSelector'> & {
  readonly topologyKey: string;
  readonly matchLabelKeys?: string[];
};
export type SpreadLike = NonNullable<Pod['spec']['topologySpreadConstraints']>[number];

export const GPU = 'example.com/gpu';

export const labelsOf = (node: Node | undefined): Record<string, string> => node?.metadata.labels ?? {};

export const spreadOf = (pod: Pod, when: string): SpreadLike[] =>
  (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === when);

export function ownerOf(pod: Pod): string | undefined {
  if ((pod.spec.topologySpreadConstraints ?? []).length > 0) return undefined;
  return pod.metadata.ownerReferences?.find(({ kind, controller }) => kind === 'ReplicaSet' && controller === true)
    ?.uid;
}

const number = (name: string, text: string): number => (name === 'cpu' ? milliOf(text) : unitsOf(text));

type Figures = Record<string, number>;

const plus = (one: Figures, other: Figures): Figures =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      (one[name] ?? 0) + (other[name] ?? 0),
    ]),
  );

const larger = (one: Figures, other: Figures): Figures =>
  Object.fromEntries(
    [...new Set([...Object.keys(one), ...Object.keys(other)])].map((name) => [
      name,
      Math.max(one[name] ?? 0, other[name] ?? 0),
    ]),
  );

const figures = (texts: Readonly<Record<string, string>> = {}): Figures =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, number(name, text)]));

/** As the documentation of sidecar containers says it: whatever runs at the same time is added, and the highest moment counts. */
export function requests({ spec }: Pod): Figures {
  const asks = ({ resources }: Container): Figures => figures(resources?.requests);
  const keepsRunning = ({ restartPolicy }: Container): boolean => restartPolicy === 'Always';
  const inits = spec.initContainers ?? [];
  const moments = inits.map((init, at) =>
    [...inits.slice(0, at).filter(keepsRunning), init].map(asks).reduce(plus, {}),
  );
  const running = [...inits.filter(keepsRunning), ...spec.containers].map(asks).reduce(plus, {});
  return plus([running, ...moments].reduce(larger, {}), figures(spec.overhead));
}

export const capacity = (node: Node, name: string): number => number(name, node.status?.allocatable?.[name] ?? '0');

export const weight = (pod: Pod, name: 'cpu' | 'memory'): number =>
  requests(pod)[name] ?? (name === 'cpu' ? 100 : 200 * 1024 * 1024);

export function deviceDemand(pod: Pod): { readonly count: number; readonly milli: number } {
  const whole = requests(pod)[GPU] ?? 0;
  const share = requests(pod)[`${GPU}-milli`] ?? 0;
  if (whole > 0) return { count: whole, milli: 1_000 };
  return share > 0 ? { count: 1, milli: share } : { count: 0, milli: 0 };
}

export function toleratesTaint(pod: Pod, taint: { key: string; value?: string; effect: string }): boolean {
  return (pod.spec.tolerations ?? []).some(
    ({ key, operator, value, effect }) =>
      (effect === undefined || effect === taint.effect) &&
      (key === undefined ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
  );
}

export const toleratesAll = (pod: Pod, node: Node): boolean =>
  (node.spec?.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || toleratesTaint(pod, taint));

export function wants(pod: Pod, node: Node): boolean {
  const terms = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  return (
    Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => labelsOf(node)[key] === value) &&
    (terms === undefined || terms.some((term) => termMatches(term, node)))
  );
}

export function termMatches({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: Node): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const holds = (value: string | undefined, operator: string, values: readonly string[]): boolean => {
    if (operator === 'Exists') return value !== undefined;
    if (operator === 'DoesNotExist') return value === undefined;
    if (operator === 'In') return value !== undefined && values.includes(value);
    if (operator === 'NotIn') return value === undefined || !values.includes(value);
    if (value === undefined || !/^\d+$/.test(value)) return false;
    return operator === 'Gt' ? Number(value) > Number(values[0]) : Number(value) < Number(values[0]);
  };
  return (
    matchExpressions.every(({ key, operator, values = [] }) => holds(labelsOf(node)[key], operator, values)) &&
    matchFields.every(({ operator, values = [] }) => holds(node.metadata.name, operator, values))
  );
}
