import type { Cidr } from '../../../shared/cidr';
import { formatIpv4, parseCidr } from '../../../shared/cidr';
import type { Backend } from '../../../shared/wire/pod-network';
import { BACKENDS } from '../../../shared/wire/pod-network';

/** A node's block of addresses, and which of them are not for pods. */
export interface Block {
  readonly cidr: Cidr;
  readonly text: string;
  /** The machine's own. */
  readonly gateway: string;
  /** Where the node answers on each way: the last ones. */
  readonly ends: Readonly<Record<Backend, string>>;
}

/** Undefined for what is no block with room for that. */
export function blockOf(text: string): Block | undefined {
  const cidr = parseCidr(text);
  if (cidr === undefined || cidr.prefix > 28) return undefined;
  const broadcast = cidr.first + cidr.size - 1;
  const ends = Object.fromEntries(BACKENDS.map((backend, index) => [backend, formatIpv4(broadcast - 1 - index)]));
  return { cidr, text, gateway: formatIpv4(cidr.first + 1), ends: ends as Record<Backend, string> };
}
