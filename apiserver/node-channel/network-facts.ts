import net from 'node:net';
import type { EndpointSlice, Service } from '../../shared/api/objects';
import type { NetworkProtocol, NetworkService, NetworkSlice } from '../../shared/wire/network';

const DEFAULT_AFFINITY_SECONDS = 10_800;
const SERVICE_LABEL = 'kubernetes.io/service-name';

/** SCTP is nobody's business here. */
const isProxied = (protocol: string): protocol is NetworkProtocol => protocol === 'TCP' || protocol === 'UDP';

/** As much of a Service as nodes are told. */
export function networkServiceOf({ metadata, spec = {}, status }: Service): NetworkService {
  const { type, clusterIP = '', ports = [], externalIPs = [], externalName } = spec;
  const balanced = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip === undefined ? [] : [ip]));
  const isExternal = type === 'ExternalName';
  const isAffine = spec.sessionAffinity === 'ClientIP';
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    ...(net.isIPv4(clusterIP) ? { clusterIp: clusterIP } : {}),
    externalIps: [...new Set([...externalIPs, ...balanced])].filter((ip) => net.isIPv4(ip)),
    ...(isExternal && externalName !== undefined && externalName !== '' ? { externalName } : {}),
    ports: ports.flatMap(({ name = '', port, protocol = 'TCP', nodePort = 0 }) =>
      isProxied(protocol) ? [{ name, port, protocol, ...(nodePort === 0 ? {} : { nodePort }) }] : [],
    ),
    ...(isAffine
      ? { affinitySeconds: spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? DEFAULT_AFFINITY_SECONDS }
      : {}),
    internalLocal: spec.internalTrafficPolicy === 'Local',
    externalLocal: spec.externalTrafficPolicy === 'Local',
    publishNotReady: spec.publishNotReadyAddresses === true,
  };
}

/** Undefined where it belongs to no Service, or is of addresses that are not routed here. */
export function networkSliceOf(slice: EndpointSlice): NetworkSlice | undefined {
  const { metadata, addressType, endpoints, ports = [] } = slice;
  const service = metadata.labels?.[SERVICE_LABEL] ?? '';
  if (service === '' || addressType !== 'IPv4') return undefined;
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    service,
    ports: ports.flatMap(({ name = '', port = 0, protocol = 'TCP' }) =>
      isProxied(protocol) && port > 0 ? [{ name, port, protocol }] : [],
    ),
    endpoints: endpoints.flatMap(({ addresses, conditions = {}, nodeName, hostname }) => {
      const [address] = addresses;
      const ready = conditions.ready !== false;
      return address === undefined
        ? []
        : [
            {
              address,
              ...(nodeName === undefined ? {} : { nodeName }),
              ...(hostname === undefined ? {} : { hostname }),
              ready,
              serving: conditions.serving ?? ready,
              terminating: conditions.terminating === true,
            },
          ];
    }),
  };
}
