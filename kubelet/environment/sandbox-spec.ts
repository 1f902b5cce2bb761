import type { Pod } from '../../shared/api/objects';
import type { ApiAddress } from '../api-relay/api-relay';
import { API_NAMES } from '../api-relay/api-relay';
import type { PortMapping, SandboxSpec } from '../runtime/runtime';
import type { ClusterDns } from './cluster-dns';
import { dnsOf } from './cluster-dns';
import { identityOf } from './container-spec';
import { kernelHostnameOf } from './pod-name';

/** What a pod's sandbox is told of the cluster. */
export interface SandboxSurroundings {
  /** Known by name there. */
  readonly api?: ApiAddress | undefined;
  readonly dns?: ClusterDns | undefined;
  /** The engine's network that it is attached to; absent: the engine's own. */
  readonly network?: string | undefined;
}

/** A pod's sandbox as the engine is to make it. */
export function sandboxSpecOf(
  pod: Pod,
  attempt: number,
  { api, dns: cluster, network }: SandboxSurroundings = {},
): SandboxSpec {
  const { spec } = pod;
  const dns = dnsOf(pod, cluster);
  return {
    pod: identityOf(pod),
    attempt,
    hostname: kernelHostnameOf(pod, cluster?.domain),
    hostNetwork: spec.hostNetwork ?? false,
    ...(network === undefined ? {} : { network }),
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
