/** A block of IPv4 addresses in CIDR notation. Its addresses are numbers from `first` to `first + size - 1`. */
export interface Cidr {
  readonly first: number;
  readonly prefix: number;
  readonly size: number;
}

export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  const isIp = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isIp ? parts.reduce((address, part) => address * 256 + Number(part), 0) : undefined;
}

export const formatIpv4 = (address: number): string =>
  [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');

/** Undefined for what is no block, and where the address is not the block's first. An address alone is a block of one. */
export function parseCidr(text: string): Cidr | undefined {
  const [, address = '', bits = '32'] = /^([\d.]+)(?:\/(\d{1,2}))?$/.exec(text) ?? [];
  const first = parseIpv4(address);
  const prefix = Number(bits);
  if (first === undefined || prefix > 32) return undefined;
  const size = 2 ** (32 - prefix);
  return first % size === 0 ? { first, prefix, size } : undefined;
}

export const formatCidr = ({ first, prefix }: Cidr): string => `${formatIpv4(first)}/${prefix}`;

export const overlap = (one: Cidr, other: Cidr): boolean =>
  one.first < other.first + other.size && other.first < one.first + one.size;

export const contains = (cidr: Cidr, address: string): boolean => {
  const number = parseIpv4(address);
  return number !== undefined && number >= cidr.first && number < cidr.first + cidr.size;
};
