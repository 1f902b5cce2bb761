import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from 'kubernetes-types/autoscaling/v2';
import { milliOf } from '../../../shared/quantity';
import type { Tolerances } from './replica-count';
import { TOLERANCES } from './replica-count';
import type { ScalingHistory } from './scaling-history';

/** How long lower recommendations wait where nothing else is said. */
const SCALE_DOWN_WINDOW_SECONDS = 300;

export interface Pace {
  readonly current: number;
  /** What the metrics ask for. */
  readonly desired: number;
  readonly min: number;
  readonly max: number;
  readonly behavior: HorizontalPodAutoscalerBehavior | undefined;
  readonly history: ScalingHistory;
  readonly nowMs: number;
}

/** Why a number is what it is, for a condition. */
export interface Because {
  readonly reason: string;
  readonly message: string;
}

export interface Paced {
  readonly replicas: number;
  readonly ability: Because;
  readonly limit: Because & { readonly isLimited: boolean };
}

const READY: Because = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const STABILIZED_UP: Because = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const STABILIZED_DOWN: Because = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const IN_RANGE: Because = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
};
const TOO_FEW: Because = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const TOO_MANY: Because = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const TOO_FAST_UP: Because = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const TOO_FAST_DOWN: Because = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** The number of replicas to go to now: what is desired, held back by what was recommended lately and by the pace allowed. */
export function paced(pace: Pace): Paced {
  const stable = stabilized(pace);
  const { history, desired, current, nowMs } = pace;
  history.recommend(desired, nowMs);
  const ability = stable === desired ? READY : desired >= current ? STABILIZED_UP : STABILIZED_DOWN;
  const { replicas, because } = limited({ ...pace, desired: stable });
  return {
    replicas,
    ability: pace.behavior === undefined && stable !== desired ? STABILIZED_DOWN : ability,
    limit: { ...because, isLimited: replicas !== stable },
  };
}

/** Between the lowest that was recommended in the window for going up, and the highest in that for going down. */
function stabilized({ current, desired, behavior, history, nowMs }: Pace): number {
  const downSeconds = behavior?.scaleDown?.stabilizationWindowSeconds ?? SCALE_DOWN_WINDOW_SECONDS;
  const highest = Math.max(desired, ...history.recommendedSince(nowMs - downSeconds * 1_000));
  if (behavior === undefined) return highest;
  const upSeconds = behavior.scaleUp?.stabilizationWindowSeconds ?? 0;
  const lowest = Math.min(desired, ...history.recommendedSince(nowMs - upSeconds * 1_000));
  return Math.min(Math.max(current, lowest), highest);
}

function limited(pace: Pace): { readonly replicas: number; readonly because: Because } {
  const { current, desired, min, max, behavior } = pace;
  if (behavior === undefined) {
    const fastest = Math.max(2 * current, 4);
    if (desired < min) return { replicas: min, because: TOO_FEW };
    if (desired <= Math.min(max, fastest)) return { replicas: desired, because: IN_RANGE };
    return max > fastest ? { replicas: fastest, because: TOO_FAST_UP } : { replicas: max, because: TOO_MANY };
  }
  if (desired > current) {
    const fastest = Math.max(current, upLimit(pace, behavior.scaleUp));
    if (desired > Math.min(max, fastest)) {
      return max > fastest ? { replicas: fastest, because: TOO_FAST_UP } : { replicas: max, because: TOO_MANY };
    }
  } else if (desired < current) {
    const fastest = Math.min(current, downLimit(pace, behavior.scaleDown));
    if (desired < Math.max(min, fastest)) {
      return min < fastest ? { replicas: fastest, because: TOO_FAST_DOWN } : { replicas: min, because: TOO_FEW };
    }
  }
  return { replicas: desired, because: IN_RANGE };
}

function upLimit({ current, history, nowMs }: Pace, rules: HPAScalingRules | undefined): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const limits = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = history.replicasAt(nowMs - periodSeconds * 1_000, current);
    return type === 'Pods' ? start + value : Math.ceil((start * (100 + value)) / 100);
  });
  if (limits.length === 0) return Infinity;
  return rules?.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits);
}

/** The smallest change, `Min`, is the one that leaves the most. */
function downLimit({ current, history, nowMs }: Pace, rules: HPAScalingRules | undefined): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const limits = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const start = history.replicasAt(nowMs - periodSeconds * 1_000, current);
    return type === 'Pods' ? start - value : Math.trunc((start * (100 - value)) / 100);
  });
  if (limits.length === 0) return 0;
  return rules?.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits);
}

/** How little each way is too little to act upon; the field is newer than the types of the API. */
export function tolerancesOf(behavior: HorizontalPodAutoscalerBehavior | undefined): Tolerances {
  const of = (rules: object | undefined, otherwise: number): number => {
    const { tolerance } = (rules ?? {}) as { readonly tolerance?: string };
    return tolerance === undefined ? otherwise : milliOf(tolerance) / 1_000;
  };
  return { up: of(behavior?.scaleUp, TOLERANCES.up), down: of(behavior?.scaleDown, TOLERANCES.down) };
}
