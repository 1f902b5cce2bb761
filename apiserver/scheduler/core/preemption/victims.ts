import { constraints } from '../constraints/constraints';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import { PromisingNodes } from './promising-nodes';

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
  /** What is said above, as far as it does not follow from the node's pods; another text, other answers. */
  readonly version?: string;
}

/** Pods to evict from a node so that another fits there. */
export interface Preemption {
  readonly node: number;
  readonly victims: readonly number[];
  /** How many of them their budgets would have kept. */
  readonly violations: number;
}

/** Of the nodes that look cheapest, so many are looked at closely; more as long as none will do without breaking a budget. */
const CLOSE_LOOKS = 16;
const MORE_LOOKS = 4;
/** Classes for which promising nodes are remembered. */
const KEPT_CLASSES = 200;

/** Pods that could go, those that would stay if there is room for some of them first. */
interface Candidates {
  readonly pods: readonly number[];
  /** Those whose budget would be broken. */
  readonly broken: ReadonlySet<number>;
}

/** What came of looking at a node closely. */
interface Look {
  /** Position of the node's last change then. */
  readonly at: number;
  readonly found: Preemption | undefined;
  /** The lower wins, figure by figure. */
  readonly rank: readonly number[];
}

/** Finds room for important pods. Remembers what it worked out from one search to the next. */
export class PreemptionFinder {
  private readonly promising = new Map<PodClass, PromisingNodes>();
  /** What close looks found, by class and node, as long as the node does not change. */
  private looks = new Map<PodClass, Map<number, Look>>();
  private version: string | undefined;
  /** Where the changes ended when nothing was found for a class: as long as nothing changes nothing will be. */
  private hopeless = new WeakMap<PodClass, number>();

  constructor(private readonly cluster: Cluster) {}

  /**
   * The cheapest way to make room for a pod by evicting pods of lower priority, by kube-scheduler's order: fewest
   * broken budgets, lowest highest priority, lowest sum of priorities, fewest pods, latest start. Undefined: there is
   * none. The cluster is left as it was.
   */
  find(podClass: PodClass, options: PreemptionOptions = {}): Preemption | undefined {
    if (this.version !== options.version) {
      this.looks.clear();
      this.hopeless = new WeakMap();
    }
    this.version = options.version;
    const { changes } = this.cluster;
    if (this.hopeless.get(podClass) === changes.end) return undefined;
    let best: Look | undefined;
    let looked = 0;
    for (let count = CLOSE_LOOKS; (best?.found?.violations ?? 1) > 0; count *= MORE_LOOKS) {
      const nodes = this.promisingFor(podClass).first(count);
      for (const node of nodes.slice(looked)) {
        const look = this.lookAt(podClass, node, options);
        if (look.found !== undefined && (best === undefined || isLower(look.rank, best.rank))) best = look;
      }
      if (nodes.length < count) break;
      looked = nodes.length;
    }
    if (best === undefined) this.hopeless.set(podClass, changes.end);
    return best?.found;
  }

  private lookAt(podClass: PodClass, node: number, options: PreemptionOptions): Look {
    const at = this.cluster.changes.lastOf(node);
    // Rules about others make the answer depend on more than this node.
    const known = hasOnlyResources(podClass) ? this.looks.get(podClass)?.get(node) : undefined;
    if (known?.at === at) return known;
    const found = this.victimsOn(podClass, node, options);
    const look: Look = { at, found, rank: found === undefined ? [] : rankOf(this.cluster, found, options) };
    const looks = this.looks.get(podClass) ?? new Map<number, Look>();
    looks.set(node, look);
    this.looks.set(podClass, looks);
    return look;
  }

  private promisingFor(podClass: PodClass): PromisingNodes {
    const known = this.promising.get(podClass);
    if (known !== undefined) return known;
    if (this.promising.size >= KEPT_CLASSES) {
      this.promising.clear();
      this.looks.clear();
    }
    const made = new PromisingNodes(this.cluster, podClass);
    this.promising.set(podClass, made);
    return made;
  }

  private victimsOn(podClass: PodClass, node: number, options: PreemptionOptions): Preemption | undefined {
    const candidates = this.candidatesOn(podClass, node, options);
    if (candidates.pods.length === 0) return undefined;
    const victims = hasOnlyResources(podClass)
      ? this.spareByAmounts(podClass, node, candidates)
      : this.spareByRules(podClass, node, candidates);
    if (victims === undefined || victims.length === 0) return undefined;
    return { node, victims, violations: victims.filter((pod) => candidates.broken.has(pod)).length };
  }

  private candidatesOn(
    { priority }: PodClass,
    node: number,
    { budgetsOf, startedAt = () => 0, isProtected = () => false }: PreemptionOptions,
  ): Candidates {
    const { cluster } = this;
    const pods: number[] = [];
    for (let pod = cluster.pods.firstOn(node); pod >= 0; pod = cluster.pods.nextOf(pod)) {
      if (priorityOf(cluster, pod) < priority && !isProtected(pod)) pods.push(pod);
    }
    pods.sort((a, b) => priorityOf(cluster, b) - priorityOf(cluster, a) || startedAt(a) - startedAt(b));
    const broken = new Set<number>();
    if (budgetsOf === undefined) return { pods, broken };
    const used = new Map<Budget, number>();
    for (const pod of pods) {
      for (const budget of budgetsOf(pod)) {
        const count = (used.get(budget) ?? 0) + 1;
        used.set(budget, count);
        if (count > budget.allowed) broken.add(pod);
      }
    }
    return { pods: [...pods.filter((pod) => broken.has(pod)), ...pods.filter((pod) => !broken.has(pod))], broken };
  }

  /** Who must go when nothing but resources stands in the way. */
  private spareByAmounts({ columns, amounts }: PodClass, node: number, { pods }: Candidates): number[] | undefined {
    const { cluster } = this;
    const held = (pod: number, column: number): number => {
      const podClass = cluster.classOfPod(pod);
      const at = podClass.columns.indexOf(column);
      return at < 0 ? 0 : (podClass.amounts[at] ?? 0);
    };
    const spare = new Float64Array(columns.length);
    for (let index = 0; index < columns.length; index++) {
      const column = columns[index] ?? 0;
      let room = (cluster.nodes.free[column]?.[node] ?? 0) - (amounts[index] ?? 0);
      for (const pod of pods) room += held(pod, column);
      if (room < 0) return undefined;
      spare[index] = room;
    }
    return pods.filter((pod) => {
      const mustGo = columns.some((column, index) => held(pod, column) > (spare[index] ?? 0));
      if (!mustGo)
        for (const [index, column] of columns.entries()) spare[index] = (spare[index] ?? 0) - held(pod, column);
      return mustGo;
    });
  }

  /** The same by all rules: takes all candidates away, and gives back as many as can stay. */
  private spareByRules(podClass: PodClass, node: number, { pods }: Candidates): number[] | undefined {
    const { cluster } = this;
    const concerned = constraints.filter((each) => each.concerns(podClass));
    const fits = (): boolean => concerned.every((each) => each.allows(podClass, node, cluster));
    for (const pod of pods) cluster.suspend(pod);
    const victims: number[] = [];
    const isPossible = fits();
    for (const pod of pods) {
      cluster.resume(pod);
      if (!isPossible || fits()) continue;
      cluster.suspend(pod);
      victims.push(pod);
    }
    for (const pod of victims) cluster.resume(pod);
    return isPossible ? victims : undefined;
  }
}

const priorityOf = (cluster: Cluster, pod: number): number => cluster.classOfPod(pod).priority;

function hasOnlyResources({ devices, ports, rules }: PodClass): boolean {
  const { near, apart, unwelcome, spread } = rules;
  return devices === undefined && ports.length + near.length + apart.length + unwelcome.length + spread.length === 0;
}

/** kube-scheduler lifts priorities above zero before it adds them up: each victim more counts more than any priority. */
const LIFT = 2 ** 31;

function rankOf(
  cluster: Cluster,
  { victims, violations }: Preemption,
  { startedAt = () => 0 }: PreemptionOptions,
): readonly number[] {
  const priorities = victims.map((pod) => priorityOf(cluster, pod));
  const highest = Math.max(...priorities);
  const starts = victims.filter((pod) => priorityOf(cluster, pod) === highest).map(startedAt);
  const sum = priorities.reduce((total, each) => total + each + LIFT, 0);
  return [violations, highest, sum, victims.length, -Math.min(...starts)];
}

function isLower(one: readonly number[], other: readonly number[]): boolean {
  for (const [index, value] of one.entries()) {
    const difference = value - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}
