import type { DomainCounter } from '../model/domain-counter';
import type { TopologyRules } from '../model/pod-class';
import type { Constraint } from './constraint';

const occupied = (counters: readonly DomainCounter[], node: number): DomainCounter | undefined =>
  counters.find((counter) => (counter.at(node) ?? 0) > 0);

/** Both directions: what the pod keeps away from, and what keeps away from it. */
export const isApart = ({ apart, unwelcome }: TopologyRules, node: number): boolean =>
  occupied(apart, node) === undefined && occupied(unwelcome, node) === undefined;

/** Required pod anti-affinity of the pod itself. */
export const apartFromOthers: Constraint = {
  name: 'apart-from-others',
  cures: ['node', 'pod-gone', 'namespace'],
  curedByPreemption: true,
  concerns: ({ rules }) => rules.apart.length > 0,
  allows: ({ rules }, node) => occupied(rules.apart, node) === undefined,
  refusal: ({ rules }, node) => ({
    reason: "node(s) didn't match pod anti-affinity rules",
    detail: `a pod that it must be apart from is in its ${occupied(rules.apart, node)?.key.name ?? ''}`,
    remedy: `those that it must be apart from elsewhere`,
  }),
};

/** Required pod anti-affinity of those who run there already. */
export const welcomeToOthers: Constraint = {
  name: 'welcome-to-others',
  cures: ['node', 'pod-gone', 'namespace'],
  curedByPreemption: true,
  concerns: ({ rules }) => rules.unwelcome.length > 0,
  allows: ({ rules }, node) => occupied(rules.unwelcome, node) === undefined,
  refusal: ({ rules }, node) => ({
    reason: "node(s) didn't satisfy existing pods anti-affinity rules",
    detail: `a pod in its ${occupied(rules.unwelcome, node)?.key.name ?? ''} must be apart from this one`,
    remedy: 'those that must be apart from it elsewhere',
  }),
};
