/**
 * The Kubernetes kinds that Pinsetter's own code touches, as they stand in the store: the published types with their
 * server-filled metadata present. Types only; nothing here exists at run time.
 */
import type * as admissionregistration from 'kubernetes-types/admissionregistration/v1';
import type * as apiextensions from 'kubernetes-types/apiextensions/v1';
import type * as apps from 'kubernetes-types/apps/v1';
import type * as autoscalingV1 from 'kubernetes-types/autoscaling/v1';
import type * as autoscaling from 'kubernetes-types/autoscaling/v2';
import type * as batch from 'kubernetes-types/batch/v1';
import type * as certificates from 'kubernetes-types/certificates/v1';
import type * as core from 'kubernetes-types/core/v1';
import type * as coordination from 'kubernetes-types/coordination/v1';
import type * as discovery from 'kubernetes-types/discovery/v1';
import type * as meta from 'kubernetes-types/meta/v1';
import type * as networking from 'kubernetes-types/networking/v1';
import type * as node from 'kubernetes-types/node/v1';
import type * as policy from 'kubernetes-types/policy/v1';
import type * as rbac from 'kubernetes-types/rbac/v1';
import type * as scheduling from 'kubernetes-types/scheduling/v1';
import type * as storage from 'kubernetes-types/storage/v1';

declare module 'kubernetes-types/core/v1' {
  // Fields that are newer than the published types.
  interface PodSpec {
    /** What the pod as a whole asks for and may use (KEP 2837). */
    resources?: core.ResourceRequirements;
  }
}

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

export type LimitRange = Namespaced<Stored<core.LimitRange>>;
export type PersistentVolumeClaim = Namespaced<Stored<core.PersistentVolumeClaim>>;
export type PodTemplate = Namespaced<Stored<core.PodTemplate>>;
export type ReplicationController = Namespaced<Stored<core.ReplicationController>>;
export type ResourceQuota = Namespaced<Stored<core.ResourceQuota>>;
export type ControllerRevision = Namespaced<Stored<apps.ControllerRevision>>;
export type DaemonSet = Namespaced<Stored<apps.DaemonSet>>;
export type Deployment = Namespaced<Stored<apps.Deployment>>;
export type ReplicaSet = Namespaced<Stored<apps.ReplicaSet>>;
export type StatefulSet = Namespaced<Stored<apps.StatefulSet>>;
export type HorizontalPodAutoscaler = Namespaced<Stored<autoscaling.HorizontalPodAutoscaler>>;
export type Scale = Namespaced<Stored<autoscalingV1.Scale>>;
export type CronJob = Namespaced<Stored<batch.CronJob>>;
export type Job = Namespaced<Stored<batch.Job>>;
export type EndpointSlice = Namespaced<Stored<discovery.EndpointSlice>>;
export type Ingress = Namespaced<Stored<networking.Ingress>>;
export type NetworkPolicy = Namespaced<Stored<networking.NetworkPolicy>>;
export type PodDisruptionBudget = Namespaced<Stored<policy.PodDisruptionBudget>>;
export type Role = Namespaced<Stored<rbac.Role>>;
export type RoleBinding = Namespaced<Stored<rbac.RoleBinding>>;
export type CSIStorageCapacity = Namespaced<Stored<storage.CSIStorageCapacity>>;
export type PersistentVolume = Stored<core.PersistentVolume>;
export type CertificateSigningRequest = Stored<certificates.CertificateSigningRequest>;
export type IngressClass = Stored<networking.IngressClass>;
/** Younger than the package of types. */
export type IPAddress = StoredObject & {
  spec: { parentRef: { group?: string; resource: string; namespace?: string; name: string } };
};
export type ServiceCIDR = StoredObject & { spec: { cidrs: string[] } };
export type RuntimeClass = Stored<node.RuntimeClass>;
export type CustomResourceDefinition = Stored<apiextensions.CustomResourceDefinition>;
export type ClusterRole = Stored<rbac.ClusterRole>;
export type ClusterRoleBinding = Stored<rbac.ClusterRoleBinding>;
export type CSIDriver = Stored<storage.CSIDriver>;
export type CSINode = Stored<storage.CSINode>;
export type StorageClass = Stored<storage.StorageClass>;
export type VolumeAttachment = Stored<storage.VolumeAttachment>;
export type MutatingWebhookConfiguration = Stored<admissionregistration.MutatingWebhookConfiguration>;
export type ValidatingAdmissionPolicy = Stored<admissionregistration.ValidatingAdmissionPolicy>;
export type ValidatingAdmissionPolicyBinding = Stored<admissionregistration.ValidatingAdmissionPolicyBinding>;
export type ValidatingWebhookConfiguration = Stored<admissionregistration.ValidatingWebhookConfiguration>;

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
  CSIDriver: CSIDriver;
  CustomResourceDefinition: CustomResourceDefinition;
  CSINode: CSINode;
  CSIStorageCapacity: CSIStorageCapacity;
  CertificateSigningRequest: CertificateSigningRequest;
  ClusterRole: ClusterRole;
  ClusterRoleBinding: ClusterRoleBinding;
  ControllerRevision: ControllerRevision;
  CronJob: CronJob;
  DaemonSet: DaemonSet;
  Deployment: Deployment;
  EndpointSlice: EndpointSlice;
  HorizontalPodAutoscaler: HorizontalPodAutoscaler;
  Ingress: Ingress;
  IngressClass: IngressClass;
  IPAddress: IPAddress;
  ServiceCIDR: ServiceCIDR;
  Job: Job;
  LimitRange: LimitRange;
  MutatingWebhookConfiguration: MutatingWebhookConfiguration;
  NetworkPolicy: NetworkPolicy;
  PersistentVolume: PersistentVolume;
  PersistentVolumeClaim: PersistentVolumeClaim;
  PodDisruptionBudget: PodDisruptionBudget;
  PodTemplate: PodTemplate;
  ReplicaSet: ReplicaSet;
  ReplicationController: ReplicationController;
  ResourceQuota: ResourceQuota;
  Role: Role;
  RoleBinding: RoleBinding;
  RuntimeClass: RuntimeClass;
  StatefulSet: StatefulSet;
  StorageClass: StorageClass;
  ValidatingAdmissionPolicy: ValidatingAdmissionPolicy;
  ValidatingAdmissionPolicyBinding: ValidatingAdmissionPolicyBinding;
  ValidatingWebhookConfiguration: ValidatingWebhookConfiguration;
  VolumeAttachment: VolumeAttachment;
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
  NFSVolumeSource,
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
