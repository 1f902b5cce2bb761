import { createHash } from 'node:crypto';

/** What a node's part of the pod network is called on its machine. Several nodes, and clusters, share a machine. */
export interface PodNetworkNames {
  /** The engine's network. */
  readonly network: string;
  /** Interfaces: the bridge of the pods, and devices of the ways to other nodes. */
  readonly bridge: string;
  readonly vxlan: string;
  readonly relay: string;
  readonly wireguard: string;
  /** Of nftables. */
  readonly table: string;
  /** Tells this node's routes from those of others to the same place. */
  readonly metric: number;
  readonly vxlanVni: number;
  readonly relayVni: number;
  readonly vxlanMac: string;
  readonly relayMac: string;
  /** UDP. */
  readonly wireguardPort: number;
}

/** Bridges of pods of any node and cluster begin so. */
export const BRIDGE_PREFIX = 'pnsb-';

export function podNetworkNames(clusterId: string, nodeName: string): PodNetworkNames {
  const digest = createHash('sha256').update(`${clusterId}/${nodeName}`).digest();
  const id = digest.toString('hex', 0, 4);
  const number = (offset: number, below: number): number => digest.readUInt32BE(offset) % below;
  // Locally administered, one machine's.
  const mac = (offset: number): string =>
    [
      '02',
      ...(digest
        .subarray(offset, offset + 5)
        .toString('hex')
        .match(/../g) ?? []),
    ].join(':');
  // The first 4096 numbers are what people choose themselves.
  const vni = (offset: number): number => 4_096 + number(offset, 2 ** 24 - 4_096);
  return {
    network: `pinsetter-${nodeName}-${id}`,
    bridge: `${BRIDGE_PREFIX}${id}`,
    vxlan: `pnsv-${id}`,
    relay: `pnsr-${id}`,
    wireguard: `pnsw-${id}`,
    table: `pinsetter-net-${id}`,
    metric: 1_000 + number(4, 1_000_000),
    vxlanVni: vni(8),
    relayVni: vni(12),
    vxlanMac: mac(16),
    relayMac: mac(21),
    // Nodes of one machine need one each.
    wireguardPort: 51_820 + (digest.readUInt16BE(26) % 1_000),
  };
}
