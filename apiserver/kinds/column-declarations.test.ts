import type { Column } from './kind';
import { createKindList } from './kinds';

/** `Name` as type string, shown always; `:name` its format, `#` a number, `?` a truth value, `@` a date, `(…)` with -o wide only. */
function declared({ name, type, format, priority }: Column): string {
  const sign = { string: '', integer: '#', number: '#', boolean: '?', date: '@' }[type];
  const text = `${name}${sign}${format === undefined ? '' : `:${format}`}`;
  return priority === 1 ? `(${text})` : text;
}

const TEMPLATE = '(Containers), (Images), (Selector)';
const AGED = 'Name:name, Age';
const SINCE = 'Name:name, Created At@';

/** Of clients that print tables: which columns each kind has, as Kubernetes' own printers declare them. */
const EXPECTED: Readonly<Record<string, string>> = {
  Pod: 'Name:name, Ready, Status, Restarts, Age, (IP), (Node), (Nominated Node), (Readiness Gates)',
  PodTemplate: 'Name:name, Containers, Images, Pod Labels',
  PodDisruptionBudget: 'Name:name, Min Available, Max Unavailable, Allowed Disruptions#, Age',
  ReplicationController: `Name:name, Desired#, Current#, Ready#, Age, ${TEMPLATE}`,
  ReplicaSet: `Name:name, Desired#, Current#, Ready#, Age, ${TEMPLATE}`,
  DaemonSet: `Name:name, Desired#, Current#, Ready#, Up-to-date#, Available#, Node Selector, Age, ${TEMPLATE}`,
  Deployment: `Name:name, Ready, Up-to-date, Available, Age, ${TEMPLATE}`,
  StatefulSet: 'Name:name, Ready, Age, (Containers), (Images)',
  ControllerRevision: 'Name:name, Controller, Revision, Age',
  Job: `Name:name, Status, Completions, Duration, Age, ${TEMPLATE}`,
  CronJob: `Name:name, Schedule, Timezone, Suspend?, Active#, Last Schedule, Age, ${TEMPLATE}`,
  Service: 'Name:name, Type, Cluster-IP, External-IP, Port(s), Age, (Selector)',
  Ingress: 'Name:name, Class, Hosts, Address, Ports, Age',
  IngressClass: 'Name:name, Controller, Parameters, Age',
  NetworkPolicy: 'Name:name, Pod-Selector, Age',
  Endpoints: 'Name:name, Endpoints, Age',
  EndpointSlice: 'Name:name, AddressType, Ports, Endpoints, Age',
  Node: 'Name:name, Status, Roles, Age, Version, (Internal-IP), (External-IP), (OS-Image), (Kernel-Version), (Container-Runtime)',
  Event: 'Last Seen, Type, Reason, Object, (Subobject), (Source), Message, (First Seen), (Count), (Name:name)',
  Namespace: 'Name:name, Status, Age',
  Secret: 'Name:name, Type, Data, Age',
  ConfigMap: 'Name:name, Data, Age',
  ServiceAccount: 'Name:name, Secrets, Age',
  PersistentVolume:
    'Name:name, Capacity, Access Modes, Reclaim Policy, Status, Claim, StorageClass, VolumeAttributesClass, Reason, Age, (VolumeMode)',
  PersistentVolumeClaim:
    'Name:name, Status, Volume, Capacity, Access Modes, StorageClass, VolumeAttributesClass, Age, (VolumeMode)',
  StorageClass: 'Name:name, Provisioner, ReclaimPolicy, VolumeBindingMode, AllowVolumeExpansion, Age',
  VolumeAttributesClass: 'Name:name, DriverName, Age',
  VolumeAttachment: 'Name:name, Attacher:name, PV, Node, Attached?, Age',
  CSIDriver:
    'Name:name, AttachRequired?, PodInfoOnMount?, StorageCapacity?, TokenRequests, RequiresRepublish?, Modes, Age',
  CSINode: 'Name:name, Drivers#, Age',
  CSIStorageCapacity: 'Name:name, StorageClassName, Capacity',
  HorizontalPodAutoscaler: 'Name:name, Reference, Targets, MinPods, MaxPods, Replicas, Age',
  RoleBinding: 'Name:name, Role, Age, (Users), (Groups), (ServiceAccounts)',
  ClusterRoleBinding: 'Name:name, Role, Age, (Users), (Groups), (ServiceAccounts)',
  CertificateSigningRequest: 'Name:name, Age, SignerName, Requestor, RequestedDuration, Condition',
  Lease: 'Name:name, Holder, Age',
  ResourceQuota: 'Name:name, Request, Limit, Age',
  PriorityClass: 'Name:name, Value#, Global-Default?, Age, PreemptionPolicy',
  RuntimeClass: 'Name:name, Handler, Age',
  MutatingWebhookConfiguration: 'Name:name, Webhooks#, Age',
  ValidatingWebhookConfiguration: 'Name:name, Webhooks#, Age',
  ValidatingAdmissionPolicy: 'Name:name, Validations#, ParamKind, Age',
  ValidatingAdmissionPolicyBinding: 'Name:name, PolicyName, ParamRef, Age',
  FlowSchema: 'Name:name, PriorityLevel, MatchingPrecedence, DistinguisherMethod, Age, MissingPL',
  PriorityLevelConfiguration: 'Name:name, Type, NominalConcurrencyShares, Queues, HandSize, QueueLengthLimit, Age',
  ServiceCIDR: 'Name:name, CIDRs, Age',
  IPAddress: 'Name:name, ParentRef, Age',
  ComponentStatus: 'Name:name, Status, Message, Error',
  APIService: 'Name:name, Service, Available, Age',
  NodeMetrics: 'Name:name, cpu:quantity, memory:quantity, Window:duration',
  PodMetrics: 'Name:name, cpu:quantity, memory:quantity, Window:duration',
  Role: SINCE,
  ClusterRole: SINCE,
  LimitRange: SINCE,
  CustomResourceDefinition: SINCE,
};

it.each(createKindList().all.map((kind) => [`${kind.kind} of ${kind.group}/${kind.version}`, kind] as const))(
  'declares the columns of %s',
  (_, { kind, columns, verbs }) => {
    if (!verbs.includes('get')) return;
    expect(columns.map(declared).join(', ')).toBe(EXPECTED[kind] ?? AGED);
  },
);
