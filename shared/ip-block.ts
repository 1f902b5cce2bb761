import ipaddr from 'ipaddr.js';

/** A block of addresses. */
export interface IpBlock {
  readonly isIPv4: boolean;
  readonly bits: number;
  /** As everybody writes it: the block's first address, without leading zeros. */
  readonly text: string;
  contains(other: IpBlock): boolean;
  readonly first: ipaddr.IPv4 | ipaddr.IPv6;
}

/**
 * Reads CIDR notation; undefined where it is none. As Kubernetes does, it takes an address within the block for the block, and
 * leading zeros for decimal ones (k8s.io/utils/net ParseCIDRSloppy).
 */
export function parseBlock(cidr: string): IpBlock | undefined {
  const match = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(cidr);
  const [, address = '', bitsText = ''] = match ?? [];
  const plain = address.includes(':') ? address : address.replace(/(^|\.)0+(?=\d)/g, '$1');
  if (!(address.includes(':') ? ipaddr.IPv6.isValid(plain) : ipaddr.IPv4.isValidFourPartDecimal(plain)))
    return undefined;
  const parsed = ipaddr.parse(plain);
  const bits = Number(bitsText);
  const isIPv4 = parsed.kind() === 'ipv4';
  if (bits > (isIPv4 ? 32 : 128)) return undefined;
  const first = (isIPv4 ? ipaddr.IPv4 : ipaddr.IPv6).networkAddressFromCIDR(`${parsed.toString()}/${bits}`);
  const contains = (other: IpBlock): boolean =>
    other.isIPv4 === isIPv4 &&
    (isIPv4
      ? (other.first as ipaddr.IPv4).match(first as ipaddr.IPv4, bits)
      : (other.first as ipaddr.IPv6).match(first as ipaddr.IPv6, bits));
  return { isIPv4, bits, first, contains, text: `${first.toString()}/${bits}` };
}
