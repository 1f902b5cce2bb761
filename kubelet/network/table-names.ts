import { createHash } from 'node:crypto';

/** What others of a node's tables begin with: a node of such a name has its Services elsewhere. */
const TAKEN = /^(policy|net)-/;

/** Names of tables are short and of few characters: what does not fit is told by a hash. */
function shortNameOf(nodeName: string): string {
  const plain = nodeName.replaceAll('.', '-');
  if (plain.length <= 38 && !nodeName.includes('.')) return plain;
  return `${plain.slice(0, 30)}-${createHash('sha256').update(nodeName).digest('hex').slice(0, 8)}`;
}

/** The node's table of nftables for Services. No node's name has an underscore. */
export const serviceTableOf = (nodeName: string): string =>
  `pinsetter${TAKEN.test(nodeName) ? '_' : '-'}${shortNameOf(nodeName)}`;

/** The node's table of nftables for NetworkPolicies. */
export const policyTableOf = (nodeName: string): string => `pinsetter-policy-${shortNameOf(nodeName)}`;
