import type { Condition } from 'kubernetes-types/meta/v1';
import type { Pod, PodDisruptionBudget } from '../../shared/api/objects';
import { toTimestamp } from '../../shared/clock';
import { matchesLabels, selectorOf } from '../../shared/selectors/label-selector';
import type { StatusCause } from '../../shared/status-error';
import { forbidden, StatusError } from '../../shared/status-error';

export type BudgetStatus = NonNullable<PodDisruptionBudget['status']>;

const DISRUPTION_ALLOWED = 'DisruptionAllowed';
export const SYNC_FAILED = 'SyncFailed';
const REFUSAL = "Cannot evict pod as it would violate the pod's disruption budget.";
const RETRY_SECONDS = 10;
/** Evictions that are under way at a time. */
const MAX_DISRUPTED = 2_000;
const BUDGETS = { group: 'policy', resource: 'poddisruptionbudgets' };

/** Which pods a budget covers: an empty selector every one of the namespace, none no pod. */
export function coverOf({ metadata, spec }: PodDisruptionBudget): (pod: Pod) => boolean {
  const selector = selectorOf(spec?.selector);
  return (pod) =>
    selector !== undefined &&
    metadata.namespace === pod.metadata.namespace &&
    matchesLabels(selector, pod.metadata.labels);
}

export const covers = (budget: PodDisruptionBudget, pod: Pod): boolean => coverOf(budget)(pod);

/** 429: nothing is known yet of whether the budget allows it. */
export const stillProcessed = (budget: string): StatusError =>
  refusal(`The disruption budget ${budget} is still being processed by the server.`, RETRY_SECONDS);

/**
 * The status of the budget once this pod is disrupted: one disruption less is allowed, and the pod counts as gone until it
 * is. Throws TooManyRequests where none is allowed.
 */
export function takeDisruption(budget: PodDisruptionBudget, pod: string, nowMs: number): BudgetStatus {
  const { name, generation = 0 } = budget.metadata;
  const { status } = budget;
  if (status === undefined || (status.observedGeneration ?? 0) < generation) throw stillProcessed(name);
  const { disruptionsAllowed, disruptedPods = {}, desiredHealthy, currentHealthy } = status;
  if (disruptionsAllowed < 0) throw forbidden(BUDGETS, name, 'pdb disruptions allowed is negative');
  if (Object.keys(disruptedPods).length > MAX_DISRUPTED) {
    throw forbidden(BUDGETS, name, 'DisruptedPods map too big - too many evictions not confirmed by PDB controller');
  }
  if (disruptionsAllowed === 0) {
    const condition = status.conditions?.find(({ type }) => type === DISRUPTION_ALLOWED);
    throw refusal(
      condition?.reason === SYNC_FAILED
        ? `The disruption budget ${name} does not allow evicting pods currently because it failed sync: ${condition.message}`
        : `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`,
    );
  }
  const next: BudgetStatus = {
    ...status,
    disruptionsAllowed: disruptionsAllowed - 1,
    disruptedPods: { ...disruptedPods, [pod]: toTimestamp(nowMs) },
  };
  return disruptionsAllowed > 1 ? next : withCondition(next, verdictOf(next), nowMs);
}

export type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

export const verdictOf = ({ disruptionsAllowed }: BudgetStatus): Verdict =>
  disruptionsAllowed > 0
    ? { status: 'True', reason: 'SufficientPods', message: '' }
    : { status: 'False', reason: 'InsufficientPods', message: '' };

/** The status with the condition DisruptionAllowed; its time changes with its status. */
export function withCondition(status: BudgetStatus, verdict: Verdict, nowMs: number): BudgetStatus {
  const conditions = status.conditions ?? [];
  const before = conditions.find(({ type }) => type === DISRUPTION_ALLOWED);
  const condition: Condition = {
    type: DISRUPTION_ALLOWED,
    ...verdict,
    observedGeneration: status.observedGeneration ?? 0,
    lastTransitionTime: before?.status === verdict.status ? before.lastTransitionTime : toTimestamp(nowMs),
  };
  return { ...status, conditions: [...conditions.filter(({ type }) => type !== DISRUPTION_ALLOWED), condition] };
}

function refusal(message: string, retryAfterSeconds?: number): StatusError {
  const causes: readonly StatusCause[] = [{ reason: 'DisruptionBudget', message }];
  return new StatusError('TooManyRequests', REFUSAL, {
    causes,
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });
}
