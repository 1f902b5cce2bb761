import type {
  ConfigMap,
  CronJob,
  DaemonSet,
  Deployment,
  Endpoints,
  EndpointSlice,
  HorizontalPodAutoscaler,
  IngressClass,
  Job,
  Lease,
  LimitRange,
  Namespace,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  PodDisruptionBudget,
  PriorityClass,
  ReplicaSet,
  ReplicationController,
  ResourceQuota,
  Secret,
  Service,
  ServiceAccount,
  StatefulSet,
  StorageClass,
} from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import type { Context } from '../commands/command';
import { selectorText } from '../selector-text';
import { bindingText, roleText } from './access-text';
import { autoscalerText } from './autoscaler-text';
import { configMapText, namespaceText, quotaText, secretText, serviceAccountText } from './config-text';
import { endpointSliceText, endpointsText, ingressClassText } from './endpoints-text';
import { genericText } from './generic-text';
import { networkPolicyText } from './network-policy-text';
import { ingressText, serviceText } from './network-text';
import { nodeText } from './node-text';
import { podText } from './pod-text';
import { budgetText, limitRangeText, priorityClassText } from './policy-text';
import { claimText, storageClassText, volumeText } from './storage-text';
import { cronJobText, daemonSetText, deploymentText, jobText, replicaSetText, statefulSetText } from './workload-text';

type Describer = (context: Context, object: StoredObject) => string | Promise<string>;

/** Kinds whose descriptions end without Events, as kubectl's do. */
const WITHOUT_EVENTS = new Set([
  ...['LimitRange', 'Namespace', 'ResourceQuota', 'Secret'],
  ...['Role', 'ClusterRole', 'RoleBinding', 'ClusterRoleBinding'],
]);

export const hasEvents = ({ kind }: StoredObject): boolean => !WITHOUT_EVENTS.has(kind);

/** All about an object but its Events, with tabs for alignTabs. */
export async function describeObject(context: Context, object: StoredObject): Promise<string> {
  const describer = Object.hasOwn(DESCRIBERS, object.kind) ? DESCRIBERS[object.kind] : undefined;
  return describer === undefined ? genericText(object) : describer(context, object);
}

const as = <T>(object: StoredObject): T => object as unknown as T;

async function listed<T>(context: Context, path: string, labelSelector?: string): Promise<readonly T[]> {
  const { value } = await context.client().json<ObjectList>({ path, query: { labelSelector } });
  return value.items as unknown as readonly T[];
}

const namespaceOf = ({ metadata }: StoredObject): string => encodeURIComponent(metadata.namespace ?? '');

/** The pods that an object owns. */
async function podsOf(context: Context, object: StoredObject): Promise<readonly Pod[]> {
  const { selector } = (object.spec ?? {}) as { readonly selector?: object };
  const pods = await listed<Pod>(
    context,
    `/api/v1/namespaces/${namespaceOf(object)}/pods`,
    selector === undefined ? undefined : selectorText(selector),
  );
  return pods.filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid));
}

const DESCRIBERS: Readonly<Record<string, Describer>> = {
  Pod: (_context, object) => podText(as<Pod>(object)),
  Node: async (context, object) => {
    const { name } = object.metadata;
    const lease = await context
      .client()
      .json<Lease>({ path: `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${name}` })
      .then(
        ({ value }): Lease | string => value,
        (error: unknown) => {
          if (error instanceof StatusError) return error.message;
          throw error;
        },
      );
    const { value } = await context
      .client()
      .json<{ items: Pod[] }>({ path: '/api/v1/pods', query: { fieldSelector: `spec.nodeName=${name}` } });
    return nodeText(as<Node>(object), lease, value.items);
  },
  Deployment: async (context, object) => {
    const deployment = as<Deployment>(object);
    const sets = await listed<ReplicaSet>(context, `/apis/apps/v1/namespaces/${namespaceOf(object)}/replicasets`);
    const own = sets
      .filter(({ metadata }) => metadata.ownerReferences?.some(({ uid }) => uid === object.metadata.uid))
      .toSorted((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
    return deploymentText(deployment, own);
  },
  ReplicationController: async (context, object) => {
    const { spec } = as<ReplicationController>(object);
    // As a ReplicaSet has it.
    const alike = { ...object, spec: { ...spec, selector: { matchLabels: spec?.selector } } };
    return replicaSetText(as<ReplicaSet>(alike), await podsOf(context, object));
  },
  ReplicaSet: async (context, object) => replicaSetText(as<ReplicaSet>(object), await podsOf(context, object)),
  DaemonSet: async (context, object) => daemonSetText(as<DaemonSet>(object), await podsOf(context, object)),
  StatefulSet: async (context, object) => statefulSetText(as<StatefulSet>(object), await podsOf(context, object)),
  Job: (_context, object) => jobText(as<Job>(object)),
  CronJob: (_context, object) => cronJobText(as<CronJob>(object)),
  Service: async (context, object) =>
    serviceText(
      as<Service>(object),
      await listed(
        context,
        `/apis/discovery.k8s.io/v1/namespaces/${namespaceOf(object)}/endpointslices`,
        `kubernetes.io/service-name=${object.metadata.name}`,
      ),
    ),
  Ingress: async (context, object) => {
    const services = await listed<Service>(context, `/api/v1/namespaces/${namespaceOf(object)}/services`);
    return ingressText(object, (name) =>
      services.some(({ metadata }) => metadata.name === name) ? '' : `<error: services "${name}" not found>`,
    );
  },
  NetworkPolicy: (_context, object) => networkPolicyText(object),
  ConfigMap: (_context, object) => configMapText(as<ConfigMap>(object)),
  Secret: (_context, object) => secretText(as<Secret>(object)),
  ServiceAccount: (_context, object) => serviceAccountText(as<ServiceAccount>(object)),
  ResourceQuota: (_context, object) => quotaText(as<ResourceQuota>(object)),
  Namespace: async (context, object) => {
    const inside = `/api/v1/namespaces/${encodeURIComponent(object.metadata.name)}`;
    return namespaceText(
      as<Namespace>(object),
      await listed<ResourceQuota>(context, `${inside}/resourcequotas`),
      await listed<LimitRange>(context, `${inside}/limitranges`),
    );
  },
  PersistentVolumeClaim: async (context, object) => {
    const pods = await listed<Pod>(context, `/api/v1/namespaces/${namespaceOf(object)}/pods`);
    return claimText(as<PersistentVolumeClaim>(object), pods);
  },
  PersistentVolume: (_context, object) => volumeText(as<PersistentVolume>(object)),
  StorageClass: (_context, object) => storageClassText(as<StorageClass>(object)),
  HorizontalPodAutoscaler: (_context, object) => autoscalerText(as<HorizontalPodAutoscaler>(object)),
  PodDisruptionBudget: (_context, object) => budgetText(as<PodDisruptionBudget>(object)),
  PriorityClass: (_context, object) => priorityClassText(as<PriorityClass>(object)),
  LimitRange: (_context, object) => limitRangeText(as<LimitRange>(object)),
  Endpoints: (_context, object) => endpointsText(as<Endpoints>(object)),
  EndpointSlice: (_context, object) => endpointSliceText(as<EndpointSlice>(object)),
  IngressClass: (_context, object) => ingressClassText(as<IngressClass>(object)),
  Role: (_context, object) => roleText(object),
  ClusterRole: (_context, object) => roleText(object),
  RoleBinding: (_context, object) => bindingText(object),
  ClusterRoleBinding: (_context, object) => bindingText(object),
};
