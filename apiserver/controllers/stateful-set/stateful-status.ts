import type { Pod, StatefulSet } from '../../../shared/api/objects';
import { isReady } from '../workloads/pod-state';
import { hashOf } from './stateful-pods';

type Status = NonNullable<StatefulSet['status']> & {
  readonly currentRevision: string;
  readonly updateRevision: string;
};

/** The hashes of the revision before an update, and of which revision the pod of an ordinal is meant to be. */
export function revisionsOf(
  { metadata, spec, status }: StatefulSet,
  update: string,
): { readonly current: string; readonly of: (ordinal: number) => string } {
  const current = status?.currentRevision?.slice(metadata.name.length + 1) ?? update;
  const isRolling = spec?.updateStrategy?.type !== 'OnDelete';
  const least = (spec?.ordinals?.start ?? 0) + (spec?.updateStrategy?.rollingUpdate?.partition ?? 0);
  return { current, of: (ordinal) => (isRolling && ordinal < least ? current : update) };
}

/** The status as the pods show it, those too that are on their way out (computeReplicaStatus of kubernetes). */
export function statefulStatus(
  set: StatefulSet,
  pods: readonly Pod[],
  update: string,
  isAvailable: (pod: Pod) => boolean,
): Status {
  const { replicas = 1, updateStrategy } = set.spec ?? {};
  const updateRevision = `${set.metadata.name}-${update}`;
  const standing = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const of = (hash: string): number => standing.filter((pod) => hashOf(pod) === hash).length;
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod));
  const updatedReplicas = of(update);
  const isDone =
    updateStrategy?.type !== 'OnDelete' &&
    updatedReplicas === replicas &&
    ready.length === replicas &&
    pods.length === replicas;
  const current = isDone ? update : revisionsOf(set, update).current;
  return {
    observedGeneration: set.metadata.generation ?? 0,
    replicas: pods.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter(isAvailable).length,
    currentReplicas: of(current),
    updatedReplicas,
    currentRevision: `${set.metadata.name}-${current}`,
    updateRevision,
    collisionCount: 0,
  };
}
