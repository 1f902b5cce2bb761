import type { KindName } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Client } from '../registry/client';
import type { Controller } from './controller';
import { GarbageCollector } from './garbage-collector';
import { NamespaceController } from './namespace';
import { PodGarbageController } from './pod-garbage';
import { ServiceAccountController } from './service-account';

export interface ControllerDeps {
  readonly client: Client;
  readonly clock: Clock;
}

/** Every namespaced kind, in the order in which a namespace is emptied. */
export const NAMESPACED: readonly KindName[] = [
  'Deployment',
  'StatefulSet',
  'DaemonSet',
  'ReplicaSet',
  'ReplicationController',
  'CronJob',
  'Job',
  'HorizontalPodAutoscaler',
  'PodDisruptionBudget',
  'Pod',
  'Service',
  'Endpoints',
  'ConfigMap',
  'Secret',
  'ServiceAccount',
  'Lease',
  'EndpointSlice',
  'Ingress',
  'NetworkPolicy',
  'PersistentVolumeClaim',
  'PodTemplate',
  'ControllerRevision',
  'LimitRange',
  'ResourceQuota',
  'RoleBinding',
  'Role',
  'CSIStorageCapacity',
  'Event',
];
/** Kinds whose objects own others or are owned. Events end by themselves. */
const OWNING: readonly KindName[] = [
  ...NAMESPACED.filter((kind) => kind !== 'Event'),
  'Node',
  'Namespace',
  'PersistentVolume',
  'ClusterRole',
  'ClusterRoleBinding',
  'StorageClass',
  'VolumeAttachment',
  'PriorityClass',
];

/** Every controller there is, but for the node lifecycle, which is also woken by the node channel. */
export const createControllers = (deps: ControllerDeps): readonly Controller[] => [
  new NamespaceController(deps.client, deps.clock, NAMESPACED),
  new ServiceAccountController(deps.client),
  new PodGarbageController(deps.client, deps.clock),
  ...OWNING.map((kind) => new GarbageCollector(deps.client, kind, OWNING)),
];
