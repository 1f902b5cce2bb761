import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import type { Condition, DeploymentStatus } from './conditions';
import { withCondition, withNews, withoutCondition } from './conditions';
import { deadlineSecondsOf, progressOf } from './progress';
import { fencePosts, sizeOf, totalAvailable, wantedOf } from './replica-counts';

const total = (sets: readonly ReplicaSet[], field: 'replicas' | 'readyReplicas'): number =>
  sets.reduce((sum, { status }) => sum + (status?.[field] ?? 0), 0);

/** The status as the ReplicaSets show it. `newSet` undefined: none was made yet. */
export function deploymentStatus(
  deployment: Deployment,
  { all, newSet }: { readonly all: readonly ReplicaSet[]; readonly newSet: ReplicaSet | undefined },
  nowMs: number,
): DeploymentStatus {
  const before: Partial<DeploymentStatus> = deployment.status ?? {};
  const available = totalAvailable(all);
  const counts = {
    observedGeneration: deployment.metadata.generation ?? 0,
    ...positive('replicas', total(all, 'replicas')),
    ...positive('updatedReplicas', newSet?.status?.replicas ?? 0),
    ...positive('readyReplicas', total(all, 'readyReplicas')),
    ...positive('availableReplicas', available),
    ...positive('unavailableReplicas', Math.max(0, all.reduce((sum, set) => sum + sizeOf(set), 0) - available)),
    ...(before.collisionCount === undefined ? {} : { collisionCount: before.collisionCount }),
  };
  // Absent counts are 0 on the wire; judged with zeros.
  const now = { updatedReplicas: 0, replicas: 0, readyReplicas: 0, availableReplicas: 0, ...counts };
  const progress = progressOf(deployment, { before, now, newSet, nowMs });
  const failure = failureOf(newSet === undefined ? all : [newSet, ...all]);
  let conditions = withCondition(before.conditions ?? [], availability(deployment, available), nowMs);
  if (deadlineSecondsOf(deployment) === undefined) conditions = withoutCondition(conditions, 'Progressing');
  else if (progress !== undefined) {
    conditions = (progress.isNews ? withNews : withCondition)(conditions, progress.condition, nowMs);
  }
  conditions =
    failure === undefined ? withoutCondition(conditions, 'ReplicaFailure') : withCondition(conditions, failure, nowMs);
  return { ...counts, conditions: [...conditions] };
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

/** Why pods cannot be made or deleted, as the first of the ReplicaSets says it. */
function failureOf(sets: readonly ReplicaSet[]): Condition | undefined {
  const found = sets
    .flatMap(({ status }) => status?.conditions ?? [])
    .find(({ type, status }) => type === 'ReplicaFailure' && status === 'True');
  return found === undefined
    ? undefined
    : { type: 'ReplicaFailure', status: 'True', reason: found.reason ?? '', message: found.message ?? '' };
}
