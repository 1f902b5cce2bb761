import type { Pod } from '../../shared/api/objects';
import type { ApiAddress } from '../api-relay/api-relay';
import type { ServiceLink } from '../../shared/wire/node-channel';

/**
 * The variables by which containers find Services (k8s.io/kubernetes/pkg/kubelet/envvars): `{NAME}_SERVICE_HOST` and
 * `_PORT`, and those of Docker's links. Without enableServiceLinks the cluster's own API alone.
 */
export function serviceEnvironment(pod: Pod, services: readonly ServiceLink[]): ReadonlyMap<string, string> {
  const { enableServiceLinks = true } = pod.spec;
  const environment = new Map<string, string>();
  // A Service of the pod's own namespace, which stands later, goes before the cluster's of the same name.
  const ordered = [...services].sort((a, b) => Number(b.isCluster) - Number(a.isCluster));
  for (const service of ordered)
    if (enableServiceLinks || service.isCluster)
      for (const [name, value] of variablesOf(service)) environment.set(name, value);
  return environment;
}

/** The same Services, where the cluster's own API is reached through this node. */
export const throughRelay = (services: readonly ServiceLink[], api: ApiAddress | undefined): readonly ServiceLink[] =>
  api === undefined
    ? services
    : services.map((service) =>
        service.isCluster
          ? {
              ...service,
              clusterIp: api.host,
              ports: service.ports.slice(0, 1).map((port) => ({ ...port, port: api.port })),
            }
          : service,
      );

const variableName = (name: string): string => name.replaceAll('-', '_').toUpperCase();

function variablesOf({ name, clusterIp, ports }: ServiceLink): readonly (readonly [string, string])[] {
  const prefix = variableName(name);
  const [first] = ports;
  if (first === undefined) return [];
  const urlOf = ({ port, protocol }: ServiceLink['ports'][number]): string => {
    const host = clusterIp.includes(':') ? `[${clusterIp}]` : clusterIp;
    return `${protocol.toLowerCase()}://${host}:${port}`;
  };
  return [
    [`${prefix}_SERVICE_HOST`, clusterIp],
    [`${prefix}_SERVICE_PORT`, String(first.port)],
    ...ports.flatMap(({ name: portName, port }): [string, string][] =>
      portName === undefined ? [] : [[`${prefix}_SERVICE_PORT_${variableName(portName)}`, String(port)]],
    ),
    [`${prefix}_PORT`, urlOf(first)],
    ...ports.flatMap((each): [string, string][] => {
      const portPrefix = `${prefix}_PORT_${each.port}_${each.protocol.toUpperCase()}`;
      return [
        [portPrefix, urlOf(each)],
        [`${portPrefix}_PROTO`, each.protocol.toLowerCase()],
        [`${portPrefix}_PORT`, String(each.port)],
        [`${portPrefix}_ADDR`, clusterIp],
      ];
    }),
  ];
}
