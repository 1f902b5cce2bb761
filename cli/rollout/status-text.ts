import type { DaemonSet, Deployment, StatefulSet } from '../../shared/api/objects';
import type { StoredObject } from '../api-object';
import { UsageError } from '../client/resources';

/** How far a rollout is, in kubectl's words (kubectl/pkg/polymorphichelpers/rollout_status.go). */
export interface RolloutStatus {
  readonly text: string;
  readonly done: boolean;
}

/** `revision`: of which the rollout must be, 0 for the latest. Throws UsageError where there is none to follow, or where it has failed. */
export function rolloutStatusOf(object: StoredObject, revision = 0): RolloutStatus {
  if (object.kind === 'Deployment') return deploymentStatus(object as unknown as Deployment, revision);
  if (object.kind === 'DaemonSet') return daemonSetStatus(object as unknown as DaemonSet);
  if (object.kind === 'StatefulSet') return statefulSetStatus(object as unknown as StatefulSet);
  throw new UsageError(
    `no status viewer has been implemented for ${object.kind}: deployments, daemon sets and stateful sets have rollouts`,
  );
}

const waiting = (text: string): RolloutStatus => ({ text: `${text}...\n`, done: false });

function deploymentStatus({ metadata, spec, status }: Deployment, revision: number): RolloutStatus {
  const { name, generation = 0, annotations } = metadata;
  if (revision > 0) {
    const present = Number(annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    if (present !== revision)
      throw new UsageError(`desired revision (${revision}) is different from the running revision (${present})`);
  }
  if (generation > (status?.observedGeneration ?? 0))
    return waiting('Waiting for deployment spec update to be observed');
  const progress = status?.conditions?.find(({ type }) => type === 'Progressing');
  if (progress?.reason === 'ProgressDeadlineExceeded')
    throw new UsageError(`deployment "${name}" exceeded its progress deadline`);
  const { replicas = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status ?? {};
  const wanted = spec?.replicas ?? 1;
  const head = `Waiting for deployment "${name}" rollout to finish`;
  if (updated < wanted) return waiting(`${head}: ${updated} out of ${wanted} new replicas have been updated`);
  if (replicas > updated) return waiting(`${head}: ${replicas - updated} old replicas are pending termination`);
  if (available < updated) return waiting(`${head}: ${available} of ${updated} updated replicas are available`);
  return { text: `deployment "${name}" successfully rolled out\n`, done: true };
}

function daemonSetStatus({ metadata, spec, status }: DaemonSet): RolloutStatus {
  const { name, generation = 0 } = metadata;
  requireRollingUpdate(spec?.updateStrategy?.type);
  if (generation > (status?.observedGeneration ?? 0))
    return waiting('Waiting for daemon set spec update to be observed');
  const { updatedNumberScheduled: updated = 0, numberAvailable: available = 0 } = status ?? {};
  const wanted = status?.desiredNumberScheduled ?? 0;
  const head = `Waiting for daemon set "${name}" rollout to finish`;
  if (updated < wanted) return waiting(`${head}: ${updated} out of ${wanted} new pods have been updated`);
  if (available < wanted) return waiting(`${head}: ${available} of ${wanted} updated pods are available`);
  return { text: `daemon set "${name}" successfully rolled out\n`, done: true };
}

function statefulSetStatus({ metadata, spec, status }: StatefulSet): RolloutStatus {
  requireRollingUpdate(spec?.updateStrategy?.type);
  const { updatedReplicas: updated = 0, readyReplicas: ready = 0, updateRevision = '', currentRevision } = status ?? {};
  const wanted = spec?.replicas ?? 1;
  if (status?.observedGeneration === undefined || (metadata.generation ?? 0) > status.observedGeneration)
    return waiting('Waiting for statefulset spec update to be observed');
  if (ready < wanted) return waiting(`Waiting for ${wanted - ready} pods to be ready`);
  const partition = spec?.updateStrategy?.rollingUpdate?.partition ?? 0;
  if (partition > 0) {
    if (updated < wanted - partition)
      return waiting(
        `Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated`,
      );
    return { text: `partitioned roll out complete: ${updated} new pods have been updated...\n`, done: true };
  }
  if (updateRevision !== currentRevision)
    return waiting(`waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}`);
  return {
    text: `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${currentRevision}...\n`,
    done: true,
  };
}

function requireRollingUpdate(type: string | undefined): void {
  if (type !== undefined && type !== 'RollingUpdate')
    throw new UsageError('rollout status is only available for RollingUpdate strategy type');
}
