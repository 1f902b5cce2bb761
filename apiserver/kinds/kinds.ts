import type { Kind } from './kind';
import { KindList } from './kind-list';
import {
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
} from './admissionregistration/webhook-configurations';
import {
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
} from './admissionregistration/admission-policies';
import { controllerRevision } from './apps/controller-revision';
import { daemonSet } from './apps/daemon-set';
import { deployment } from './apps/deployment';
import { replicaSet } from './apps/replica-set';
import { replicationController } from './apps/replication-controller';
import { statefulSet } from './apps/stateful-set';
import { horizontalPodAutoscaler } from './autoscaling/horizontal-pod-autoscaler';
import { horizontalPodAutoscalerV1 } from './autoscaling/horizontal-pod-autoscaler-v1';
import { cronJob } from './batch/cron-job';
import { job } from './batch/job';
import { certificateSigningRequest } from './certificates/certificate-signing-request';
import { apiService } from './api-service';
import { binding } from './binding';
import { componentStatus } from './component-status';
import { configMap } from './config-map';
import { customResourceDefinition } from './custom-resource-definition';
import { endpointSlice } from './discovery/endpoint-slice';
import { endpoints } from './endpoints';
import { event } from './event';
import { eventsEvent } from './events-event';
import { flowSchema } from './flowcontrol/flow-schema';
import { priorityLevelConfiguration } from './flowcontrol/priority-level-configuration';
import { lease } from './lease';
import { limitRange } from './limit-range';
import { nodeMetrics, podMetrics } from './metrics';
import { namespace } from './namespace';
import { ingress } from './networking/ingress';
import { ingressClass } from './networking/ingress-class';
import { networkPolicy } from './networking/network-policy';
import { ipAddress, serviceCidr } from './networking/service-addresses';
import { node } from './node';
import { runtimeClass } from './runtime-class';
import { podTemplate } from './pod-template/pod-template-kind';
import { pod } from './pod/pod';
import { podDisruptionBudget } from './policy/pod-disruption-budget';
import { priorityClass } from './priority-class';
import { clusterRoleBinding, roleBinding } from './rbac/bindings';
import { clusterRole, role } from './rbac/roles';
import { REVIEWS } from './reviews';
import { resourceQuota } from './resource-quota';
import { secret } from './secret';
import { service } from './service';
import { serviceAccount } from './service-account';
import { csiDriver, csiNode, csiStorageCapacity, volumeAttachment } from './storage/csi';
import { persistentVolume } from './storage/persistent-volume';
import { persistentVolumeClaim } from './storage/persistent-volume-claim';
import { storageClass } from './storage/storage-class';
import { volumeAttributesClass } from './storage/volume-attributes-class';

/** Every kind that there is, in the order in which discovery names them. */
export const KINDS: readonly Kind[] = [
  configMap,
  endpoints,
  event,
  limitRange,
  namespace,
  node,
  persistentVolume,
  persistentVolumeClaim,
  pod,
  podTemplate,
  replicationController,
  resourceQuota,
  secret,
  service,
  serviceAccount,
  controllerRevision,
  daemonSet,
  deployment,
  replicaSet,
  statefulSet,
  horizontalPodAutoscaler,
  horizontalPodAutoscalerV1,
  cronJob,
  job,
  certificateSigningRequest,
  lease,
  eventsEvent,
  endpointSlice,
  flowSchema,
  priorityLevelConfiguration,
  ingress,
  ingressClass,
  ipAddress,
  networkPolicy,
  serviceCidr,
  runtimeClass,
  podDisruptionBudget,
  clusterRole,
  clusterRoleBinding,
  role,
  roleBinding,
  priorityClass,
  csiDriver,
  csiNode,
  csiStorageCapacity,
  storageClass,
  volumeAttachment,
  volumeAttributesClass,
  mutatingWebhookConfiguration,
  validatingWebhookConfiguration,
  validatingAdmissionPolicy,
  validatingAdmissionPolicyBinding,
  customResourceDefinition,
];

/** Kinds that are answered without being stored. */
export const VIRTUAL_KINDS: readonly Kind[] = [
  binding,
  componentStatus,
  ...REVIEWS,
  apiService,
  nodeMetrics,
  podMetrics,
];

export const createKindList = (kinds: readonly Kind[] = KINDS): KindList => new KindList(kinds, VIRTUAL_KINDS);
