import { hostPortsFree } from '../constraints/host-ports';
import { mayBeFirst } from '../constraints/pod-affinity';
import type { Cluster } from '../model/cluster';
import type { PodClass, TopologyRules } from '../model/pod-class';
import { IMPOSSIBLE } from '../scores/cost';
import { rulesCost } from './node-cost';
import type { Scorer } from './scorer';

/**
 * What nodes cost pods of a class. Many nodes are looked at together, rule after rule, so that each rule is one short
 * loop over typed arrays, and rules that do not concern the class cost nothing.
 */
export class Pricer {
  private readonly oneNode = new Int32Array(1);
  private readonly oneCost = new Int32Array(1);

  constructor(
    private readonly cluster: Cluster,
    readonly scorer: Scorer,
  ) {}

  /**
   * Writes what the first `count` of `nodes` cost into `costs`, by the same positions. IMPOSSIBLE: the pod does not fit, or
   * one of `rules` forbids it (undefined: there are none). That the class's demand allows the node is the caller's to know.
   */
  price(
    podClass: PodClass,
    rules: TopologyRules | undefined,
    nodes: Int32Array,
    count: number,
    costs: Int32Array,
  ): void {
    const { columns, amounts, devices, ports, fit } = podClass;
    const { load } = this.cluster;
    const { free } = this.cluster.nodes;
    costs.fill(0, 0, count);
    for (let index = 0; index < columns.length; index++) {
      const room = free[columns[index] ?? 0];
      const amount = amounts[index] ?? 0;
      if (room === undefined) continue;
      for (let at = 0; at < count; at++) if (amount > (room[nodes[at] ?? 0] ?? 0)) costs[at] = IMPOSSIBLE;
    }
    if (load.isFelt) {
      for (let at = 0; at < count; at++) {
        if (costs[at] === IMPOSSIBLE) continue;
        const node = nodes[at] ?? 0;
        costs[at] = load.isOverloaded(node) ? IMPOSSIBLE : load.costAt(node);
      }
    }
    if (devices !== undefined) {
      const kind = this.cluster.devices.kindOf(devices.resource);
      for (let at = 0; at < count; at++) {
        if (!this.cluster.devices.fits(nodes[at] ?? 0, kind, devices)) costs[at] = IMPOSSIBLE;
      }
    }
    if (ports.length > 0) {
      for (let at = 0; at < count; at++) {
        if (!hostPortsFree.allows(podClass, nodes[at] ?? 0, this.cluster)) costs[at] = IMPOSSIBLE;
      }
    }
    if (rules !== undefined) {
      const isFirst = mayBeFirst(podClass);
      for (let at = 0; at < count; at++) {
        if (costs[at] === IMPOSSIBLE) continue;
        const around = rulesCost(rules, isFirst, nodes[at] ?? 0);
        costs[at] = around === IMPOSSIBLE ? IMPOSSIBLE : (costs[at] ?? 0) + around;
      }
    }
    if (fit.hasCosts) {
      for (let at = 0; at < count; at++) {
        if (costs[at] !== IMPOSSIBLE) costs[at] = (costs[at] ?? 0) + fit.costAt(nodes[at] ?? 0);
      }
    }
    this.scorer.addCosts(podClass, nodes, count, costs);
  }

  /** The same for one node. */
  priceOf(podClass: PodClass, rules: TopologyRules | undefined, node: number): number {
    this.oneNode[0] = node;
    this.price(podClass, rules, this.oneNode, 1, this.oneCost);
    return this.oneCost[0] ?? IMPOSSIBLE;
  }

  /** What the scorer alone makes of a node. */
  roomCost(podClass: PodClass, node: number): number {
    this.oneNode[0] = node;
    this.oneCost[0] = 0;
    this.scorer.addCosts(podClass, this.oneNode, 1, this.oneCost);
    return this.oneCost[0] ?? 0;
  }
}
