import ipaddr from 'ipaddr.js';
import type { NodePolicy, PolicyBlock, PolicyPort, PolicyRule } from '../wire/network-policy';

/** A packet that opens something: from whom, to whom, to which port. */
export interface Packet {
  readonly from: string;
  readonly to: string;
  readonly protocol: string;
  readonly port: number;
}

/** What a node was told, read as it is meant: may the packet leave (egress) or enter (ingress) the pod of that uid? */
export function mayPass(
  told: { readonly policies: readonly NodePolicy[]; readonly members: (group: string) => readonly string[] },
  direction: 'ingress' | 'egress',
  uid: string,
  packet: Packet,
): boolean {
  if (packet.from === packet.to) return true;
  const concerned = told.policies.filter(
    (policy) => policy[direction] !== undefined && policy.pods.some((pod) => pod.uid === uid),
  );
  return concerned.length === 0 || concerned.some((policy) => (policy[direction] ?? []).some(allows(policy)));

  function allows(policy: NodePolicy): (rule: PolicyRule) => boolean {
    const other = direction === 'ingress' ? packet.from : packet.to;
    return (rule) => {
      if ('endpoints' in rule)
        return (
          rule.protocol === packet.protocol && told.members(rule.endpoints).includes(`${packet.to}:${packet.port}`)
        );
      const { peers, ports } = rule;
      const isPeer =
        peers === undefined ||
        peers.groups.some((group) => told.members(group).includes(other)) ||
        peers.blocks.some((block) => isIn(other, block));
      return isPeer && (ports === undefined || ports.some((port) => isPort(policy, port)));
    };
  }

  function isPort({ pods }: NodePolicy, port: PolicyPort): boolean {
    if (port.protocol !== packet.protocol) return false;
    if (!('name' in port)) return port.first <= packet.port && packet.port <= port.last;
    const named = pods.find((pod) => pod.uid === uid)?.ports ?? [];
    return named.some(
      ({ name, protocol, port: number }) =>
        name === port.name && protocol === packet.protocol && number === packet.port,
    );
  }
}

export const isIn = (
  address: string,
  { cidr, except = [] }: Pick<PolicyBlock, 'cidr'> & Partial<PolicyBlock>,
): boolean => {
  const isWithin = (block: string): boolean => ipaddr.IPv4.parse(address).match(ipaddr.IPv4.parseCIDR(block));
  return isWithin(cidr) && !except.some(isWithin);
};
