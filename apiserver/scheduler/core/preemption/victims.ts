import { constraints } from '../constraints/constraints';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';

/** A disruption budget: how many more of its pods may go. */
export interface Budget {
  readonly allowed: number;
}

export interface PreemptionOptions {
  /** The budgets that a pod is under, by its slot. */
  readonly budgetsOf?: (pod: number) => readonly Budget[];
  /** When a pod started, by its slot: of equals, those that started last go. */
  readonly startedAt?: (pod: number) => number;
  /** Pods that must stay. */
  readonly isProtected?: (pod: number) => boolean;
}

/** Pods to evict from a node so that another fits there. */
export interface Preemption {
  readonly node: number;
  readonly victims: readonly number[];
  /** How many of them their budgets would have kept. */
  readonly violations: number;
}

/** Of the nodes that look cheapest, so many are looked at closely. */
const CLOSE_LOOKS = 32;

/**
 * The cheapest way to make room for a pod by evicting pods of lower priority, by kube-scheduler's order: fewest broken
 * budgets, lowest highest priority, lowest sum of priorities, fewest pods, latest start. Undefined: there is none.
 * The cluster is left as it was.
 */
export function findPreemption(
  cluster: Cluster,
  podClass: PodClass,
  options: PreemptionOptions = {},
): Preemption | undefined {
  let best: (Preemption & { readonly rank: readonly number[] }) | undefined;
  for (const node of promisingNodes(cluster, podClass)) {
    const found = victimsOn(cluster, podClass, node, options);
    if (found === undefined) continue;
    const rank = rankOf(cluster, found, options);
    if (best === undefined || isLower(rank, best.rank)) best = { ...found, rank };
  }
  return best;
}

const priorityOf = (cluster: Cluster, pod: number): number => cluster.classOfPod(pod).priority;

/** Nodes that only pods of lower priority stand in the way of, those with the least important ones first. */
function promisingNodes(cluster: Cluster, podClass: PodClass): readonly number[] {
  const incurable = constraints.filter((each) => !each.curedByPreemption && each.concerns(podClass));
  const promising: { readonly node: number; readonly level: number }[] = [];
  for (const [, node] of cluster.nodes.names()) {
    if (!podClass.fit.allows(node)) continue;
    const level = levelNeeded(cluster, podClass, node);
    if (level === undefined || !incurable.every((each) => each.allows(podClass, node, cluster))) continue;
    promising.push({ node, level });
  }
  return promising
    .sort((a, b) => a.level - b.level || a.node - b.node)
    .slice(0, CLOSE_LOOKS)
    .map(({ node }) => node);
}

/** The priority up to which pods would have to go for the resources to suffice; undefined: all would not do. */
function levelNeeded(cluster: Cluster, podClass: PodClass, node: number): number | undefined {
  const { columns, amounts, priority } = podClass;
  const { priorities, nodes } = cluster;
  const missing = Float64Array.from(
    columns,
    (column, index) => (amounts[index] ?? 0) - (nodes.free[column]?.[node] ?? 0),
  );
  let level = -Infinity;
  let isPossible = podClass.devices !== undefined || podClass.ports.length > 0;
  for (const each of priorities.below(priority)) {
    if (priorities.countOn(each, node) === 0) continue;
    isPossible = true;
    if (missing.every((amount) => amount <= 0)) break;
    level = each;
    for (let index = 0; index < columns.length; index++) {
      missing[index] = (missing[index] ?? 0) - priorities.heldBy(each, columns[index] ?? 0, node);
    }
  }
  return isPossible && missing.every((amount) => amount <= 0) ? level : undefined;
}

/** Takes all of lower priority away, and gives back as many as can stay, the most important first. */
function victimsOn(
  cluster: Cluster,
  podClass: PodClass,
  node: number,
  { budgetsOf = () => [], startedAt = () => 0, isProtected = () => false }: PreemptionOptions,
): Preemption | undefined {
  const concerned = constraints.filter((each) => each.concerns(podClass));
  const fits = (): boolean => concerned.every((each) => each.allows(podClass, node, cluster));
  const candidates = [...cluster.pods.on(node)].filter(
    (pod) => priorityOf(cluster, pod) < podClass.priority && !isProtected(pod),
  );
  if (candidates.length === 0) return undefined;
  candidates.sort((a, b) => priorityOf(cluster, b) - priorityOf(cluster, a) || startedAt(a) - startedAt(b));
  const used = new Map<Budget, number>();
  const broken = new Set<number>();
  for (const pod of candidates) {
    for (const budget of budgetsOf(pod)) {
      const count = (used.get(budget) ?? 0) + 1;
      used.set(budget, count);
      if (count > budget.allowed) broken.add(pod);
    }
  }
  for (const pod of candidates) cluster.suspend(pod);
  const victims: number[] = [];
  const isPossible = fits();
  // Those whose budget would be broken are spared first, then the more important ones.
  for (const pod of [
    ...candidates.filter((each) => broken.has(each)),
    ...candidates.filter((each) => !broken.has(each)),
  ]) {
    cluster.resume(pod);
    if (!isPossible || fits()) continue;
    cluster.suspend(pod);
    victims.push(pod);
  }
  for (const pod of victims) cluster.resume(pod);
  if (!isPossible || victims.length === 0) return undefined;
  return { node, victims, violations: victims.filter((pod) => broken.has(pod)).length };
}

function rankOf(
  cluster: Cluster,
  { victims, violations }: Preemption,
  { startedAt = () => 0 }: PreemptionOptions,
): readonly number[] {
  const priorities = victims.map((pod) => priorityOf(cluster, pod));
  const highest = Math.max(...priorities);
  const starts = victims.filter((pod) => priorityOf(cluster, pod) === highest).map(startedAt);
  return [violations, highest, priorities.reduce((sum, each) => sum + each, 0), victims.length, -Math.min(...starts)];
}

function isLower(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
