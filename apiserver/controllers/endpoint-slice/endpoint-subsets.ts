import type { EndpointAddress, EndpointPort, EndpointSubset } from 'kubernetes-types/core/v1';
import type { Pod, Service } from '../../../shared/api/objects';
import { isReady } from '../workloads/pod-state';
import { hostnameOf, isHeadless, podReference, targetPortOf } from './service-pods';

/** Addresses of one Endpoints object at most. */
const CAPACITY = 1_000;

/** The pods behind a service as subsets: those in which its ports lead to the same ports stand together. */
export function subsetsOf(service: Service, pods: readonly Pod[]): readonly EndpointSubset[] {
  const servesAlways = service.spec?.publishNotReadyAddresses === true;
  const groups = new Map<string, { ports: EndpointPort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }>();
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp !== undefined && !servesAlways) continue;
    const ports = portsFor(service, pod);
    if (ports === undefined) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    (servesAlways || isReady(pod) ? group.ready : group.notReady).push(addressOf(service, pod));
  }
  return [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length === 0 ? {} : { addresses: ready.sort(byAddress) }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: notReady.sort(byAddress) }),
    ...(ports.length === 0 ? {} : { ports }),
  }));
}

/** At most 1,000 addresses, ready ones first, from each subset its share. */
export function truncated(subsets: readonly EndpointSubset[]): {
  readonly subsets: readonly EndpointSubset[];
  readonly isTruncated: boolean;
} {
  const total = (of: (subset: EndpointSubset) => readonly EndpointAddress[] | undefined): number =>
    subsets.reduce((sum, subset) => sum + (of(subset)?.length ?? 0), 0);
  const ready = total(({ addresses }) => addresses);
  const notReady = total(({ notReadyAddresses }) => notReadyAddresses);
  if (ready + notReady <= CAPACITY) return { subsets, isTruncated: false };
  const isFull = ready > CAPACITY;
  const room = isFull ? CAPACITY : CAPACITY - ready;
  let left = room;
  const share = (addresses: readonly EndpointAddress[]): EndpointAddress[] => {
    const count = Math.min(left, Math.ceil((addresses.length / (isFull ? ready : notReady)) * room));
    left -= count;
    return addresses.slice(0, count);
  };
  const cut = subsets.map(({ addresses = [], notReadyAddresses = [], ...rest }): EndpointSubset => {
    const kept = isFull ? share(addresses) : addresses;
    const keptNotReady = isFull ? [] : share(notReadyAddresses);
    return {
      ...(kept.length === 0 ? {} : { addresses: kept }),
      ...(keptNotReady.length === 0 ? {} : { notReadyAddresses: keptNotReady }),
      ...rest,
    };
  });
  const isEmpty = ({ addresses, notReadyAddresses }: EndpointSubset): boolean =>
    addresses === undefined && notReadyAddresses === undefined;
  return { subsets: cut.filter((subset) => !isEmpty(subset)), isTruncated: true };
}

/** Undefined: nothing of the service leads to this pod. */
function portsFor(service: Service, pod: Pod): EndpointPort[] | undefined {
  const wanted = service.spec?.ports ?? [];
  if (wanted.length === 0) return isHeadless(service) ? [] : undefined;
  const ports = wanted.flatMap((each) => {
    const port = targetPortOf(pod, each);
    if (port === undefined) return [];
    const { name, protocol = 'TCP', appProtocol } = each;
    return {
      ...(name === undefined || name === '' ? {} : { name }),
      port,
      protocol,
      ...(appProtocol === undefined ? {} : { appProtocol }),
    };
  });
  return ports.length === 0 ? undefined : ports;
}

function addressOf(service: Service, pod: Pod): EndpointAddress {
  const hostname = hostnameOf(pod, service);
  const { nodeName } = pod.spec;
  return {
    ip: pod.status?.podIP ?? '',
    ...(hostname === undefined ? {} : { hostname }),
    ...(nodeName === undefined ? {} : { nodeName }),
    targetRef: podReference(pod),
  };
}

const byAddress = (a: EndpointAddress, b: EndpointAddress): number => {
  const [one, other] = [`${a.ip} ${a.targetRef?.uid ?? ''}`, `${b.ip} ${b.targetRef?.uid ?? ''}`];
  return one < other ? -1 : one > other ? 1 : 0;
};
