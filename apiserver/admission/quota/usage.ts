import type { PersistentVolumeClaim, Pod, Service, StoredObject } from '../../../shared/api/objects';
import type { Resources } from '../../../shared/pod/pod-resources';
import type { Quantity } from '../../../shared/quantity';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';
import { isPodQuotaName, podUsage } from './pod-usage';

const NANO = 1_000_000_000n;
const COUNT = 'count/';
const BY_CLASS = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

/** Kinds whose number has a name of its own beside `count/`. */
const COUNTED: readonly string[] = [
  'configmaps',
  'persistentvolumeclaims',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
];
const CLAIM_NAMES: readonly string[] = ['persistentvolumeclaims', 'requests.storage'];
const SERVICE_NAMES: readonly string[] = ['services', 'services.nodeports', 'services.loadbalancers'];

export const countOf = (count: number): Quantity => ({ nanos: BigInt(count) * NANO, format: 'decimal' });

/**
 * The resource (`pods`, `deployments.apps`) whose objects take of what a quota names; undefined for a name that nothing
 * takes of. Events count for nothing, as in Kubernetes: nobody decides how many there are.
 */
export function resourceTaking(name: string): string | undefined {
  if (name.startsWith(COUNT)) return name === `${COUNT}events` ? undefined : name.slice(COUNT.length);
  if (SERVICE_NAMES.includes(name)) return 'services';
  if (CLAIM_NAMES.some((each) => name === each || name.endsWith(`${BY_CLASS}${each}`))) return 'persistentvolumeclaims';
  if (COUNTED.includes(name)) return name;
  return isPodQuotaName(name) ? 'pods' : undefined;
}

/** What one object takes of everything a quota can name (k8s.io/kubernetes/pkg/quota/v1/evaluator/core). */
export function usageOf(resource: string, object: StoredObject, nowMs: number): Resources {
  const one = countOf(1);
  const usage = new Map<string, Quantity>([[`${COUNT}${resource}`, one]]);
  if (COUNTED.includes(resource)) usage.set(resource, one);
  switch (resource) {
    case 'pods':
      for (const [name, quantity] of podUsage(object as unknown as Pod, nowMs)) usage.set(name, quantity);
      break;
    case 'services':
      addService(usage, object as unknown as Service);
      break;
    case 'persistentvolumeclaims':
      addClaim(usage, object as unknown as PersistentVolumeClaim);
      break;
    default:
  }
  return usage;
}

function addService(usage: Map<string, Quantity>, { spec }: Service): void {
  const ports = spec?.ports ?? [];
  if (spec?.type === 'LoadBalancer') {
    const given = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0);
    usage.set('services.loadbalancers', countOf(1));
    usage.set('services.nodeports', countOf((spec.allocateLoadBalancerNodePorts === false ? given : ports).length));
  } else if (spec?.type === 'NodePort') usage.set('services.nodeports', countOf(ports.length));
}

function addClaim(usage: Map<string, Quantity>, { metadata, spec, status }: PersistentVolumeClaim): void {
  const storageClass = metadata.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
  const asked = spec?.resources?.requests?.['storage'];
  const allocated = asked === undefined ? undefined : status?.allocatedResources?.['storage'];
  const [storage] = [asked, allocated]
    .flatMap((text) => (text === undefined ? [] : [roundedUp(parseQuantity(text))]))
    .sort((a, b) => compareQuantities(b, a));
  if (storage !== undefined) usage.set('requests.storage', storage);
  if (storageClass === '') return;
  for (const name of CLAIM_NAMES) {
    const quantity = usage.get(name);
    if (quantity !== undefined) usage.set(`${storageClass}${BY_CLASS}${name}`, quantity);
  }
}

/** Storage is counted in whole bytes. */
const roundedUp = ({ nanos, format }: Quantity): Quantity => ({ nanos: ((nanos + NANO - 1n) / NANO) * NANO, format });
