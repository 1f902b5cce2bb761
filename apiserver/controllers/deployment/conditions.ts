import type { DeploymentCondition } from 'kubernetes-types/apps/v1';
import type { Deployment } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';

export type DeploymentStatus = NonNullable<Deployment['status']>;
export type Condition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;
type Conditions = readonly DeploymentCondition[];

export const conditionOf = (
  { conditions = [] }: Partial<DeploymentStatus>,
  type: string,
): DeploymentCondition | undefined => conditions.find((condition) => condition.type === type);

export const withoutCondition = (conditions: Conditions, type: string): Conditions =>
  conditions.filter((each) => each.type !== type);

/** As SetDeploymentCondition of kubernetes: another status or reason is news and comes last, another message alone is none. */
export function withCondition(conditions: Conditions, condition: Condition, nowMs: number): Conditions {
  const before = conditions.find(({ type }) => type === condition.type);
  const isKnown = before?.status === condition.status && before.reason === condition.reason;
  return isKnown ? conditions : withNews(conditions, condition, nowMs);
}

/** The condition as news, even where it says what it said before. */
export function withNews(conditions: Conditions, condition: Condition, nowMs: number): Conditions {
  const before = conditions.find(({ type }) => type === condition.type);
  const now = toTimestamp(nowMs);
  const lastTransitionTime = before?.status === condition.status ? (before.lastTransitionTime ?? now) : now;
  return [...withoutCondition(conditions, condition.type), { ...condition, lastUpdateTime: now, lastTransitionTime }];
}

export const progressing = (status: 'True' | 'False' | 'Unknown', reason: string, message: string): Condition => ({
  type: 'Progressing',
  status,
  reason,
  message,
});
