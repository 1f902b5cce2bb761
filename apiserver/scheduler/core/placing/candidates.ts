import { mayBeFirst } from '../constraints/pod-affinity';
import type { Cluster } from '../model/cluster';
import { nextSize } from '../model/growing';
import type { PodClass, TopologyRules } from '../model/pod-class';
import type { TopologyKey } from '../model/topology-key';
import { IMPOSSIBLE } from '../scores/cost';
import type { Layout } from './layout';
import { contextOf, isEmpty, rulesCost, splitRules } from './node-cost';
import type { Pricer } from './pricer';
import type { TieOrder } from './tie-order';

/** Makes or finds the layout of a class. */
export type LayoutSource = (podClass: PodClass, keys: readonly TopologyKey[]) => Layout;

export interface BestTwo {
  readonly winner: number;
  readonly winnerCost: number;
  readonly runnerUp: number;
  readonly runnerUpCost: number;
}

const NONE: BestTwo = { winner: -1, winnerCost: IMPOSSIBLE, runnerUp: -1, runnerUpCost: IMPOSSIBLE };

/** Replaying more changes than there are nodes takes longer than starting over, unless there are few of both. */
const SHORT_REPLAY = 64;

/**
 * The nodes for one class of pods with what each costs, kept between decisions: only what changed since is worked out
 * again, so that the best node is found in about the square root of the number of nodes.
 */
export class Candidates {
  private layout: Layout | undefined;
  private perNode: TopologyRules | undefined;
  private grouped: TopologyRules | undefined;
  /** By position. */
  private costs = new Int32Array(0);
  /** By block: the cheapest position, and its cost. Of a stale block the cost is only a lower bound. */
  private bests = new Int32Array(0);
  private bounds = new Int32Array(0);
  private stale = new Uint8Array(0);
  private seen = 0;
  private fitVersion = -1;
  private rulesVersion = -1;
  private topologyVersion = -1;
  private tieVersion = -1;
  private scorerVersion = -1;
  /** Nodes that changed, with their positions and what they cost now. */
  private changedNodes = new Int32Array(0);
  private changedAt = new Int32Array(0);
  private changedCosts = new Int32Array(0);
  private context = '';
  private lastBlock = 0;

  constructor(
    private readonly cluster: Cluster,
    private readonly pricer: Pricer,
    private readonly podClass: PodClass,
    private readonly ties: TieOrder,
    private readonly layouts: LayoutSource,
  ) {}

  /** The node that costs least, in tie order between equals; -1: none takes the pod. */
  best(): number {
    const layout = this.refresh();
    const groupCosts = this.groupCosts(layout);
    const block = this.bestBlock(layout, groupCosts);
    if (block < 0) return -1;
    this.lastBlock = block;
    return layout.nodes[this.bests[block] ?? 0] ?? -1;
  }

  /** The best node and who would be it without that one, with what they cost; -1: there is none. */
  bestTwo(): BestTwo {
    const layout = this.refresh();
    const groupCosts = this.groupCosts(layout);
    const block = this.bestBlock(layout, groupCosts);
    if (block < 0) return NONE;
    const at = this.bests[block] ?? 0;
    const winner = layout.nodes[at] ?? -1;
    // Without the winner, its block is settled again; then the same search finds the second.
    const cost = this.costs[at] ?? IMPOSSIBLE;
    this.costs[at] = IMPOSSIBLE;
    this.settle(layout, block);
    const other = this.bestBlock(layout, groupCosts);
    const runnerUp = other < 0 ? -1 : (layout.nodes[this.bests[other] ?? 0] ?? -1);
    const groupCost = (of: number): number =>
      groupCosts === undefined ? 0 : (groupCosts[layout.groups[of] ?? 0] ?? 0);
    const runnerUpCost = other < 0 ? IMPOSSIBLE : (this.bounds[other] ?? IMPOSSIBLE) + groupCost(other);
    this.costs[at] = cost;
    this.bests[block] = at;
    this.bounds[block] = cost;
    this.stale[block] = 0;
    this.lastBlock = block;
    return { winner, winnerCost: cost + groupCost(block), runnerUp, runnerUpCost };
  }

  /** The nodes that cost least but for rules about domains, the best first. */
  cheapest(count: number): readonly number[] {
    const layout = this.refresh();
    const kept: { readonly node: number; readonly cost: number }[] = [];
    for (let at = 0; at < layout.nodes.length; at++) {
      const cost = this.costs[at] ?? IMPOSSIBLE;
      if (cost === IMPOSSIBLE || (kept.length === count && cost >= (kept.at(-1)?.cost ?? 0))) continue;
      kept.push({ node: layout.nodes[at] ?? -1, cost });
      kept.sort((a, b) => a.cost - b.cost);
      if (kept.length > count) kept.pop();
    }
    return kept.map(({ node }) => node);
  }

  private wins(node: number, other: number): boolean {
    return (this.ties.ranks[node] ?? 0) < (this.ties.ranks[other] ?? 0);
  }

  private bestBlock(layout: Layout, groupCosts: Int32Array | undefined): number {
    // The block that won last time is a good guess, and spares looking into stale blocks that cannot win.
    if (this.lastBlock < this.bounds.length && this.stale[this.lastBlock] === 1) this.settle(layout, this.lastBlock);
    return groupCosts === undefined ? this.bestOfAll(layout) : this.bestOfGroups(layout, groupCosts);
  }

  /** Where domains do not matter blocks are in tie order: of equals the first wins. */
  private bestOfAll(layout: Layout): number {
    const { bounds, stale, lastBlock } = this;
    let best = -1;
    let lowest = IMPOSSIBLE - 1;
    if ((bounds[lastBlock] ?? IMPOSSIBLE) <= lowest) {
      best = lastBlock;
      lowest = bounds[lastBlock] ?? IMPOSSIBLE;
    }
    for (let block = 0; block < bounds.length; block++) {
      if ((bounds[block] ?? IMPOSSIBLE) > lowest) continue;
      if (stale[block] === 1) this.settle(layout, block);
      const cost = bounds[block] ?? IMPOSSIBLE;
      if (cost > lowest || (cost === lowest && best >= 0 && best <= block)) continue;
      lowest = cost;
      best = block;
    }
    return best;
  }

  private bestOfGroups(layout: Layout, groupCosts: Int32Array): number {
    const { bounds, bests, stale, lastBlock } = this;
    const costOf = (block: number): number => {
      const own = bounds[block] ?? IMPOSSIBLE;
      const group = groupCosts[layout.groups[block] ?? 0] ?? 0;
      return own === IMPOSSIBLE || group === IMPOSSIBLE ? IMPOSSIBLE : own + group;
    };
    let lowest = lastBlock < bounds.length ? costOf(lastBlock) : IMPOSSIBLE;
    let best = lowest === IMPOSSIBLE ? -1 : lastBlock;
    for (let block = 0; block < bounds.length; block++) {
      let cost = costOf(block);
      if (cost > lowest || cost === IMPOSSIBLE) continue;
      if (stale[block] === 1) {
        this.settle(layout, block);
        cost = costOf(block);
        if (cost > lowest || cost === IMPOSSIBLE) continue;
      }
      const isBetter =
        cost < lowest || this.wins(layout.nodes[bests[block] ?? 0] ?? 0, layout.nodes[bests[best] ?? 0] ?? 0);
      if (!isBetter) continue;
      lowest = cost;
      best = block;
    }
    return best;
  }

  /** What each group costs by the rules that go by domains; undefined: there are none. */
  private groupCosts(layout: Layout): Int32Array | undefined {
    const { grouped } = this;
    if (grouped === undefined) return undefined;
    const isFirst = mayBeFirst(this.podClass);
    return layout.examples.map((node) => rulesCost(grouped, isFirst, node));
  }

  private refresh(): Layout {
    const { cluster, podClass, ties } = this;
    const { scorer } = this.pricer;
    const isOutdated =
      this.fitVersion !== podClass.fit.version ||
      this.rulesVersion !== podClass.rulesVersion ||
      this.topologyVersion !== cluster.topology.version ||
      this.tieVersion !== ties.version;
    if (this.layout === undefined || isOutdated) this.relayout();
    const layout = this.layout ?? this.relayout();
    const context = this.perNode === undefined ? '' : contextOf(podClass, this.perNode);
    const count = layout.nodes.length;
    const missed = cluster.changes.end - this.seen;
    const mustRescore =
      isOutdated ||
      this.scorerVersion !== scorer.version ||
      this.context !== context ||
      missed > count + SHORT_REPLAY ||
      !cluster.changes.canReplay(this.seen);
    this.context = context;
    this.scorerVersion = scorer.version;
    if (mustRescore) this.rescore(layout);
    else if (missed > 0) this.replay(layout);
    this.seen = cluster.changes.end;
    return layout;
  }

  private relayout(): Layout {
    const { cluster, podClass, ties } = this;
    const { perNode, grouped } = splitRules(podClass.rules);
    this.perNode = isEmpty(perNode) ? undefined : perNode;
    this.grouped = isEmpty(grouped) ? undefined : grouped;
    const { near, apart, unwelcome, spread, wishes } = grouped;
    const counters = [...near, ...apart, ...unwelcome, ...[...spread, ...wishes].map(({ counter }) => counter)];
    const layout = this.layouts(podClass, [...new Set(counters.map(({ key }) => key))]);
    this.layout = layout;
    this.costs = new Int32Array(layout.nodes.length);
    this.bests = new Int32Array(layout.groups.length);
    this.bounds = new Int32Array(layout.groups.length);
    this.stale = new Uint8Array(layout.groups.length);
    this.lastBlock = 0;
    this.fitVersion = podClass.fit.version;
    this.rulesVersion = podClass.rulesVersion;
    this.topologyVersion = cluster.topology.version;
    this.tieVersion = ties.version;
    return layout;
  }

  private rescore(layout: Layout): void {
    this.pricer.price(this.podClass, this.perNode, layout.nodes, layout.nodes.length, this.costs);
    for (let block = 0; block < this.bounds.length; block++) this.settle(layout, block);
  }

  private replay({ positions, blocks }: Layout): void {
    const { podClass, perNode, costs, bests, bounds, stale } = this;
    const { changes } = this.cluster;
    const missed = changes.end - this.seen;
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
      if (cost === costs[at]) continue;
      costs[at] = cost;
      const block = blocks[at] ?? 0;
      const bound = bounds[block] ?? 0;
      if (cost < bound) {
        bounds[block] = cost;
        bests[block] = at;
        stale[block] = 0;
      } else if (at === bests[block]) {
        stale[block] = 1;
      } else if (cost === bound && stale[block] === 0 && at < (bests[block] ?? 0)) {
        bests[block] = at;
      }
    }
  }

  /** Finds a stale block's best again. */
  private settle({ starts }: Layout, block: number): void {
    const { costs } = this;
    let lowest = IMPOSSIBLE;
    let best = starts[block] ?? 0;
    for (let at = best; at < (starts[block + 1] ?? 0); at++) {
      const cost = costs[at] ?? IMPOSSIBLE;
      if (cost >= lowest) continue;
      lowest = cost;
      best = at;
    }
    this.bests[block] = best;
    this.bounds[block] = lowest;
    this.stale[block] = 0;
  }
}
