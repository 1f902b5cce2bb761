import type { DeploymentCondition } from 'kubernetes-types/apps/v1';
import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { fencePosts, sizeOf, totalAvailable, wantedOf } from './replica-counts';

type Status = NonNullable<Deployment['status']>;
type Condition = Pick<DeploymentCondition, 'type' | 'status' | 'reason' | 'message'>;

export const conditionOf = ({ conditions = [] }: Partial<Status>, type: string): DeploymentCondition | undefined =>
  conditions.find((condition) => condition.type === type);

const total = (sets: readonly ReplicaSet[], field: 'replicas' | 'readyReplicas'): number =>
  sets.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0);

/** Every pod is of the new template, wanted and available, and no other is left. */
export const isComplete = (deployment: Deployment, status: Partial<Status>): boolean =>
  status.updatedReplicas === wantedOf(deployment) &&
  status.replicas === wantedOf(deployment) &&
  status.availableReplicas === wantedOf(deployment) &&
  (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);

/** More is new, less is old, or more is ready or available than before. */
const isProgressing = (before: Partial<Status>, now: Partial<Status>): boolean => {
  const old = (of: Partial<Status>): number => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
};

const NO_DEADLINE = 2 ** 31 - 1;
export const deadlineSecondsOf = ({ spec }: Deployment): number | undefined =>
  spec?.progressDeadlineSeconds === NO_DEADLINE ? undefined : (spec?.progressDeadlineSeconds ?? 600);

/** The status as the ReplicaSets show it. `newSet` undefined: none was made yet. */
export function deploymentStatus(
  deployment: Deployment,
  { all, newSet }: { readonly all: readonly ReplicaSet[]; readonly newSet: ReplicaSet | undefined },
  nowMs: number,
): Status {
  const before: Partial<Status> = deployment.status ?? {};
  const available = totalAvailable(all);
  const replicas = total(all, 'replicas');
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...positive('replicas', replicas),
    ...positive('updatedReplicas', newSet?.status?.replicas ?? 0),
    ...positive('readyReplicas', total(all, 'readyReplicas')),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', Math.max(0, all.reduce((sum, set) => sum + sizeOf(set), 0) - available)),
    ...(before.collisionCount === undefined ? {} : { collisionCount: before.collisionCount }),
  };
  // Absent counts are 0 on the wire; judged with zeros.
  const full = { updatedReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0, ...counts };
  const conditions = new Map((before.conditions ?? []).map((condition) => [condition.type, condition]));
  const set = (condition: Condition, isNews = false): void => {
    const old = conditions.get(condition.type);
    const now = toTimestamp(nowMs);
    if (
      !isNews &&
      old?.status === condition.status &&
      old.reason === condition.reason &&
      old.message === condition.message
    )
      return;
    conditions.set(condition.type, {
      ...condition,
      lastUpdateTime: now,
      lastTransitionTime: old?.status === condition.status ? (old.lastTransitionTime ?? now) : now,
    });
  };
  set(availability(deployment, available));
  if (deadlineSecondsOf(deployment) === undefined) conditions.delete('Progressing');
  const progress = progressOf(deployment, { before, now: full, newSet, nowMs });
  if (progress !== undefined) set(progress, progress.isNews);
  const failure = [...(newSet === undefined ? [] : [newSet]), ...all]
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  if (failure === undefined) conditions.delete('ReplicaFailure');
  else
    set({
      type: 'ReplicaFailure',
      status: 'True',
      reason: failure.reason ?? '',
      message: failure.message ?? '',
    });
  return { ...counts, conditions: [...conditions.values()] };
}

const positive = <N extends string>(name: N, value: number): { [name in N]?: number } =>
  (value === 0 ? {} : { [name]: value }) as { [name in N]?: number };

const availability = (deployment: Deployment, available: number): Condition =>
  available >= wantedOf(deployment) - fencePosts(deployment).unavailable
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      };

function progressOf(
  deployment: Deployment,
  {
    before,
    now,
    newSet,
    nowMs,
  }: {
    readonly before: Partial<Status>;
    readonly now: Partial<Status>;
    readonly newSet: ReplicaSet | undefined;
    readonly nowMs: number;
  },
): (Condition & { readonly isNews: boolean }) | undefined {
  const deadline = deadlineSecondsOf(deployment);
  if (deadline === undefined || newSet === undefined) return undefined;
  const current = conditionOf(before, 'Progressing');
  const name = newSet.metadata.name;
  if (deployment.spec?.paused === true && current?.reason === 'ProgressDeadlineExceeded') return undefined;
  if (deployment.spec?.paused === true) {
    return condition('Unknown', 'DeploymentPaused', 'Deployment is paused', false);
  }
  if (current?.reason === 'DeploymentPaused') {
    return condition('Unknown', 'DeploymentResumed', 'Deployment is resumed', true);
  }
  if (isComplete(deployment, now)) {
    return condition('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`, false);
  }
  if (current === undefined || isProgressing(before, now)) {
    return condition('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`, true);
  }
  if (current.reason === 'NewReplicaSetAvailable' || current.reason === 'ProgressDeadlineExceeded') {
    // A finished rollout does not time out; a new one begins anew.
    return current.message?.includes(`"${name}"`) === true
      ? undefined
      : condition('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`, true);
  }
  const sinceMs = Date.parse(current.lastUpdateTime ?? toTimestamp(nowMs));
  return nowMs - sinceMs >= deadline * 1_000
    ? condition('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`, false)
    : undefined;
}

const condition = (
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  isNews: boolean,
): Condition & { readonly isNews: boolean } => ({ type: 'Progressing', status, reason, message, isNews });
