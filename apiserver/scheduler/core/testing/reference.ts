import type { Node, Pod } from '../../../../shared/api/objects';
import { matchesLabels, selectorOf } from '../../../../shared/selectors/label-selector';
import type { PodExtras } from '../model/node-demand';
import { hashOf } from '../placing/tie-order';
import type { PodTermLike, SpreadLike } from './written-rules';
import {
  GPU,
  labelsOf,
  spreadOf,
  ownerOf,
  requests,
  capacity,
  weight,
  deviceDemand,
  toleratesTaint,
  toleratesAll,
  wants,
  termMatches,
} from './written-rules';

/** Slow and obvious: looks at every pod and every node for every decision, by Kubernetes' rules as they are written. */
export interface Placed {
  readonly pod: Pod;
  readonly node: string;
  readonly devices: readonly number[];
  isDying: boolean;
}

export interface TypicalPod {
  readonly pod: Pod;
  readonly extras: PodExtras;
  readonly share: number;
}

export interface BudgetLike {
  readonly allowed: number;
}

interface Victim {
  readonly placed: Placed;
  readonly isBroken: boolean;
  /** The lower started earlier. */
  readonly start: number;
}

/** The lower rank is better, figure by figure. */
export interface Eviction {
  readonly node: string;
  readonly victims: readonly Placed[];
  readonly rank: readonly number[];
}

const priorityOf = ({ pod }: Placed): number => pod.spec.priority ?? 0;

export class Reference {
  readonly nodes = new Map<string, Node>();
  readonly placed: Placed[] = [];
  readonly namespaces = new Map<string, Record<string, string>>();
  readonly load = new Map<string, { readonly cpu: number; readonly memory: number }>();
  typical: readonly TypicalPod[] = [];

  /** The node a pod goes to, and what each node costs it. */
  decide(pod: Pod, extras: PodExtras): { node?: string; costs: ReadonlyMap<string, number> } {
    const costs = new Map<string, number>();
    for (const [name, node] of this.nodes) {
      if (this.fits(pod, extras, node)) costs.set(name, this.cost(pod, node));
    }
    const [best] = [...costs].sort(
      ([a, costA], [b, costB]) => costA - costB || hashOf(a) - hashOf(b) || (a < b ? -1 : 1),
    );
    return { ...(best === undefined ? {} : { node: best[0] }), costs };
  }

  place(pod: Pod, node: string): void {
    const target = this.nodes.get(node);
    const devices = target === undefined ? [] : this.chooseDevices(pod, target);
    this.placed.push({ pod, node, devices, isDying: false });
  }

  /**
   * Every way to make room by evicting less important pods, the best first, as kube-scheduler ranks them: fewest broken
   * budgets, lowest highest priority, lowest sum of priorities (each lifted above 0), fewest pods, and of the most
   * important ones the one that started first started last. `budgetOf`: a budget by the pods that it is for.
   */
  preempt(pod: Pod, extras: PodExtras, budgetOf: (pod: Pod) => BudgetLike | undefined): Eviction[] {
    const evictions: Eviction[] = [];
    for (const node of this.nodes.values()) {
      const isOverloaded = (this.load.get(node.metadata.name)?.memory ?? 0) >= 0.95;
      // No eviction cures these, as kube-scheduler sees it.
      if (!this.isWilling(pod, extras, node) || isOverloaded || !this.affinityHolds(pod, node)) continue;
      const found = this.victimsOn(pod, extras, node, budgetOf);
      if (found.length > 0) evictions.push({ node: node.metadata.name, ...this.ranked(found) });
    }
    return evictions.sort((a, b) => {
      const at = a.rank.findIndex((figure, index) => figure !== b.rank[index]);
      return (a.rank[at] ?? 0) - (b.rank[at] ?? 0);
    });
  }

  /** Takes all less important pods away, then gives back whom it can, those first whose budget is at its end. */
  private victimsOn(pod: Pod, extras: PodExtras, node: Node, budgetOf: (pod: Pod) => BudgetLike | undefined): Victim[] {
    const all = [...this.placed];
    const stand = (placed: readonly Placed[]): boolean => {
      this.placed.splice(0, this.placed.length, ...placed);
      return this.fits(pod, extras, node);
    };
    const used = new Map<BudgetLike, number>();
    const candidates = this.on(node)
      .filter((each) => !each.isDying && priorityOf(each) < (pod.spec.priority ?? 0))
      .sort((a, b) => priorityOf(b) - priorityOf(a) || all.indexOf(a) - all.indexOf(b))
      .map((each): Victim => {
        const budget = budgetOf(each.pod);
        if (budget !== undefined) used.set(budget, (used.get(budget) ?? 0) + 1);
        const isBroken = budget !== undefined && (used.get(budget) ?? 0) > budget.allowed;
        return { placed: each, isBroken, start: all.indexOf(each) };
      });
    const gone = new Set(candidates.map(({ placed }) => placed));
    const left = (): Placed[] => all.filter((each) => !gone.has(each));
    const isPossible = stand(left());
    for (const { placed } of [
      ...candidates.filter(({ isBroken }) => isBroken),
      ...candidates.filter(({ isBroken }) => !isBroken),
    ]) {
      gone.delete(placed);
      if (!stand(left())) gone.add(placed);
    }
    stand(all);
    return isPossible ? candidates.filter(({ placed }) => gone.has(placed)) : [];
  }

  private ranked(victims: readonly Victim[]): Pick<Eviction, 'victims' | 'rank'> {
    const priorities = victims.map(({ placed }) => priorityOf(placed));
    const highest = Math.max(...priorities);
    const starts = victims.filter(({ placed }) => priorityOf(placed) === highest).map(({ start }) => start);
    return {
      victims: victims.map(({ placed }) => placed),
      rank: [
        victims.filter(({ isBroken }) => isBroken).length,
        highest,
        priorities.reduce((sum, each) => sum + each + 2 ** 31, 0),
        victims.length,
        -Math.min(...starts),
      ],
    };
  }

  private on(node: Node): Placed[] {
    return this.placed.filter((each) => each.node === node.metadata.name);
  }

  private fits(pod: Pod, extras: PodExtras, node: Node): boolean {
    return (
      this.isWilling(pod, extras, node) &&
      this.hasRoom(pod, node) &&
      this.hasPorts(pod, node) &&
      this.deviceFits(pod, node, this.freeDevices(node)) &&
      this.affinityHolds(pod, node) &&
      this.antiAffinityHolds(pod, node) &&
      this.spreadHolds(pod, node) &&
      (this.load.get(node.metadata.name)?.memory ?? 0) < 0.95
    );
  }

  /** Everything that the node's own object says. */
  private isWilling(pod: Pod, { volumes = [], architectures }: PodExtras, node: Node): boolean {
    const arch = labelsOf(node)['kubernetes.io/arch'];
    const tolerates = (taint: { key: string; value?: string; effect: string }): boolean =>
      (pod.spec.tolerations ?? []).some(
        ({ key, operator, value, effect }) =>
          (effect === undefined || effect === taint.effect) &&
          (key === undefined ? operator === 'Exists' : key === taint.key) &&
          (operator === 'Exists' || (value ?? '') === (taint.value ?? '')),
      );
    return (
      node.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true &&
      (node.spec?.unschedulable !== true ||
        tolerates({ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' })) &&
      (pod.spec.nodeName === undefined || pod.spec.nodeName === node.metadata.name) &&
      wants(pod, node) &&
      (node.spec?.taints ?? []).every((taint) => taint.effect === 'PreferNoSchedule' || tolerates(taint)) &&
      volumes.every(({ terms }) => terms.some((term) => termMatches(term, node))) &&
      (architectures === undefined || arch === undefined || architectures.includes(arch))
    );
  }

  private hasRoom(pod: Pod, node: Node): boolean {
    const all = [pod, ...this.on(node).map((each) => each.pod)];
    if (all.length > Number(node.status?.allocatable?.['pods'] ?? Infinity)) return false;
    return Object.keys(requests(pod)).every((name) => {
      if (name.includes('/gpu')) return true;
      const asked = all.reduce((sum, each) => sum + (requests(each)[name] ?? 0), 0);
      return (requests(pod)[name] ?? 0) === 0 || asked <= capacity(node, name);
    });
  }

  private hasPorts(pod: Pod, node: Node): boolean {
    const ports = (each: Pod) =>
      [
        ...each.spec.containers,
        ...(each.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always'),
      ]
        .flatMap((container) => container.ports ?? [])
        .filter(({ hostPort }) => hostPort !== undefined)
        .map(({ hostPort, protocol = 'TCP', hostIP = '0.0.0.0' }) => ({ hostPort, protocol, hostIP }));
    return this.on(node).every((other) =>
      ports(other.pod).every((taken) =>
        ports(pod).every(
          (wanted) =>
            taken.hostPort !== wanted.hostPort ||
            taken.protocol !== wanted.protocol ||
            (taken.hostIP !== wanted.hostIP && taken.hostIP !== '0.0.0.0' && wanted.hostIP !== '0.0.0.0'),
        ),
      ),
    );
  }

  freeDevices(node: Node): number[] {
    const free = Array.from({ length: capacity(node, GPU) }, () => 1_000);
    for (const { pod, devices } of this.on(node)) {
      for (const device of devices) free[device] = (free[device] ?? 0) - deviceDemand(pod).milli;
    }
    // Of a node that lost devices, those that pods had of it beyond are no more.
    return free.slice(0, capacity(node, GPU));
  }

  private deviceFits(pod: Pod, node: Node, free: readonly number[]): boolean {
    const { count, milli } = deviceDemand(pod);
    return count === 0 || free.filter((left) => left >= milli).length >= count;
  }

  private chooseDevices(pod: Pod, node: Node): number[] {
    const { count, milli } = deviceDemand(pod);
    const able = [...this.freeDevices(node).entries()].filter(([, left]) => left >= milli);
    if (milli < 1_000) able.sort(([a, leftA], [b, leftB]) => leftA - leftB || a - b);
    return able.slice(0, count).map(([device]) => device);
  }

  private matches(term: PodTermLike, owner: Pod, other: Pod): boolean {
    const named = term.namespaces ?? [];
    const bySelector = selectorOf(term.namespaceSelector);
    const inNamespace =
      named.length === 0 && bySelector === undefined
        ? other.metadata.namespace === owner.metadata.namespace
        : named.includes(other.metadata.namespace) ||
          (bySelector !== undefined && matchesLabels(bySelector, this.namespaces.get(other.metadata.namespace)));
    const selector = selectorOf(term.labelSelector);
    const keys = (term.matchLabelKeys ?? []).filter((key) => owner.metadata.labels?.[key] !== undefined);
    return (
      inNamespace &&
      selector !== undefined &&
      matchesLabels(selector, other.metadata.labels) &&
      keys.every((key) => other.metadata.labels?.[key] === owner.metadata.labels?.[key])
    );
  }

  private nodeOf({ node }: Placed): Node | undefined {
    return this.nodes.get(node);
  }

  private sameDomain(key: string, node: Node): Placed[] {
    const value = labelsOf(node)[key];
    if (value === undefined) return [];
    return this.placed.filter((each) => labelsOf(this.nodeOf(each))[key] === value);
  }

  private affinityHolds(pod: Pod, node: Node): boolean {
    const terms = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    const isSought = (other: Pod): boolean => terms.every((term) => this.matches(term, pod, other));
    const anywhere = this.placed.some(
      (each) =>
        isSought(each.pod) && terms.some(({ topologyKey }) => labelsOf(this.nodeOf(each))[topologyKey] !== undefined),
    );
    return terms.every(
      ({ topologyKey }) =>
        labelsOf(node)[topologyKey] !== undefined &&
        (this.sameDomain(topologyKey, node).some((each) => isSought(each.pod)) || (!anywhere && isSought(pod))),
    );
  }

  private antiAffinityHolds(pod: Pod, node: Node): boolean {
    const termsOf = (each: Pod) =>
      each.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    return (
      termsOf(pod).every(
        (term) => !this.sameDomain(term.topologyKey, node).some((each) => this.matches(term, pod, each.pod)),
      ) &&
      this.placed.every((other) =>
        termsOf(other.pod).every(
          (term) => !this.matches(term, other.pod, pod) || !this.sameDomain(term.topologyKey, node).includes(other),
        ),
      )
    );
  }

  /** Counts by domain of what a spread constraint goes by, over the nodes it looks at. */
  private spreadCounts(pod: Pod, constraint: SpreadLike, together: readonly SpreadLike[]): Map<string, number> {
    const counts = new Map<string, number>();
    for (const node of this.nodes.values()) {
      const labels = labelsOf(node);
      if (together.some(({ topologyKey }) => labels[topologyKey] === undefined)) continue;
      if ((constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor' && !wants(pod, node)) continue;
      if (constraint.nodeTaintsPolicy === 'Honor' && !toleratesAll(pod, node)) continue;
      const domain = labels[constraint.topologyKey] ?? '';
      const here = this.on(node).filter(
        (each) => !each.isDying && this.matches({ ...constraint, namespaces: [pod.metadata.namespace] }, pod, each.pod),
      ).length;
      counts.set(domain, (counts.get(domain) ?? 0) + here);
    }
    return counts;
  }

  private spreadHolds(pod: Pod, node: Node): boolean {
    const hard = spreadOf(pod, 'DoNotSchedule');
    return hard.every((constraint) => {
      const domain = labelsOf(node)[constraint.topologyKey];
      if (domain === undefined) return false;
      const counts = this.spreadCounts(pod, constraint, hard);
      const min = counts.size < (constraint.minDomains ?? 1) ? 0 : Math.min(...counts.values());
      const self = this.matches({ ...constraint, namespaces: [pod.metadata.namespace] }, pod, pod) ? 1 : 0;
      return (counts.get(domain) ?? 0) + self - (counts.size === 0 ? 0 : min) <= constraint.maxSkew;
    });
  }

  private cost(pod: Pod, node: Node): number {
    return this.roomCost(pod, node) + this.preferenceCost(pod, node) + this.loadCost(node) + this.aroundCost(pod, node);
  }

  private roomCost(pod: Pod, node: Node): number {
    const running = this.on(node).map((each) => each.pod);
    const left = (name: 'cpu' | 'memory'): number => {
      const used = [...running, pod].reduce((sum, each) => sum + weight(each, name), 0);
      return Math.max(0, (capacity(node, name) - used) * (1 / capacity(node, name)));
    };
    const cpu = left('cpu');
    if (capacity(node, GPU) > 0) {
      const free = this.freeDevices(node);
      const after = [...free];
      for (const device of this.chooseDevices(pod, node))
        after[device] = (after[device] ?? 0) - deviceDemand(pod).milli;
      const total = (list: readonly number[]): number => list.reduce((sum, each) => sum + each, 0);
      const { count, milli } = deviceDemand(pod);
      const devices = (total(free) - count * milli) / (free.length * 1_000);
      const room = (pods: readonly Pod[]) => ({
        cpu: capacity(node, 'cpu') - pods.reduce((sum, each) => sum + (requests(each)['cpu'] ?? 0), 0),
        memory: capacity(node, 'memory') - pods.reduce((sum, each) => sum + (requests(each)['memory'] ?? 0), 0),
      });
      const stranded = this.stranded(node, after, room([...running, pod])) - this.stranded(node, free, room(running));
      const guest = count === 0 ? 0.5 : 0;
      return Math.round(
        100_000 *
          (stranded / 1_000 +
            ((devices > cpu ? 0.3 : 0.15) * Math.abs(cpu - devices) + 0.01 * (cpu + devices)) +
            guest),
      );
    }
    const memory = left('memory');
    const others = Object.keys(requests(pod)).filter(
      (name) => name !== 'cpu' && name !== 'memory' && (requests(pod)[name] ?? 0) > 0,
    );
    const otherLeft = others.map(
      (name) =>
        (capacity(node, name) - [...running, pod].reduce((sum, each) => sum + (requests(each)[name] ?? 0), 0)) *
        (1 / capacity(node, name)),
    );
    const all = [cpu, memory, ...otherLeft];
    const sum = all.reduce((total, each) => total + each, 0);
    const share = Math.max(
      weight(pod, 'cpu') * (1 / capacity(node, 'cpu')),
      weight(pod, 'memory') * (1 / capacity(node, 'memory')),
      ...others.map((name) => (requests(pod)[name] ?? 0) * (1 / capacity(node, name))),
    );
    // By the share of cpu and memory alone.
    const small = Math.max(
      weight(pod, 'cpu') * (1 / capacity(node, 'cpu')),
      weight(pod, 'memory') * (1 / capacity(node, 'memory')),
    );
    const opening = running.length === 0 ? 0.025 + 4 * small * small : 0;
    if (share > 0.25) return Math.round(100_000 * (Math.round((4 * sum) / all.length) / 4 + opening));
    return Math.round(100_000 * (Math.max(...all) - Math.min(...all) + 1 * share * share * sum + opening));
  }

  private stranded(node: Node, free: readonly number[], room: { cpu: number; memory: number }): number {
    const all = free.reduce((sum, each) => sum + each, 0);
    if (all === 0) return 0;
    let sum = 0;
    for (const { pod, extras, share } of this.typical) {
      const { count, milli } = deviceDemand(pod);
      const fits =
        count > 0 &&
        (requests(pod)['cpu'] ?? 0) <= room.cpu &&
        (requests(pod)['memory'] ?? 0) <= room.memory &&
        this.isWilling(pod, extras, node);
      const usable = free.filter((left) => left >= milli);
      const enough = milli < 1_000 || usable.length >= count;
      sum += share * (fits && enough ? all - usable.reduce((total, each) => total + each, 0) : all);
    }
    return sum;
  }

  private preferenceCost(pod: Pod, node: Node): number {
    const preferred = pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const total = preferred.reduce((sum, each) => sum + each.weight, 0);
    const met = preferred
      .filter(({ preference }) => termMatches(preference, node))
      .reduce((sum, each) => sum + each.weight, 0);
    const unwanted = (node.spec?.taints ?? []).filter(
      (taint) => taint.effect === 'PreferNoSchedule' && !toleratesTaint(pod, taint),
    ).length;
    return unwanted * 300_000 - (total === 0 ? 0 : Math.round((200_000 * met) / total));
  }

  private loadCost(node: Node): number {
    const { cpu, memory } = this.load.get(node.metadata.name) ?? { cpu: 0, memory: 0 };
    const step = Math.floor(Math.max(cpu, memory) * 20);
    return step <= 10 ? 0 : Math.round((100_000 * (step - 10)) / 9);
  }

  private aroundCost(pod: Pod, node: Node): number {
    const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
    const attracts = podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const repels = podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    const total = [...attracts, ...repels].reduce((sum, each) => sum + each.weight, 0);
    let cost = 0;
    for (const [list, sign] of [
      [attracts, -1],
      [repels, 1],
    ] as const) {
      for (const { weight: each, podAffinityTerm: term } of list) {
        const there = this.sameDomain(term.topologyKey, node).filter((other) => this.matches(term, pod, other.pod));
        cost += Math.round((sign * 200_000 * each) / total) * there.length;
      }
    }
    for (const other of this.placed) {
      const affinity = other.pod.spec.affinity;
      const wish = (term: PodTermLike, points: number): void => {
        const applies = this.matches(term, other.pod, pod) && this.sameDomain(term.topologyKey, node).includes(other);
        if (applies) cost -= 2_000 * points;
      };
      for (const term of affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []) wish(term, 1);
      for (const { weight: points, podAffinityTerm } of affinity?.podAffinity
        ?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
        wish(podAffinityTerm, points);
      for (const { weight: points, podAffinityTerm } of affinity?.podAntiAffinity
        ?.preferredDuringSchedulingIgnoredDuringExecution ?? [])
        wish(podAffinityTerm, -points);
    }
    const soft = spreadOf(pod, 'ScheduleAnyway');
    for (const constraint of soft) {
      const points = Math.round(100_000 / constraint.maxSkew);
      const domain = labelsOf(node)[constraint.topologyKey];
      cost += points * (domain === undefined ? 500 : (this.spreadCounts(pod, constraint, soft).get(domain) ?? 0));
    }
    const owner = ownerOf(pod);
    if (owner !== undefined) {
      for (const [key, points] of [
        ['kubernetes.io/hostname', 100_000],
        ['topology.kubernetes.io/zone', 10_000],
      ] as const) {
        const mates = this.sameDomain(key, node).filter((each) => !each.isDying && ownerOf(each.pod) === owner);
        cost += points * mates.length;
      }
    }
    return cost;
  }
}
