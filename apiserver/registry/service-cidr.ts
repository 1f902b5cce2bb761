import { isSameJson } from '../../shared/same-json';
import type { Client } from './client';

const KEY = { name: 'kubernetes' };
/** Nobody takes it off: the block stays for as long as Services have addresses from it, and those of the server always do. */
const FINALIZER = 'networking.k8s.io/service-cidr-finalizer';

/** Keeps the object that tells where Services get their addresses from: the block that the server was started with. */
export async function ensureServiceCidr(client: Client, cidr: string, now: string): Promise<void> {
  const present = client.view('ServiceCIDR').get(KEY);
  if (present !== undefined && isSameJson(present.spec.cidrs, [cidr])) return;
  if (present !== undefined) {
    await client.patch('ServiceCIDR', KEY, { type: 'merge', body: { metadata: { finalizers: null } } });
    if (present.metadata.deletionTimestamp === undefined) await client.delete('ServiceCIDR', KEY);
  }
  await client.create('ServiceCIDR', { metadata: { ...KEY, finalizers: [FINALIZER] }, spec: { cidrs: [cidr] } });
  const ready = {
    type: 'Ready',
    status: 'True',
    lastTransitionTime: now,
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
  };
  const body = { status: { conditions: [ready] } };
  await client.patch('ServiceCIDR', KEY, { type: 'merge', body }, { subresource: 'status' });
}
