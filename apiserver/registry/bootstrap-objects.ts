import { ignoreAlreadyExists } from '../../shared/status-error';
import { SYSTEM_NAMESPACES } from '../admission/namespace-lifecycle';
import { INGRESS_CLASS } from '../ingress/ingress-class';
import { SYSTEM_PRIORITY_CLASSES } from '../kinds/priority-class';
import { LOCAL_PATH_CLASS } from '../kinds/storage/local-path-class';
import type { Client } from './client';

/** Makes what every cluster has from the start; what is there already stays as it is. */
export async function ensureBootstrapObjects(client: Client): Promise<void> {
  await Promise.all([
    ...SYSTEM_NAMESPACES.map((name) => client.create('Namespace', { metadata: { name } }).catch(ignoreAlreadyExists)),
    client.create('StorageClass', structuredClone(LOCAL_PATH_CLASS)).catch(ignoreAlreadyExists),
    client.create('IngressClass', structuredClone(INGRESS_CLASS)).catch(ignoreAlreadyExists),
    ...SYSTEM_PRIORITY_CLASSES.map(({ name, value, description }) =>
      client.create('PriorityClass', { metadata: { name }, value, description }).catch(ignoreAlreadyExists),
    ),
  ]);
  await client
    .create('ServiceAccount', { metadata: { name: 'default', namespace: 'default' } })
    .catch(ignoreAlreadyExists);
}
