import net from 'node:net';
import type { EndpointSlice, Service } from '../../shared/api/objects';
import type { IngressBackend } from '../../shared/wire/ingress';
import type { Client } from '../registry/client';

/** What Ingresses refer to, as it is now. */
export interface IngressLookup {
  service(namespace: string, name: string): Service | undefined;
  /** Of the Service. */
  slices(namespace: string, name: string): readonly EndpointSlice[];
}

export interface ResolvedBackend {
  readonly backend: IngressBackend;
  /** Why nobody is there. */
  readonly problem?: string;
}

export const lookupOf = (client: Client): IngressLookup => ({
  service: (namespace, name) => client.view('Service').get({ namespace, name }),
  slices: (namespace, name) =>
    client.view('EndpointSlice').list({
      namespace,
      where: ({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name,
    }),
});

/** Where connections to the port of a Service go; `port` is its number or its name. */
export function resolveBackend(
  lookup: IngressLookup,
  { namespace, name, port, protocol }: ServicePortRef,
): ResolvedBackend {
  const missing = (problem: string): ResolvedBackend => ({ backend: { kind: 'missing' }, problem });
  const service = lookup.service(namespace, name);
  if (service === undefined) return missing(`Service "${namespace}/${name}" does not exist`);
  const { type, clusterIP = '', externalName, ports = [] } = service.spec ?? {};
  const found = ports.find(
    (each) => (each.protocol ?? 'TCP') === protocol && (typeof port === 'number' ? each.port : each.name) === port,
  );
  if (type === 'ExternalName') {
    // Such a Service needs no list of ports.
    const number = found?.port ?? (typeof port === 'number' ? port : undefined);
    if (number === undefined) return missing(`Service "${namespace}/${name}" has no ${protocol} port "${port}"`);
    return { backend: { kind: 'name', name: externalName ?? '', isInCluster: false, port: number } };
  }
  if (found === undefined) return missing(`Service "${namespace}/${name}" has no ${protocol} port "${port}"`);
  if (net.isIPv4(clusterIP)) return { backend: { kind: 'address', address: clusterIP, port: found.port } };
  if (clusterIP !== 'None') return missing(`Service "${namespace}/${name}" has no address yet`);
  const target = lookup
    .slices(namespace, name)
    .flatMap((slice) => slice.ports ?? [])
    .find((each) => (each.name ?? '') === (found.name ?? ''));
  // Behind a headless Service the pods are dialled themselves, at their own port.
  return {
    backend: {
      kind: 'name',
      name: `${name}.${namespace}.svc`,
      isInCluster: true,
      port: target?.port ?? (typeof found.targetPort === 'number' ? found.targetPort : found.port),
    },
  };
}

export interface ServicePortRef {
  readonly namespace: string;
  readonly name: string;
  readonly port: number | string;
  readonly protocol: 'TCP' | 'UDP';
}
