import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { ClusterState } from './cluster-state';
import type { Cure } from './core/constraints/constraint';
import type { ChoiceLog } from './core/explain/choice-log';
import { exclusionsOf } from './core/explain/exclusions';
import { nearestMiss } from './core/explain/nearest-miss';
import type { PodClass } from './core/model/pod-class';
import { placeWhole } from './core/policies/gang';
import type { BatchOptions, Policy } from './core/policies/policy';
import { VICTIMS_ARE_LEAVING, explain, explainBriefly, explainNoPreemption } from './explanation';
import type { Gang } from './gangs';
import { groupGangs } from './gangs';
import type { Eviction, Preemptor } from './preemptor';
import type { WorkingPolicies } from './profiles';

export type Decision =
  | { readonly pod: Pod; readonly nodeName: string }
  | { readonly pod: Pod; readonly nodeName?: never; readonly refusal: PodRefusal };

export interface PodRefusal {
  /** For the pod's condition, and for an Event, which must be shorter. */
  readonly message: string;
  readonly note: string;
  readonly cures: ReadonlySet<Cure>;
  /** Something that was placed after it made room for it, as a pod does that it wants to be near: it is tried again. */
  readonly mayFitNow?: boolean;
  /** Wall time at which it is to be tried again, whatever else happens. */
  readonly againAtMs?: number;
  /** Why nobody leaves for it; said only when nobody does. */
  readonly preemption?: string;
  /** Less important pods leave for it. */
  readonly eviction?: Eviction;
}

export interface DeciderOptions {
  readonly state: ClusterState;
  readonly policies: WorkingPolicies;
  readonly preemptor: Preemptor;
  readonly clock: Clock;
  /** How often a pod was refused before, by uid. */
  readonly refusalsOf: (uid: string) => number;
  /** Why each pod went where it went, by its uid. */
  readonly choices: ChoiceLog;
}

/** Decides on a batch: who goes where, which gangs go at all, and who must make room. What it places is assumed. */
export class BatchDecider {
  constructor(private readonly options: DeciderOptions) {}

  decide(batch: readonly Pod[]): readonly Decision[] {
    const { state } = this.options;
    state.forgetUnused();
    const awaited = batch.filter((pod) => state.hasRoomReserved(pod.metadata.uid)).sort(importantFirst);
    const rest = batch.filter((pod) => !awaited.includes(pod));
    const important = this.beforeReserved(rest);
    const decisions = important.length === 0 ? [] : this.placeIgnoring(important);
    // Who others made room for comes first, each alone: its room is let go only for itself.
    decisions.push(...awaited.flatMap((pod) => this.placeReserved(pod)));
    decisions.push(...this.placeAll(rest.filter((pod) => !important.includes(pod))));
    return decisions;
  }

  /** Those more important than somebody whom room is kept for: such room is no obstacle to them. */
  private beforeReserved(pods: readonly Pod[]): readonly Pod[] {
    const reserved = this.options.state.reserved().map(({ pod }) => pod.spec.priority ?? 0);
    if (reserved.length === 0) return [];
    const lowest = Math.min(...reserved);
    const { gangs, singles } = groupGangs(pods);
    return [
      ...gangs.filter(({ priority }) => priority > lowest).flatMap(({ members }) => members),
      ...singles.filter(({ spec }) => (spec.priority ?? 0) > lowest),
    ];
  }

  /** Each in turn, the most important first, without the room that is kept for less important ones. */
  private placeIgnoring(pods: readonly Pod[]): Decision[] {
    const { state } = this.options;
    const priorities = [...new Set(pods.map(({ spec }) => spec.priority ?? 0))].sort((a, b) => b - a);
    const byGang = groupGangs(pods).gangs;
    const gangPriority = (pod: Pod): number =>
      byGang.find(({ members }) => members.includes(pod))?.priority ?? pod.spec.priority ?? 0;
    return priorities.flatMap((priority) => {
      const lent = state.reserved().filter(({ pod }) => (pod.spec.priority ?? 0) < priority);
      for (const { pod } of lent) state.release(pod.metadata.uid);
      const decisions = this.placeAll(pods.filter((pod) => gangPriority(pod) === priority));
      for (const reservation of lent) state.reserveAgain(reservation);
      return decisions;
    });
  }

  private placeAll(pods: readonly Pod[]): Decision[] {
    const decisions: Decision[] = [];
    const { gangs, singles } = groupGangs(pods);
    let left = singles;
    for (const gang of gangs) {
      const better = left.filter(({ spec }) => (spec.priority ?? 0) > gang.priority);
      left = left.filter((pod) => !better.includes(pod));
      decisions.push(...this.place(better), ...this.placeGang(gang));
    }
    decisions.push(...this.place(left));
    return decisions;
  }

  private placeReserved(pod: Pod): readonly Decision[] {
    const { state } = this.options;
    const { uid } = pod.metadata;
    const isAwaited = state.awaitsRoom(uid);
    const reservation = state.release(uid);
    const decisions = this.place([pod], { mayEvict: !isAwaited });
    const isPlaced = decisions.some(({ nodeName }) => nodeName !== undefined);
    if (!isPlaced && isAwaited && reservation !== undefined) state.reserveAgain(reservation);
    return decisions;
  }

  private place(pods: readonly Pod[], options: { readonly mayEvict?: boolean } = {}): Decision[] {
    return [...this.options.policies.split(pods)].flatMap(([policy, part]) => this.placeBy(policy, part, options));
  }

  private placeBy(
    policy: Policy,
    pods: readonly Pod[],
    { mayEvict = true }: { readonly mayEvict?: boolean },
  ): Decision[] {
    const { state } = this.options;
    const { cluster } = state;
    const classes = pods.map((pod) => state.classOf(pod));
    const placements = policy.place(classes, this.optionsFor(pods));
    this.options.choices.close((index) => pods[index]?.metadata.uid);
    for (const [index, pod] of pods.entries()) {
      const slot = placements.pods[index] ?? -1;
      if (slot >= 0) state.assume(pod, slot);
    }
    const isAnyPlaced = placements.pods.some((slot) => slot >= 0);
    const refusals = new Map<PodClass, PodRefusal>();
    const decisions = pods.map((pod, index): Decision => {
      const node = placements.nodes[index] ?? -1;
      const podClass = classes[index];
      if (node >= 0 || podClass === undefined) return { pod, nodeName: cluster.nodes.nameOf(node) };
      const refusal = refusals.get(podClass) ?? this.refusalOf(podClass, isAnyPlaced);
      refusals.set(podClass, refusal);
      return { pod, refusal };
    });
    if (mayEvict) return this.makeRoom(decisions);
    return decisions.map((decision) =>
      decision.nodeName === undefined
        ? { pod: decision.pod, refusal: { ...decision.refusal, preemption: VICTIMS_ARE_LEAVING } }
        : decision,
    );
  }

  private optionsFor(pods: readonly Pod[]): BatchOptions {
    const { choices, refusalsOf } = this.options;
    return {
      refusals: pods.map(({ metadata }) => refusalsOf(metadata.uid)),
      record: (index, comparison) => choices.add(index, comparison),
    };
  }

  private refusalOf(podClass: PodClass, isAnyPlaced: boolean): PodRefusal {
    const { cluster } = this.options.state;
    const exclusions = exclusionsOf(cluster, podClass);
    const nearest = nearestMiss(cluster, podClass);
    const preemption = explainNoPreemption(exclusions, podClass.mayPreempt);
    return {
      message: explain(exclusions, nearest),
      note: explainBriefly(exclusions, nearest),
      cures: new Set(exclusions.flatMap(({ constraint }) => constraint.cures)),
      mayFitNow: isAnyPlaced && exclusions.length < cluster.nodes.count,
      ...(preemption === undefined ? {} : { preemption }),
    };
  }

  /** Lets less important pods leave for those that were refused, the most important first. */
  private makeRoom(decisions: readonly Decision[]): Decision[] {
    const { state, preemptor } = this.options;
    const evictions = new Map<Pod, Eviction>();
    const refused = decisions.flatMap((each) =>
      each.nodeName === undefined && !each.refusal.mayFitNow ? each.pod : [],
    );
    for (const pod of refused.sort(importantFirst)) {
      const eviction = preemptor.plan(pod, state.classOf(pod));
      if (eviction !== undefined) evictions.set(pod, eviction);
    }
    return decisions.map((decision) => {
      const eviction = evictions.get(decision.pod);
      if (decision.nodeName !== undefined || eviction === undefined) return decision;
      return { pod: decision.pod, refusal: { ...decision.refusal, eviction } };
    });
  }

  /** All of them or none. */
  private placeGang(gang: Gang): readonly Decision[] {
    const { state, policies, clock } = this.options;
    const { members, name, size, deadlineMs } = gang;
    const isLate = deadlineMs !== undefined && clock.now() > deadlineMs;
    const again = deadlineMs === undefined || isLate ? {} : { againAtMs: deadlineMs + 1 };
    const refuse = (text: string, cures: readonly Cure[]): readonly Decision[] =>
      members.map((pod) => ({ pod, refusal: { message: text, note: text, cures: new Set(cures), ...again } }));
    if (isLate) {
      return refuse(`gang ${name} was not placed by its deadline, ${new Date(deadlineMs).toISOString()}`, ['never']);
    }
    const there = state.countInGang(gang.key);
    if (there + members.length < size) {
      return refuse(`gang ${name} waits for its pods: ${there + members.length} of ${size} are there`, ['gang']);
    }
    const classes = members.map((pod) => state.classOf(pod));
    const [first] = members;
    if (first === undefined) return [];
    const whole = placeWhole(state.cluster, policies.of(first), {
      members: classes,
      options: this.optionsFor(members),
      explain: (missing) => this.refusalOf(missing, false).message,
    });
    const { placements } = whole;
    this.options.choices.close((index) => (placements === undefined ? undefined : members[index]?.metadata.uid));
    if (placements !== undefined) {
      for (const [index, pod] of members.entries()) state.assume(pod, placements.pods[index] ?? -1);
      return members.map((pod, index) => ({
        pod,
        nodeName: state.cluster.nodes.nameOf(placements.nodes[index] ?? -1),
      }));
    }
    const { fitting, reason } = whole;
    return refuse(
      `gang ${name} needs room for all its ${members.length} pods at once, ${fitting} would fit; for the next one: ${reason}`,
      ['node', 'pod-gone', 'gang'],
    );
  }
}

const importantFirst = (a: Pod, b: Pod): number => (b.spec.priority ?? 0) - (a.spec.priority ?? 0);
