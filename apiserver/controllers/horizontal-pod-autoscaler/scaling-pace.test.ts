import type { HorizontalPodAutoscalerBehavior } from 'kubernetes-types/autoscaling/v2';
import { ScalingHistory } from './scaling-history';
import { paced } from './scaling-pace';

const NOW = 10_000_000;
const seconds = (count: number): number => NOW + count * 1_000;

interface Situation {
  readonly current: number;
  readonly desired: number;
  readonly min?: number;
  readonly max?: number;
  readonly behavior?: HorizontalPodAutoscalerBehavior;
  /** Seconds ago and number. */
  readonly recommended?: readonly (readonly [number, number])[];
  /** Seconds ago, from, to. */
  readonly scaled?: readonly (readonly [number, number, number])[];
}

function pace({ current, desired, min = 1, max = 100, behavior, recommended = [], scaled = [] }: Situation) {
  const history = new ScalingHistory(current, seconds(-3_000));
  for (const [ago, count] of recommended) history.recommend(count, seconds(-ago));
  for (const [ago, from, to] of scaled) history.scaled(from, to, seconds(-ago));
  const { replicas, ability, limit } = paced({ current, desired, min, max, behavior, history, nowMs: NOW });
  return [replicas, ability.reason, limit.reason, limit.isLimited];
}

const up = (scaleUp: HorizontalPodAutoscalerBehavior['scaleUp']): HorizontalPodAutoscalerBehavior => ({
  scaleUp: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', ...scaleUp },
});
const down = (scaleDown: HorizontalPodAutoscalerBehavior['scaleDown']): HorizontalPodAutoscalerBehavior => ({
  scaleDown: { stabilizationWindowSeconds: 0, selectPolicy: 'Max', ...scaleDown },
});
const podsPolicy = (value: number, periodSeconds = 60) => ({ type: 'Pods', value, periodSeconds });
const percentPolicy = (value: number, periodSeconds = 60) => ({ type: 'Percent', value, periodSeconds });

it.each<[string, Situation, [number, string, string, boolean]]>([
  ['stays', { current: 3, desired: 3 }, [3, 'ReadyForNewScale', 'DesiredWithinRange', false]],
  ['goes up at once', { current: 3, desired: 5 }, [5, 'ReadyForNewScale', 'DesiredWithinRange', false]],
  ['at most doubles', { current: 3, desired: 9 }, [6, 'ReadyForNewScale', 'ScaleUpLimit', true]],
  ['may go to four from one', { current: 1, desired: 9 }, [4, 'ReadyForNewScale', 'ScaleUpLimit', true]],
  ['goes to the maximum', { current: 3, desired: 9, max: 4 }, [4, 'ReadyForNewScale', 'TooManyReplicas', true]],
  ['goes down to the minimum', { current: 3, desired: 1, min: 2 }, [2, 'ReadyForNewScale', 'TooFewReplicas', true]],
  [
    'goes down only to the highest of five minutes',
    {
      current: 8,
      desired: 1,
      recommended: [
        [400, 8],
        [200, 5],
        [100, 3],
      ],
    },
    [5, 'ScaleDownStabilized', 'DesiredWithinRange', false],
  ],
])('without a behavior it %s', (_what, situation, expected) => {
  expect(pace(situation)).toEqual(expected);
});

it('remembers what it recommended', () => {
  const history = new ScalingHistory(3, seconds(-3_000));
  const at = (current: number, desired: number, nowMs: number): number =>
    paced({ current, desired, min: 1, max: 100, behavior: undefined, history, nowMs }).replicas;
  expect([at(3, 5, NOW), at(5, 1, seconds(299)), at(5, 1, seconds(301))]).toEqual([5, 5, 1]);
});

it.each<[string, Situation, [number, string, string, boolean]]>([
  [
    'adds as many pods as a policy allows',
    { current: 3, desired: 20, behavior: up({ policies: [podsPolicy(2)] }) },
    [5, 'ReadyForNewScale', 'ScaleUpLimit', true],
  ],
  [
    'counts what was added in the period',
    {
      current: 5,
      desired: 20,
      behavior: up({ policies: [podsPolicy(2)] }),
      scaled: [
        [90, 2, 4],
        [30, 4, 5],
      ],
    },
    [6, 'ReadyForNewScale', 'ScaleUpLimit', true],
  ],
  [
    'rounds a share up',
    { current: 3, desired: 20, behavior: up({ policies: [percentPolicy(10)] }) },
    [4, 'ReadyForNewScale', 'ScaleUpLimit', true],
  ],
  [
    'takes the larger of two policies',
    { current: 10, desired: 90, behavior: up({ policies: [percentPolicy(100), podsPolicy(4)] }) },
    [20, 'ReadyForNewScale', 'ScaleUpLimit', true],
  ],
  [
    'takes the smaller where Min says so',
    { current: 10, desired: 90, behavior: up({ selectPolicy: 'Min', policies: [percentPolicy(100), podsPolicy(4)] }) },
    [14, 'ReadyForNewScale', 'ScaleUpLimit', true],
  ],
  [
    'does not go up where that is disabled',
    { current: 3, desired: 9, behavior: up({ selectPolicy: 'Disabled' }) },
    [3, 'ReadyForNewScale', 'ScaleUpLimit', true],
  ],
  [
    'goes up only to the lowest of its window',
    {
      current: 3,
      desired: 9,
      behavior: up({ stabilizationWindowSeconds: 60, policies: [percentPolicy(900)] }),
      recommended: [
        [90, 3],
        [30, 5],
        [15, 8],
      ],
    },
    [5, 'ScaleUpStabilized', 'DesiredWithinRange', false],
  ],
  [
    'takes away as many pods as a policy allows',
    { current: 9, desired: 2, behavior: down({ policies: [podsPolicy(3)] }) },
    [6, 'ReadyForNewScale', 'ScaleDownLimit', true],
  ],
  [
    'leaves the rest of a share',
    { current: 9, desired: 2, behavior: down({ policies: [percentPolicy(50)] }) },
    [4, 'ReadyForNewScale', 'ScaleDownLimit', true],
  ],
  [
    'takes the change that leaves most where Min says so',
    { current: 9, desired: 2, behavior: down({ selectPolicy: 'Min', policies: [percentPolicy(50), podsPolicy(1)] }) },
    [8, 'ReadyForNewScale', 'ScaleDownLimit', true],
  ],
  [
    'counts what was taken away in the period',
    { current: 7, desired: 2, behavior: down({ policies: [podsPolicy(3)] }), scaled: [[30, 9, 7]] },
    [6, 'ReadyForNewScale', 'ScaleDownLimit', true],
  ],
  [
    'does not go down where that is disabled',
    { current: 9, desired: 2, behavior: down({ selectPolicy: 'Disabled' }) },
    [9, 'ReadyForNewScale', 'ScaleDownLimit', true],
  ],
  [
    'waits five minutes before it goes down where no window is given',
    {
      current: 9,
      desired: 2,
      behavior: { scaleDown: { selectPolicy: 'Max', policies: [percentPolicy(100)] } },
      recommended: [[200, 7]],
    },
    [7, 'ScaleDownStabilized', 'DesiredWithinRange', false],
  ],
  [
    'keeps the maximum',
    { current: 3, desired: 9, max: 5, behavior: up({ policies: [percentPolicy(900)] }) },
    [5, 'ReadyForNewScale', 'TooManyReplicas', true],
  ],
  [
    'keeps the minimum',
    { current: 3, desired: 1, min: 2, behavior: down({ policies: [percentPolicy(100)] }) },
    [2, 'ReadyForNewScale', 'TooFewReplicas', true],
  ],
])('with a behavior it %s', (_what, situation, expected) => {
  expect(pace(situation)).toEqual(expected);
});
