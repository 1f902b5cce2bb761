import type { ServicePort } from 'kubernetes-types/core/v1';
import type { Container, KindTypes, Node, ObjectReference, Pod, Service } from '../../../shared/api/objects';
import { isSidecar } from '../../../shared/pod/pod-resources';
import { isSameJson } from '../../../shared/same-json';
import type { Client, ObjectChange, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import { isReady } from '../workloads/pod-state';

export const SERVICE_NAME = 'kubernetes.io/service-name';
/** On a slice: which controller keeps it. */
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by';
/** Whoever finds a service's pods by its selector. */
export const SELECTOR_MANAGER = 'endpointslice-controller.k8s.io';
export const HEADLESS = 'service.kubernetes.io/headless';
export const LAST_CHANGE = 'endpoints.kubernetes.io/last-change-trigger-time';
/** Each endpoint of a service puts the next look at it off by this much: changes go to every node. */
export const PER_ENDPOINT_MS = 0.5;
const ZONE = 'topology.kubernetes.io/zone';

/** Whether the control plane finds the pods behind a service; else its endpoints are somebody else's. */
export const findsPods = ({ spec }: Service): boolean =>
  spec?.type !== 'ExternalName' && Object.keys(spec?.selector ?? {}).length > 0;

export const isHeadless = ({ spec }: Service): boolean => spec?.clusterIP === 'None';

/** Asked of every service for every pod that comes: no selector is built for it. */
function isBehind(service: Service, { metadata: { labels = {} } }: Pod): boolean {
  const selector = service.spec?.selector ?? {};
  for (const key of Object.keys(selector)) {
    if (!Object.hasOwn(labels, key) || labels[key] !== selector[key]) return false;
  }
  return findsPods(service);
}

/** The pods behind a service that have an address and have not ended; those that are being deleted too. */
export const podsBehind = (client: Client, service: Service): readonly Pod[] =>
  client.view('Pod').list({
    namespace: service.metadata.namespace,
    where: (pod) => {
      const { phase, podIP = '' } = pod.status ?? {};
      return podIP !== '' && phase !== 'Succeeded' && phase !== 'Failed' && isBehind(service, pod);
    },
  });

/** The pod's name within its service, for the cluster's DNS; undefined where it has none. */
export const hostnameOf = ({ spec, metadata }: Pod, service: Service): string | undefined =>
  spec.subdomain === service.metadata.name && metadata.namespace === service.metadata.namespace && spec.hostname !== ''
    ? spec.hostname
    : undefined;

export const zoneOf = (node: Node | undefined): string | undefined => node?.metadata.labels?.[ZONE];

export const podReference = ({ metadata }: Pod): ObjectReference => ({
  kind: 'Pod',
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
});

/** The port of the pod that a service's port leads to; undefined where the pod has none of that name. */
export function targetPortOf(pod: Pod, { targetPort, port, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof targetPort !== 'string') return targetPort ?? port;
  const containers: readonly Container[] = [
    ...pod.spec.containers,
    ...(pod.spec.initContainers ?? []).filter(isSidecar),
  ];
  return containers
    .flatMap(({ ports = [] }) => ports)
    .find((each) => each.name === targetPort && (each.protocol ?? 'TCP') === protocol)?.containerPort;
}

/** The services whose endpoints a change of a pod may concern. */
export function servicesConcerned(client: Client, { type, object, previous }: ObjectChange<Pod>): readonly ObjectKey[] {
  // Behind a service stands only what has an address: most pods come without one.
  if (object.status?.podIP === undefined && previous?.status?.podIP === undefined) return [];
  const isLabelled = previous !== undefined && !isSameJson(object.metadata.labels, previous.metadata.labels);
  if (type === 'MODIFIED' && previous !== undefined && !isLabelled) {
    if (isSameJson(factsOf(object), factsOf(previous))) return [];
  }
  const services = client.view('Service').list({ namespace: object.metadata.namespace });
  return services
    .filter((service) => isBehind(service, object) || (isLabelled && isBehind(service, previous)))
    .map(keyOf);
}

/** What endpoints say of a pod. */
const factsOf = (pod: Pod): unknown => [
  pod.status?.podIP,
  pod.status?.phase,
  pod.spec.nodeName,
  pod.metadata.deletionTimestamp !== undefined,
  isReady(pod),
];

/** The services with pods on a node whose zone is another than before. */
export function servicesOnMovedNode(client: Client, { object, previous }: ObjectChange<Node>): readonly ObjectKey[] {
  if (zoneOf(object) === zoneOf(previous)) return [];
  const pods = client.view('Pod').list({ where: ({ spec }) => spec.nodeName === object.metadata.name });
  const keys = pods.flatMap((pod) => servicesConcerned(client, { type: 'ADDED', object: pod }));
  return [...new Map(keys.map((key) => [keyString(key), key])).values()];
}

/** The key of the service that a slice belongs to, where it is kept by `manager`. */
export function serviceOfSlice({ metadata }: KindTypes['EndpointSlice'], manager: string): readonly ObjectKey[] {
  const name = metadata.labels?.[SERVICE_NAME];
  return name !== undefined && metadata.labels?.[MANAGED_BY] === manager
    ? [{ namespace: metadata.namespace, name }]
    : [];
}
