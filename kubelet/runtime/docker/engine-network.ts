import type { NetworkCreateOptions, NetworkInspectInfo } from 'dockerode';
import { formatCidr, parseCidr, parseIpv4 } from '../../../shared/cidr';
import type { NetworkSpec } from '../runtime';
import type { Owner } from './labels';
import { networkLabels } from './labels';

/** Names of networks that every engine has. */
export const ENGINE_NETWORKS: ReadonlySet<string> = new Set(['default', 'bridge', 'host', 'none']);

const BRIDGE_OPTION = 'com.docker.network.bridge.name';
const MTU_OPTION = 'com.docker.network.driver.mtu';
const ETHERNET_MTU = 1_500;
/** The part of a block that is left to the engine, for whoever attaches a container by hand: its last eighth. */
const ENGINE_PREFIX_BITS = 3;
/** The engine takes no smaller range. */
const LONGEST_PREFIX = 31;

/** A node's network as the engine has it. */
export interface EngineNetwork {
  readonly name: string;
  readonly bridge: string;
  readonly gateway: string;
  /** Length of the subnet's prefix. */
  readonly prefix: number;
  readonly mtu: number;
  /** Addresses for pods, as numbers: from `first`, as many as `count`, but none of `kept`. */
  readonly first: number;
  readonly count: number;
  readonly kept: ReadonlySet<number>;
  /** Of containers that the engine gave an address of it. */
  readonly attached: readonly string[];
}

/** A network keeps the MTU that it was made with: it is no reason to part pods from it. */
export const isAsWanted = (
  { IPAM, Options }: NetworkInspectInfo,
  { subnet, gateway, bridge }: NetworkSpec,
): boolean => {
  const [config] = IPAM?.Config ?? [];
  return config?.['Subnet'] === subnet && config['Gateway'] === gateway && Options?.[BRIDGE_OPTION] === bridge;
};

/** The engine's own addresses of a subnet: static ones may be any, what it chooses is of these. */
function engineRangeOf(subnet: string): string {
  const cidr = parseCidr(subnet);
  if (cidr === undefined) return subnet;
  const prefix = Math.min(LONGEST_PREFIX, cidr.prefix + ENGINE_PREFIX_BITS);
  const size = 2 ** (32 - prefix);
  return formatCidr({ prefix, size, first: cidr.first + cidr.size - size });
}

export function networkOptions(
  owner: Owner,
  { name, bridge, subnet, gateway, reserved, mtu }: NetworkSpec,
): NetworkCreateOptions {
  const auxiliary = Object.fromEntries(reserved.map((address, index) => [`reserved-${index}`, address]));
  return {
    Name: name,
    CheckDuplicate: true,
    Driver: 'bridge',
    IPAM: {
      Driver: 'default',
      Config: [{ Subnet: subnet, IPRange: engineRangeOf(subnet), Gateway: gateway, AuxiliaryAddresses: auxiliary }],
    },
    Options: {
      [BRIDGE_OPTION]: bridge,
      // Pods keep their addresses; what leaves the cluster is the agent's to see to.
      'com.docker.network.bridge.enable_ip_masquerade': 'false',
      'com.docker.network.bridge.enable_icc': 'true',
      [MTU_OPTION]: String(mtu),
    },
    Labels: networkLabels(owner),
  };
}

/** Undefined for one that no agent has made. */
export function toEngineNetwork({ Name, IPAM, Options, Containers }: NetworkInspectInfo): EngineNetwork | undefined {
  const [config] = IPAM?.Config ?? [];
  const subnet = parseCidr(config?.['Subnet'] ?? '');
  const bridge = Options?.[BRIDGE_OPTION];
  const gateway = config?.['Gateway'];
  if (subnet === undefined || bridge === undefined || gateway === undefined) return undefined;
  // One of an earlier agent leaves it all to the engine.
  const engines = parseCidr(config?.['IPRange'] ?? '');
  const last = subnet.first + subnet.size - 1;
  const auxiliary = (config as { readonly AuxiliaryAddresses?: Readonly<Record<string, string>> } | undefined)
    ?.AuxiliaryAddresses;
  return {
    name: Name,
    bridge,
    gateway,
    prefix: subnet.prefix,
    mtu: Number(Options?.[MTU_OPTION] ?? ETHERNET_MTU),
    first: subnet.first + 1,
    count: (engines?.first ?? last) - subnet.first - 1,
    kept: new Set([gateway, ...Object.values(auxiliary ?? {})].flatMap((address) => parseIpv4(address) ?? [])),
    attached: Object.values(Containers ?? {}).flatMap(({ IPv4Address }) => IPv4Address.split('/')[0] ?? []),
  };
}
