import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import type { Condition, DeploymentStatus } from './conditions';
import { conditionOf, progressing } from './conditions';
import { wantedOf } from './replica-counts';

type Status = Partial<DeploymentStatus>;

const NO_DEADLINE = 2 ** 31 - 1;
/** How long a rollout may make no progress; undefined: for ever, and nothing is said of it. */
export const deadlineSecondsOf = ({ spec }: Deployment): number | undefined =>
  spec?.progressDeadlineSeconds === NO_DEADLINE ? undefined : (spec?.progressDeadlineSeconds ?? 600);

/** Every pod is of the new template, wanted and available, and no other is left. */
export const isComplete = (deployment: Deployment, status: Status): boolean =>
  status.updatedReplicas === wantedOf(deployment) &&
  status.replicas === wantedOf(deployment) &&
  status.availableReplicas === wantedOf(deployment) &&
  (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0);

/** More is new, less is old, or more is ready or available than before. */
const isProgressing = (before: Status, now: Status): boolean => {
  const old = (of: Status): number => (of.replicas ?? 0) - (of.updatedReplicas ?? 0);
  return (
    (now.updatedReplicas ?? 0) > (before.updatedReplicas ?? 0) ||
    old(now) < old(before) ||
    (now.readyReplicas ?? 0) > (before.readyReplicas ?? 0) ||
    (now.availableReplicas ?? 0) > (before.availableReplicas ?? 0)
  );
};

export interface Progress {
  readonly condition: Condition;
  /** Whether its time counts anew although it may say what it said before. */
  readonly isNews: boolean;
}

/**
 * What is to be said of a rollout (syncRolloutStatus of kubernetes/pkg/controller/deployment/progress.go); undefined: what was
 * said before. One that has come to its end is not spoken of again while its pods come and go.
 */
export function progressOf(
  deployment: Deployment,
  seen: {
    readonly before: Status;
    readonly now: Status;
    readonly newSet: ReplicaSet | undefined;
    readonly nowMs: number;
  },
): Progress | undefined {
  const { before, now, newSet, nowMs } = seen;
  const deadline = deadlineSecondsOf(deployment);
  if (deadline === undefined || newSet === undefined) return undefined;
  const current = conditionOf(before, 'Progressing');
  const { name } = newSet.metadata;
  const isAboutThis = current?.message?.includes(`"${name}"`) === true;
  if (deployment.spec?.paused === true) {
    if (current?.reason === 'ProgressDeadlineExceeded') return undefined;
    return once(progressing('Unknown', 'DeploymentPaused', 'Deployment is paused'));
  }
  if (current?.reason === 'DeploymentPaused') {
    return once(progressing('Unknown', 'DeploymentResumed', 'Deployment is resumed'));
  }
  const isOver = current?.reason === 'NewReplicaSetAvailable' && isAboutThis;
  if (isOver && now.replicas === now.updatedReplicas) return undefined;
  if (isComplete(deployment, now)) {
    return once(progressing('True', 'NewReplicaSetAvailable', `ReplicaSet "${name}" has successfully progressed.`));
  }
  const moves: Progress = {
    condition: progressing('True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`),
    isNews: true,
  };
  if (isProgressing(before, now)) return moves;
  if (current === undefined) return once(progressing('True', 'FoundNewReplicaSet', `Found new replica set "${name}"`));
  if (current.reason === 'NewReplicaSetAvailable' || current.reason === 'ProgressDeadlineExceeded') {
    // What is said is of the rollout before: this one has its whole time still.
    return isAboutThis ? undefined : moves;
  }
  const sinceMs = current.lastUpdateTime === undefined ? nowMs : Date.parse(current.lastUpdateTime);
  return nowMs - sinceMs >= deadline * 1_000
    ? once(progressing('False', 'ProgressDeadlineExceeded', `ReplicaSet "${name}" has timed out progressing.`))
    : undefined;
}

/** When a rollout has timed out unless it moves until then; undefined: it cannot, or has. */
export function msToDeadline(deployment: Deployment, status: Status, nowMs: number): number | undefined {
  const deadline = deadlineSecondsOf(deployment);
  const current = conditionOf(status, 'Progressing');
  if (deadline === undefined || current?.lastUpdateTime === undefined || current.status === 'False') return undefined;
  if (deployment.spec?.paused === true || current.reason === 'NewReplicaSetAvailable') return undefined;
  return Math.max(0, Date.parse(current.lastUpdateTime) + deadline * 1_000 - nowMs) + 1;
}

const once = (condition: Condition): Progress => ({ condition, isNews: false });
