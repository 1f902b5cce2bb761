import { ignoreAlreadyExists } from '../../shared/status-error';
import type { Client } from './client';

/** The name by which tools look for a cluster's DNS. */
const KEY = { namespace: 'kube-system', name: 'kube-dns' };
const PORTS = [
  { name: 'dns', port: 53, targetPort: 53, protocol: 'UDP' },
  { name: 'dns-tcp', port: 53, targetPort: 53, protocol: 'TCP' },
];

/** Makes the Service under which pods find names; each node answers for it itself, so nobody stands behind it. */
export async function ensureDnsService(client: Client, clusterIp: string): Promise<void> {
  if (client.view('Service').get(KEY) !== undefined) return;
  await client
    .create('Service', {
      metadata: {
        ...KEY,
        labels: { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' },
      },
      spec: { type: 'ClusterIP', clusterIP: clusterIp, ports: PORTS },
    })
    .catch(ignoreAlreadyExists);
}
