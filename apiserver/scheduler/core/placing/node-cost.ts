import { mayBeFirst, isNear } from '../constraints/pod-affinity';
import { isApart } from '../constraints/pod-anti-affinity';
import { floorOf, isSpread } from '../constraints/topology-spread';
import type { PodClass, TopologyRules } from '../model/pod-class';
import { IMPOSSIBLE, MOST_WISHED } from '../scores/cost';

/** What the pods around make a node cost, by some of a class's rules: IMPOSSIBLE where a rule forbids it. */
export function rulesCost(rules: TopologyRules, isFirst: boolean, node: number): number {
  if (!isNear(rules, isFirst, node) || !isApart(rules, node) || !isSpread(rules, node)) return IMPOSSIBLE;
  return wishesCost(rules, node);
}

/** What the pods around make a node cost that no rule forbids. */
export function wishesCost({ wishes }: TopologyRules, node: number): number {
  let cost = 0;
  for (const { counter, weight, missing } of wishes) {
    const count = counter.at(node);
    cost += Math.max(-MOST_WISHED, Math.min(count === undefined ? missing : weight * count, MOST_WISHED));
  }
  return cost;
}

/** Rules that go by nodes, and those that go by larger domains. */
export function splitRules(rules: TopologyRules): { readonly perNode: TopologyRules; readonly grouped: TopologyRules } {
  const pick = (isPerNode: boolean): TopologyRules => ({
    near: rules.near.filter(({ key }) => key.isPerNode === isPerNode),
    apart: rules.apart.filter(({ key }) => key.isPerNode === isPerNode),
    unwelcome: rules.unwelcome.filter(({ key }) => key.isPerNode === isPerNode),
    spread: rules.spread.filter(({ counter }) => counter.key.isPerNode === isPerNode),
    wishes: rules.wishes.filter(({ counter }) => counter.key.isPerNode === isPerNode),
  });
  return { perNode: pick(true), grouped: pick(false) };
}

export const isEmpty = ({ near, apart, unwelcome, spread, wishes }: TopologyRules): boolean =>
  near.length + apart.length + unwelcome.length + spread.length + wishes.length === 0;

/** What rules that go by nodes depend on beside the node's own counts; when it changes, so may every node's cost. */
export const contextOf = (podClass: PodClass, perNode: TopologyRules): string =>
  perNode.near.length + perNode.spread.length === 0
    ? ''
    : `${mayBeFirst(podClass)} ${perNode.spread.map(floorOf).join()}`;
