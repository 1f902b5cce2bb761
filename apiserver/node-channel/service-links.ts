import type { Service } from '../../shared/api/objects';
import type { NamespaceServices, ServiceLink } from '../../shared/wire/node-channel';
import type { View } from '../registry/client';

/** The API's own service, of which every pod is told. */
const CLUSTER_SERVICE = { namespace: 'default', name: 'kubernetes' };

export const isClusterService = ({ metadata }: Service): boolean =>
  metadata.namespace === CLUSTER_SERVICE.namespace && metadata.name === CLUSTER_SERVICE.name;

/** What pods of a namespace are told of its Services, as they are now. */
export function servicesOf(view: View<Service>, namespace: string): NamespaceServices {
  const services = view.list({ namespace }).flatMap((service) => linkOf(service, isClusterService(service)));
  const cluster = namespace === CLUSTER_SERVICE.namespace ? undefined : view.get(CLUSTER_SERVICE);
  return { namespace, services: [...services, ...(cluster === undefined ? [] : linkOf(cluster, true))] };
}

/** A Service without an address of its own (headless, external) is none to connect to. */
function linkOf({ metadata, spec }: Service, isCluster: boolean): readonly ServiceLink[] {
  const { clusterIP: clusterIp = '', ports = [] } = spec ?? {};
  if (clusterIp === '' || clusterIp === 'None') return [];
  return [
    {
      name: metadata.name,
      clusterIp,
      ports: ports.map(({ name, port, protocol = 'TCP' }) => ({
        ...(name === undefined || name === '' ? {} : { name }),
        port,
        protocol,
      })),
      isCluster,
    },
  ];
}
