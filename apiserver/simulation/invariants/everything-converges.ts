import type { Job } from '../../../shared/api/objects';
import { controllerOf } from '../../controllers/workloads/ownership';
import type { Invariant, Scene } from './invariant';

/** In the end every workload is as it was asked to be. */
export const everythingConverges: Invariant = {
  name: 'everything-converges',
  atEnd: (scene) => deployments(scene) ?? statefulSets(scene) ?? daemonSets(scene) ?? jobs(scene),
};

function deployments({ store }: Scene): string | undefined {
  for (const { metadata, spec, status } of store.all('Deployment')) {
    const replicas = spec?.replicas ?? 1;
    const { observedGeneration, updatedReplicas = 0, availableReplicas = 0, replicas: all = 0 } = status ?? {};
    const sets = store
      .all('ReplicaSet')
      .filter((set) => controllerOf(set)?.uid === metadata.uid && (set.spec?.replicas ?? 0) > 0);
    const isPaused = spec?.paused === true;
    const isDone =
      observedGeneration === metadata.generation &&
      availableReplicas === replicas &&
      all === replicas &&
      (isPaused || updatedReplicas === replicas) &&
      (isPaused || sets.length === Math.min(1, replicas));
    if (!isDone) {
      return `Deployment ${metadata.namespace}/${metadata.name} wants ${replicas} at generation ${metadata.generation ?? 0}: ${JSON.stringify({ ...status, conditions: undefined })}`;
    }
  }
  return undefined;
}

function statefulSets({ store }: Scene): string | undefined {
  for (const { metadata, spec, status } of store.all('StatefulSet')) {
    const replicas = spec?.replicas ?? 1;
    const isDone =
      status?.observedGeneration === metadata.generation &&
      status?.readyReplicas === replicas &&
      status.replicas === replicas &&
      status.currentRevision === status.updateRevision &&
      status.updatedReplicas === replicas;
    if (!isDone) {
      return `StatefulSet ${metadata.namespace}/${metadata.name} wants ${replicas} at generation ${metadata.generation ?? 0}: ${JSON.stringify(status)}`;
    }
  }
  return undefined;
}

function daemonSets({ store }: Scene): string | undefined {
  const nodes = store.all('Node').length;
  for (const { metadata, status } of store.all('DaemonSet')) {
    const isDone =
      status?.observedGeneration === metadata.generation &&
      status?.numberAvailable === nodes &&
      status.updatedNumberScheduled === nodes &&
      status.numberMisscheduled === 0;
    if (!isDone) return `DaemonSet ${metadata.namespace}/${metadata.name} on ${nodes} nodes: ${JSON.stringify(status)}`;
  }
  return undefined;
}

/** Whether it is to do something yet. */
export const isUnderWay = ({ spec, status }: Job): boolean =>
  spec?.suspend !== true &&
  !(status?.conditions ?? []).some(
    ({ type, status: value }) => (type === 'Complete' || type === 'Failed') && value === 'True',
  );

function jobs({ store }: Scene): string | undefined {
  const job = store.all('Job').find(isUnderWay);
  return job && `Job ${job.metadata.namespace}/${job.metadata.name}: ${JSON.stringify(job.status)}`;
}
