import { mayBeFirst } from '../constraints/pod-affinity';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { TopologyKey } from '../model/topology-key';
import { IMPOSSIBLE } from '../scores/cost';
import type { Comparison, ScoredNode } from '../policies/policy';
import { Candidates } from './candidates';
import type { Layout } from './layout';
import { createLayout } from './layout';
import { rulesCost } from './node-cost';
import { Pricer } from './pricer';
import type { Scorer } from './scorer';
import { TieOrder } from './tie-order';

/** Classes whose candidates are kept; the one used longest ago goes first. */
const KEPT_CLASSES = 2_000;

/** Finds the best node for a pod, by one way to score. Remembers what it worked out from one decision to the next. */
export class Placer {
  private readonly ties: TieOrder;
  private readonly candidates = new Map<PodClass, Candidates>();
  private readonly layouts = new Map<string, { readonly version: string; readonly layout: Layout }>();
  private readonly pricer: Pricer;

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
    return this.candidatesOf(podClass).best();
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

  /** The best node with who comes second; undefined: none takes the pod. */
  compare(podClass: PodClass): Comparison | undefined {
    this.ties.refresh();
    const { winner, winnerCost, runnerUp, runnerUpCost } = this.candidatesOf(podClass).bestTwo();
    if (winner < 0) return undefined;
    const won = this.termsOf(podClass, winner, winnerCost);
    return runnerUp < 0 ? { winner: won } : { winner: won, runnerUp: this.termsOf(podClass, runnerUp, runnerUpCost) };
  }

  /** The terms of what a node that takes the pod costs it, as the cluster stands. */
  score(podClass: PodClass, node: number): ScoredNode {
    const { rules, fit } = podClass;
    const around = rules.wishes.length === 0 ? 0 : rulesCost(rules, mayBeFirst(podClass), node);
    const room = this.pricer.roomCost(podClass, node);
    const preferences = fit.costAt(node);
    const load = this.cluster.load.costAt(node);
    return { node, cost: room + preferences + load + around, preferences, load, around, room };
  }

  /** The same for a node whose cost is known: what room costs is what the other terms leave of it. */
  private termsOf(podClass: PodClass, node: number, cost: number): ScoredNode {
    const { rules, fit } = podClass;
    const around = rules.wishes.length === 0 ? 0 : rulesCost(rules, mayBeFirst(podClass), node);
    const preferences = fit.costAt(node);
    const load = this.cluster.load.costAt(node);
    return { node, cost, preferences, load, around, room: cost - preferences - load - around };
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
