import type { SpreadRule, TopologyRules } from '../model/pod-class';
import type { Constraint } from './constraint';

/** The smallest count of any domain, or 0 while there are fewer domains than asked for. */
export const floorOf = ({ counter, minDomains }: SpreadRule): number =>
  counter.domains < minDomains ? 0 : counter.min;

const unbalanced = (spread: readonly SpreadRule[], node: number): SpreadRule | undefined =>
  spread.find((rule) => {
    const count = rule.counter.at(node);
    return count === undefined || count + rule.self - floorOf(rule) > rule.maxSkew;
  });

export const isSpread = ({ spread }: Pick<TopologyRules, 'spread'>, node: number): boolean =>
  unbalanced(spread, node) === undefined;

/** Topology spread constraints that must hold (DoNotSchedule). */
export const spreadsEvenly: Constraint = {
  name: 'spreads-evenly',
  cures: ['node', 'pod-gone', 'pod-came'],
  curedByPreemption: true,
  concerns: ({ rules }) => rules.spread.length > 0,
  allows: ({ rules }, node) => isSpread(rules, node),
  refusal: ({ rules }, node) => {
    const rule = unbalanced(rules.spread, node);
    const key = rule?.counter.key.name ?? '';
    const count = rule?.counter.at(node);
    if (rule === undefined || count === undefined) {
      return {
        reason: "node(s) didn't match pod topology spread constraints (missing required label)",
        detail: `it has no label ${key}, which the spread goes by`,
        remedy: `label ${key} on the node`,
      };
    }
    return {
      reason: "node(s) didn't match pod topology spread constraints",
      detail: `its ${key} has ${count} of the pods and the emptiest ${floorOf(rule)}: at most ${rule.maxSkew} more are allowed`,
      remedy: `fewer of the pods in its ${key}, or a higher maxSkew`,
    };
  },
};
