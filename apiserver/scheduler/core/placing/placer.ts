import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { TopologyKey } from '../model/topology-key';
import { IMPOSSIBLE } from '../scores/cost';
import type { Comparison, ScoredNode } from '../policies/policy';
import { Candidates } from './candidates';
import type { Layout } from './layout';
import { createLayout } from './layout';
import { wishesCost } from './node-cost';
import { Pricer } from './pricer';
import type { Scorer } from './scorer';
import { TieOrder } from './tie-order';

/** Classes whose candidates are kept; the one used longest ago goes first. */
const KEPT_CLASSES = 2_000;

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

const nobody = (): Mutable<ScoredNode> => ({ node: -1, cost: 0, preferences: 0, load: 0, around: 0, room: 0 });

/** Finds the best node for a pod, by one way to score. Remembers what it worked out from one decision to the next. */
export class Placer {
  private readonly ties: TieOrder;
  private readonly candidates = new Map<PodClass, Candidates>();
  private readonly layouts = new Map<string, { readonly version: string; readonly layout: Layout }>();
  private readonly pricer: Pricer;
  /** Written anew by each comparison, so that comparing makes nothing. */
  private readonly won = nobody();
  private readonly second = nobody();
  private readonly comparison: Mutable<Comparison> = { winner: this.won, runnerUp: undefined };

  constructor(
    private readonly cluster: Cluster,
    scorer: Scorer,
  ) {
    this.pricer = new Pricer(cluster, scorer);
    this.ties = new TieOrder(cluster.nodes);
  }

  /** The node that takes a pod of this class at the least cost; -1: none does. */
  best(podClass: PodClass): number {
    this.ties.refresh();
    const candidates = this.candidatesOf(podClass);
    candidates.search(false);
    return candidates.winner;
  }

  /** Whether a pod of this class may be placed there, by all rules. */
  isPossible(podClass: PodClass, node: number): boolean {
    return podClass.fit.allows(node) && this.pricer.priceOf(podClass, podClass.rules, node) !== IMPOSSIBLE;
  }

  /** The nodes that cost least, the best first, as the cluster stands. */
  cheapest(podClass: PodClass, count: number): readonly number[] {
    this.ties.refresh();
    return this.candidatesOf(podClass).cheapest(count);
  }

  nodesInTieOrder(): readonly number[] {
    this.ties.refresh();
    return this.ties.order;
  }

  /** The same as `best`, by looking at every node and remembering nothing: to check it by. */
  bestByScan(podClass: PodClass): number {
    this.ties.refresh();
    let best = -1;
    let lowest = IMPOSSIBLE;
    for (const node of this.ties.order) {
      if (!podClass.fit.allows(node)) continue;
      const cost = this.pricer.priceOf(podClass, podClass.rules, node);
      if (cost >= lowest) continue;
      lowest = cost;
      best = node;
    }
    return best;
  }

  /** The best node with who comes second; undefined: none takes the pod. The answer is written anew by the next call. */
  compare(podClass: PodClass): Comparison | undefined {
    this.ties.refresh();
    const candidates = this.candidatesOf(podClass);
    candidates.search(true);
    const { winner, runnerUp } = candidates;
    if (winner < 0) return undefined;
    this.explain(podClass, winner, candidates.winnerCost, this.won);
    if (runnerUp >= 0) this.explain(podClass, runnerUp, candidates.runnerUpCost, this.second);
    this.comparison.runnerUp = runnerUp < 0 ? undefined : this.second;
    return this.comparison;
  }

  /** The terms of what a node that takes the pod costs it, as the cluster stands. */
  score(podClass: PodClass, node: number): ScoredNode {
    const { rules, fit } = podClass;
    const around = wishesCost(rules, node);
    const room = this.pricer.roomCost(podClass, node);
    const preferences = fit.costAt(node);
    const load = this.cluster.load.costAt(node);
    return { node, cost: room + preferences + load + around, preferences, load, around, room };
  }

  /** The same for a node whose cost is known: what room costs is what the other terms leave of it. */
  private explain({ rules, fit }: PodClass, node: number, cost: number, into: Mutable<ScoredNode>): void {
    into.node = node;
    into.cost = cost;
    into.preferences = fit.hasCosts ? fit.costAt(node) : 0;
    into.load = this.cluster.load.isFelt ? this.cluster.load.costAt(node) : 0;
    into.around = rules.wishes.length > 0 ? wishesCost(rules, node) : 0;
    into.room = cost - into.preferences - into.load - into.around;
  }

  private candidatesOf(podClass: PodClass): Candidates {
    const known = this.candidates.get(podClass);
    if (known !== undefined) {
      if (this.candidates.size < KEPT_CLASSES) return known;
      this.candidates.delete(podClass);
      this.candidates.set(podClass, known);
      return known;
    }
    const made = new Candidates(this.cluster, this.pricer, podClass, this.ties, (each, keys) =>
      this.layoutOf(each, keys),
    );
    this.candidates.set(podClass, made);
    if (this.candidates.size > KEPT_CLASSES) {
      for (const oldest of this.candidates.keys()) {
        this.candidates.delete(oldest);
        break;
      }
    }
    return made;
  }

  /** Shared by classes that are allowed on the same nodes and care about the same domains. */
  private layoutOf({ fit, demand }: PodClass, keys: readonly TopologyKey[]): Layout {
    const name = `${keys.map((key) => key.name).join()} ${demand.signature}`;
    const version = `${fit.version} ${keys.length === 0 ? '' : this.cluster.topology.version} ${this.ties.version}`;
    const known = this.layouts.get(name);
    if (known?.version === version) return known.layout;
    const layout = createLayout(fit, keys, this.ties.order, this.cluster.nodes.size);
    if (this.layouts.size > KEPT_CLASSES) this.layouts.clear();
    this.layouts.set(name, { version, layout });
    return layout;
  }
}
