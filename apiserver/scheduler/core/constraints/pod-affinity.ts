import type { DomainCounter } from '../model/domain-counter';
import type { PodClass, TopologyRules } from '../model/pod-class';
import type { Constraint } from './constraint';

/** Nobody it seeks is anywhere, and it is one of those it seeks: the first of a group may go anywhere. */
export const mayBeFirst = ({ rules, seeksItself }: PodClass): boolean =>
  seeksItself && rules.near.every(({ total }) => total === 0);

const unmet = (near: readonly DomainCounter[], isFirst: boolean, node: number): DomainCounter | undefined =>
  near.find((counter) => {
    const count = counter.at(node);
    return count === undefined || (count === 0 && !isFirst);
  });

/** `isFirst`: the pod may be the first of its group, see `mayBeFirst`. */
export const isNear = ({ near }: Pick<TopologyRules, 'near'>, isFirst: boolean, node: number): boolean =>
  unmet(near, isFirst, node) === undefined;

/** Required pod affinity: each term's domain must hold a pod that all the terms mean. */
export const nearOthers: Constraint = {
  name: 'near-others',
  cures: ['node', 'pod-came', 'namespace'],
  curedByPreemption: false,
  concerns: ({ rules }) => rules.near.length > 0,
  allows: (podClass, node) => isNear(podClass.rules, mayBeFirst(podClass), node),
  refusal: (podClass, node) => {
    const counter = unmet(podClass.rules.near, mayBeFirst(podClass), node);
    const key = counter?.key.name ?? '';
    return {
      reason: "node(s) didn't match pod affinity rules",
      detail:
        counter?.at(node) === undefined
          ? `it has no label ${key}, which the pod affinity goes by`
          : `no pod that the pod affinity seeks is in its ${key}`,
      remedy: `a pod that it wants to be near in the same ${key}`,
    };
  },
};
