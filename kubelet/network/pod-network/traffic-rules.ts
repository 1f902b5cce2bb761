import { runProgram } from '../run-program';
import type { PodNetworkNames } from './names';
import { RELAY_ADDRESS } from './relay-socket';

export interface TrafficFacts {
  readonly podCidr: string;
  readonly clusterCidr: string;
  readonly gateway: string;
  /** Addresses that frames of the VXLAN device come from. */
  readonly peers: readonly string[];
  readonly vxlanPort: number;
  /** Where the agent takes frames for the relay; absent: it does not. */
  readonly relayPort?: number | undefined;
}

type RuleNames = Pick<PodNetworkNames, 'table' | 'bridge' | 'vxlanVni' | 'relayVni'>;

/** Number of the network in the header, behind UDP's. */
const VNI = '@th,96,24';

/**
 * The node's table. Between pods addresses stay as they are. What leaves the cluster takes the machine's address; what
 * the machine sends to pods elsewhere takes the node's first address, which they know the way back to. Only what
 * comes from the cluster, or was sent on by a rule for published ports and Services, gets to pods. Frames are taken from peers alone.
 */
export const trafficTable = (names: RuleNames, facts: TrafficFacts): string => {
  const { table, bridge, vxlanVni, relayVni } = names;
  const { podCidr, clusterCidr, gateway, peers, vxlanPort, relayPort } = facts;
  return `add table ip ${table}
delete table ip ${table}
table ip ${table} {
  set peers { type ipv4_addr; ${peers.length === 0 ? '' : `elements = { ${peers.join(', ')} }; `}}
  chain postrouting {
    type nat hook postrouting priority 90;
    oifname "${bridge}" return
    ip daddr ${podCidr} return
    ip saddr ${podCidr} ip daddr != { ${clusterCidr}, 224.0.0.0/4 } masquerade
    ip daddr ${clusterCidr} ip saddr != ${clusterCidr} oifname != "lo" oifname != "pnsb-*" snat to ${gateway}
  }
  chain output {
    type route hook output priority -300;
    ${relayPort === undefined ? '' : `ip daddr ${RELAY_ADDRESS} udp dport ${relayPort} notrack ip saddr set 127.0.0.1 ip daddr set 127.0.0.1`}
  }
  chain forward {
    type filter hook forward priority -10;
    oifname != "${bridge}" return
    ct state established,related accept
    ct status dnat accept
    ip saddr ${clusterCidr} accept
    iifname "docker0" accept
    counter drop
  }
  chain input {
    type filter hook input priority -10;
    udp dport ${vxlanPort} ${VNI} ${vxlanVni} ip saddr != @peers drop
    udp dport ${vxlanPort} ${VNI} ${relayVni} iifname != "lo" drop
  }
}
`;
};

export const writeTrafficTable = (names: RuleNames, facts: TrafficFacts): Promise<string> =>
  runProgram('nft', ['-f', '-'], trafficTable(names, facts));
