import type { NetworkEndpoint, NetworkPort, NetworkProtocol, NetworkService } from '../../../shared/wire/network';
import type { NetworkSlice } from '../../../shared/wire/network';

/** Where a connection is sent. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/** What the kernel is to do with new connections to one address and port. */
export interface Frontend {
  /** Absent: any address of this machine (node ports). */
  readonly address?: string;
  readonly protocol: NetworkProtocol;
  readonly port: number;
  /** In a fixed order, without doubles. None: refused. */
  readonly targets: readonly Target[];
  readonly affinitySeconds?: number;
  /** May be dialled from outside: what is sent on to another node takes this node's address, or answers would not come back. */
  readonly isExternal: boolean;
}

/** What a plan depends on beside the cluster's state. */
export interface ProxyNode {
  readonly nodeName: string;
  /** Services that this node serves itself, by `namespace/name`. */
  readonly ownTargets: ReadonlyMap<string, Target>;
}

export const frontendKey = ({ address = '*', protocol, port }: Pick<Frontend, 'address' | 'protocol' | 'port'>) =>
  `${address}/${protocol}/${port}`;

export const targetKey = ({ address, port }: Target): string => `${address}:${port}`;

/** What the Service asks of the node's kernel. Headless ones and those that are but a name ask nothing. */
export function frontendsOf(
  service: NetworkService,
  slices: readonly NetworkSlice[],
  node: ProxyNode,
): readonly Frontend[] {
  const own = node.ownTargets.get(`${service.namespace}/${service.name}`);
  const { clusterIp, affinitySeconds } = service;
  const affinity = affinitySeconds === undefined ? {} : { affinitySeconds };
  return service.ports.flatMap((port) => {
    const { protocol } = port;
    const inside = own === undefined ? targetsOf(port, slices, node, service.internalLocal) : [own];
    const outside = own === undefined ? targetsOf(port, slices, node, service.externalLocal) : [own];
    const external = { protocol, targets: outside, ...affinity, isExternal: !service.externalLocal };
    return [
      ...(clusterIp === undefined
        ? []
        : [{ address: clusterIp, protocol, port: port.port, targets: inside, ...affinity, isExternal: false }]),
      ...service.externalIps.map((address) => ({ ...external, address, port: port.port })),
      ...(port.nodePort === undefined ? [] : [{ ...external, port: port.nodePort }]),
    ];
  });
}

/**
 * Ready endpoints; where there is none, those that end but still serve: better than nobody
 * (k8s.io/kubernetes/pkg/proxy CategorizeEndpoints).
 */
function targetsOf(
  { name, protocol }: NetworkPort,
  slices: readonly NetworkSlice[],
  node: ProxyNode,
  isLocal: boolean,
): readonly Target[] {
  const candidates = slices.flatMap((slice) => {
    const port = slice.ports.find((each) => each.name === name && each.protocol === protocol);
    return port === undefined ? [] : slice.endpoints.map((endpoint) => ({ endpoint, port: port.port }));
  });
  const reachable = candidates.filter(({ endpoint }) => !isLocal || endpoint.nodeName === node.nodeName);
  const those = (is: (endpoint: NetworkEndpoint) => boolean): readonly Target[] =>
    reachable.filter(({ endpoint }) => is(endpoint)).map(({ endpoint: { address }, port }) => ({ address, port }));
  const ready = those((endpoint) => endpoint.ready);
  const chosen = ready.length > 0 ? ready : those(({ serving, terminating }) => serving && terminating);
  return [...new Map(chosen.map((target) => [targetKey(target), target])).entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, target]) => target);
}
