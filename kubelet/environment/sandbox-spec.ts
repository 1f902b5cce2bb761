import type { Pod } from '../../shared/api/objects';
import type { ApiAddress } from '../api-relay/api-relay';
import { API_NAMES } from '../api-relay/api-relay';
import type { PortMapping, SandboxSpec } from '../runtime/runtime';
import { identityOf } from './container-spec';

const MAX_HOSTNAME_LENGTH = 63;

/** A pod's sandbox as the engine is to make it, where `api` is known by name. */
export function sandboxSpecOf(pod: Pod, attempt: number, api?: ApiAddress): SandboxSpec {
  const { spec } = pod;
  const dns = dnsOf(pod);
  return {
    pod: identityOf(pod),
    attempt,
    hostname: hostnameOf(pod),
    hostNetwork: spec.hostNetwork ?? false,
    hostPid: spec.hostPID ?? false,
    hostIpc: spec.hostIPC ?? false,
    ports: spec.hostNetwork === true ? [] : publishedPortsOf(pod),
    ...(dns === undefined ? {} : { dns }),
    hostAliases: [
      ...(api === undefined ? [] : [{ ip: api.ip, hostnames: API_NAMES }]),
      ...(spec.hostAliases ?? []).map(({ ip = '', hostnames }) => ({ ip, hostnames: hostnames ?? [] })),
    ],
    sysctls: Object.fromEntries((spec.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    labels: pod.metadata.labels ?? {},
  };
}

const hostnameOf = ({ metadata, spec }: Pod): string =>
  (spec.hostname ?? metadata.name).slice(0, MAX_HOSTNAME_LENGTH).replace(/[-.]+$/, '');

const publishedPortsOf = (pod: Pod): readonly PortMapping[] =>
  [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].flatMap((container) =>
    (container.ports ?? []).flatMap((port): PortMapping[] =>
      port.hostPort === undefined || port.hostPort === 0
        ? []
        : [
            {
              containerPort: port.containerPort,
              protocol: port.protocol === 'UDP' ? 'UDP' : 'TCP',
              hostPort: port.hostPort,
              ...(port.hostIP === undefined || port.hostIP === '' ? {} : { hostIp: port.hostIP }),
            },
          ],
    ),
  );

/** Absent: the node's own resolver. */
function dnsOf({ spec }: Pod): SandboxSpec['dns'] {
  const config = spec.dnsConfig;
  if (config === undefined) return undefined;
  return {
    servers: config.nameservers ?? [],
    searches: config.searches ?? [],
    options: (config.options ?? []).map(({ name = '', value }) => (value === undefined ? name : `${name}:${value}`)),
  };
}
