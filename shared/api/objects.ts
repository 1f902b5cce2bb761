/**
 * The Kubernetes kinds that Pinsetter's own code touches, as they stand in the store: the published types with their
 * server-filled metadata present. Types only; nothing here exists at run time.
 */
import type * as core from 'kubernetes-types/core/v1';
import type * as coordination from 'kubernetes-types/coordination/v1';
import type * as meta from 'kubernetes-types/meta/v1';
import type * as scheduling from 'kubernetes-types/scheduling/v1';

/** `metadata` of a stored object: what the registry always fills is required. */
export type StoredMeta = Omit<meta.ObjectMeta, 'name' | 'uid' | 'resourceVersion' | 'creationTimestamp'> & {
  name: string;
  uid: string;
  resourceVersion: string;
  creationTimestamp: string;
};

/** Any object as a client sends it: type and metadata may still be incomplete. */
export interface ApiObject {
  apiVersion?: string | undefined;
  kind?: string | undefined;
  metadata?: meta.ObjectMeta | undefined;
  [field: string]: unknown;
}

/** Any object as the registry hands it out. */
export interface StoredObject {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
  [field: string]: unknown;
}

type Stored<T extends { metadata?: meta.ObjectMeta | undefined }> = Omit<T, 'metadata' | 'apiVersion' | 'kind'> & {
  apiVersion: string;
  kind: string;
  metadata: StoredMeta;
};

/** A stored namespaced object always has its namespace. */
export type Namespaced<T extends { metadata: StoredMeta }> = Omit<T, 'metadata'> & {
  metadata: T['metadata'] & { namespace: string };
};

export type Pod = Namespaced<Stored<core.Pod>> & { spec: core.PodSpec };
export type Node = Stored<core.Node>;
export type Namespace = Stored<core.Namespace>;
export type ConfigMap = Namespaced<Stored<core.ConfigMap>>;
export type Secret = Namespaced<Stored<core.Secret>>;
export type Service = Namespaced<Stored<core.Service>>;
export type Endpoints = Namespaced<Stored<core.Endpoints>>;
export type ServiceAccount = Namespaced<Stored<core.ServiceAccount>>;
export type Event = Namespaced<Stored<core.Event>>;
export type Lease = Namespaced<Stored<coordination.Lease>>;
export type PriorityClass = Stored<scheduling.PriorityClass>;

/** Kind name -> stored type, for the typed in-process client. A new kind that our code reads adds a line here. */
export interface KindTypes {
  Pod: Pod;
  Node: Node;
  Namespace: Namespace;
  ConfigMap: ConfigMap;
  Secret: Secret;
  Service: Service;
  Endpoints: Endpoints;
  ServiceAccount: ServiceAccount;
  Event: Event;
  Lease: Lease;
  PriorityClass: PriorityClass;
}
export type KindName = keyof KindTypes;

export type {
  Affinity,
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EnvFromSource,
  EnvVar,
  EphemeralContainer,
  Lifecycle,
  LifecycleHandler,
  NodeAddress,
  NodeCondition,
  NodeSelectorTerm,
  NodeStatus,
  NodeSystemInfo,
  ObjectReference,
  PodCondition,
  PodSecurityContext,
  PodSpec,
  PodStatus,
  Probe,
  ResourceRequirements,
  SecurityContext,
  Taint,
  Toleration,
  Volume,
  VolumeMount,
} from 'kubernetes-types/core/v1';
export type { DeleteOptions, LabelSelector, ListMeta, ObjectMeta, OwnerReference } from 'kubernetes-types/meta/v1';
