import type { EventReport } from '../../shared/wire/node-channel';

/** An Event about the node: somebody relies on what it cannot do. */
export const unenforcedPolicy = (policy: string): EventReport => ({
  type: 'Warning',
  reason: 'NetworkPolicyNotEnforced',
  message: `NetworkPolicy "${policy}" selects pods of this node, which does not enforce it: that takes root and nftables (the nft program; iptables serves Services alone)`,
});
