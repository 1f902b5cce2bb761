import { mayBeFirst } from '../constraints/pod-affinity';
import type { Cluster } from '../model/cluster';
import { nextSize } from '../model/growing';
import type { PodClass, TopologyRules } from '../model/pod-class';
import type { TopologyKey } from '../model/topology-key';
import { IMPOSSIBLE } from '../scores/cost';
import { BlockMinima } from './block-minima';
import type { Layout } from './layout';
import { contextOf, isEmpty, rulesCost, splitRules } from './node-cost';
import type { Pricer } from './pricer';
import type { TieOrder } from './tie-order';

/** Makes or finds the layout of a class. */
export type LayoutSource = (podClass: PodClass, keys: readonly TopologyKey[]) => Layout;

/** Replaying more changes than there are nodes takes longer than starting over, unless there are few of both. */
const SHORT_REPLAY = 64;

/**
 * The nodes for one class of pods with what each costs, kept between decisions: only what changed since is worked out
 * again, so that the best node is found in about the square root of the number of nodes.
 */
export class Candidates {
  private layout: Layout;
  private minima: BlockMinima;
  private perNode: TopologyRules | undefined;
  private grouped: TopologyRules | undefined;
  /** What each group costs by the rules that go by domains. */
  private groupCosts = new Int32Array(0);
  private seen = -1;
  private fitVersion = -1;
  private rulesVersion = -1;
  private topologyVersion = -1;
  private tieVersion = -1;
  private scorerVersion = -1;
  private context = '';
  /** Nodes that changed, with their positions and what they cost now. */
  private changedNodes = new Int32Array(0);
  private changedAt = new Int32Array(0);
  private changedCosts = new Int32Array(0);

  constructor(
    private readonly cluster: Cluster,
    private readonly pricer: Pricer,
    private readonly podClass: PodClass,
    private readonly ties: TieOrder,
    private readonly layouts: LayoutSource,
  ) {
    [this.layout, this.minima] = this.relayout();
  }

  /**
   * Finds the node that costs least, in tie order between equals; where the second is wanted also the node that would
   * be it without that one. What was found stands until the next search.
   */
  search(isSecondWanted: boolean): void {
    this.refresh();
    this.priceGroups();
    this.minima.search(this.groupCosts, isSecondWanted);
  }

  /** Of the last search; -1: no node takes the pod. */
  get winner(): number {
    return this.nodeAt(this.minima.winner);
  }

  get winnerCost(): number {
    return this.minima.winnerCost;
  }

  /** Of the last search for two; -1: no other node takes the pod. */
  get runnerUp(): number {
    return this.nodeAt(this.minima.runnerUp);
  }

  get runnerUpCost(): number {
    return this.minima.runnerUpCost;
  }

  /** The nodes that cost least but for rules about domains, the best first. */
  cheapest(count: number): readonly number[] {
    this.refresh();
    const { nodes } = this.layout;
    const { costs } = this.minima;
    const kept: { readonly node: number; readonly cost: number }[] = [];
    for (let at = 0; at < nodes.length; at++) {
      const cost = costs[at] ?? IMPOSSIBLE;
      if (cost === IMPOSSIBLE || (kept.length === count && cost >= (kept.at(-1)?.cost ?? 0))) continue;
      kept.push({ node: this.nodeAt(at), cost });
      kept.sort((a, b) => a.cost - b.cost);
      if (kept.length > count) kept.pop();
    }
    return kept.map(({ node }) => node);
  }

  private nodeAt(position: number): number {
    return position < 0 ? -1 : (this.layout.nodes[position] ?? -1);
  }

  private priceGroups(): void {
    const { grouped, groupCosts } = this;
    if (grouped === undefined) return;
    const { examples } = this.layout;
    const isFirst = mayBeFirst(this.podClass);
    for (let group = 0; group < groupCosts.length; group++) {
      groupCosts[group] = rulesCost(grouped, isFirst, examples[group] ?? -1);
    }
  }

  private refresh(): void {
    const { cluster, podClass, ties } = this;
    const { scorer } = this.pricer;
    const isOutdated =
      this.fitVersion !== podClass.fit.version ||
      this.rulesVersion !== podClass.rulesVersion ||
      this.topologyVersion !== cluster.topology.version ||
      this.tieVersion !== ties.version;
    if (isOutdated) [this.layout, this.minima] = this.relayout();
    const context = this.perNode === undefined ? '' : contextOf(podClass, this.perNode);
    const missed = cluster.changes.end - this.seen;
    const mustRescore =
      isOutdated ||
      this.seen < 0 ||
      this.scorerVersion !== scorer.version ||
      this.context !== context ||
      missed > this.layout.nodes.length + SHORT_REPLAY ||
      !cluster.changes.canReplay(this.seen);
    this.context = context;
    this.scorerVersion = scorer.version;
    if (mustRescore) this.rescore();
    else if (missed > 0) this.replay(missed);
    this.seen = cluster.changes.end;
  }

  private relayout(): [Layout, BlockMinima] {
    const { cluster, podClass, ties } = this;
    const { perNode, grouped } = splitRules(podClass.rules);
    this.perNode = isEmpty(perNode) ? undefined : perNode;
    this.grouped = isEmpty(grouped) ? undefined : grouped;
    const { near, apart, unwelcome, spread, wishes } = grouped;
    const counters = [...near, ...apart, ...unwelcome, ...[...spread, ...wishes].map(({ counter }) => counter)];
    const layout = this.layouts(podClass, [...new Set(counters.map(({ key }) => key))]);
    this.groupCosts = new Int32Array(layout.examples.length);
    this.fitVersion = podClass.fit.version;
    this.rulesVersion = podClass.rulesVersion;
    this.topologyVersion = cluster.topology.version;
    this.tieVersion = ties.version;
    return [layout, new BlockMinima(layout, ties.ranks)];
  }

  private rescore(): void {
    const { nodes } = this.layout;
    this.pricer.price(this.podClass, this.perNode, nodes, nodes.length, this.minima.costs);
    this.minima.settleAll();
  }

  private replay(missed: number): void {
    const { podClass, perNode, minima } = this;
    const { positions } = this.layout;
    const { costs } = minima;
    const { changes } = this.cluster;
    if (missed > this.changedAt.length) {
      this.changedNodes = new Int32Array(nextSize(this.changedAt.length, missed));
      this.changedAt = new Int32Array(this.changedNodes.length);
      this.changedCosts = new Int32Array(this.changedNodes.length);
    }
    const { changedNodes, changedAt, changedCosts } = this;
    let count = 0;
    for (let change = this.seen; change < changes.end; change++) {
      const node = changes.nodeAt(change);
      const at = node < 0 ? -1 : (positions[node] ?? -1);
      if (at < 0) continue;
      changedNodes[count] = node;
      changedAt[count] = at;
      count += 1;
    }
    this.pricer.price(podClass, perNode, changedNodes, count, changedCosts);
    for (let index = 0; index < count; index++) {
      const at = changedAt[index] ?? 0;
      const cost = changedCosts[index] ?? IMPOSSIBLE;
      if (cost !== costs[at]) minima.change(at, cost);
    }
  }
}
