import net from 'node:net';
import type { ApiObject } from '../../shared/api/objects';
import type { Client } from './client';

const KEY = { namespace: 'default', name: 'kubernetes' };
const PORT_NAME = 'https';
const HTTPS_PORT = 443;
const LABELS = { component: 'apiserver', provider: 'kubernetes' };

/**
 * Keeps the Service by which pods find the API, and where it leads: `addresses` are those of the server that others
 * may dial; loopback ones are left out, since they lead nowhere from elsewhere.
 */
export async function ensureClusterService(
  client: Client,
  server: { readonly clusterIp: string; readonly port: number; readonly addresses: readonly string[] },
): Promise<void> {
  const { clusterIp, port } = server;
  const ips = server.addresses.filter((address) => net.isIPv4(address) && !address.startsWith('127.'));
  const present = client.view('Service').get(KEY);
  await ensure(client, 'Service', {
    metadata: { ...KEY, labels: LABELS },
    spec: {
      type: 'ClusterIP',
      // Whoever holds another address keeps it: containers were told.
      clusterIP: present?.spec?.clusterIP ?? clusterIp,
      ports: [{ name: PORT_NAME, port: HTTPS_PORT, targetPort: port, protocol: 'TCP' }],
    },
  });
  if (ips.length === 0) return;
  await ensure(client, 'Endpoints', {
    metadata: { ...KEY, labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
    subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ name: PORT_NAME, port, protocol: 'TCP' }] }],
  });
  await ensure(client, 'EndpointSlice', {
    metadata: { ...KEY, labels: { 'kubernetes.io/service-name': KEY.name } },
    addressType: 'IPv4',
    endpoints: ips.map((ip) => ({ addresses: [ip], conditions: { ready: true } })),
    ports: [{ name: PORT_NAME, port, protocol: 'TCP' }],
  });
}

async function ensure(
  client: Client,
  kind: 'Service' | 'Endpoints' | 'EndpointSlice',
  wanted: ApiObject,
): Promise<void> {
  if (client.view(kind).get(KEY) === undefined) await client.create(kind, wanted);
  // A patch that changes nothing writes nothing.
  else await client.patch(kind, KEY, { type: 'merge', body: wanted });
}
