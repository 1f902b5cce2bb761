/** A block of IPv4 addresses in CIDR notation, as `10.96.0.0/16`. */
export class IpRange {
  constructor(
    readonly text: string,
    /** The lowest address to give out, as a number. */
    private readonly first: number,
    /** How many addresses it has that can be given out: all but the network's own and the broadcast address. */
    readonly size: number,
  ) {}

  /** Undefined for what is no such block, and for blocks without at least two addresses to give out. */
  static parse(text: string): IpRange | undefined {
    const [, address = '', bits = ''] = /^([\d.]+)\/(\d{1,2})$/.exec(text) ?? [];
    const network = parseIp(address);
    const prefix = Number(bits);
    if (network === undefined || bits === '' || prefix < 8 || prefix > 30) return undefined;
    const size = 2 ** (32 - prefix);
    return network % size === 0 ? new IpRange(text, network + 1, size - 2) : undefined;
  }

  /** The address at `index`, from 0 to `size - 1`. */
  at(index: number): string {
    const address = this.first + index;
    return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
  }

  has(text: string): boolean {
    const address = parseIp(text);
    return address !== undefined && address >= this.first && address < this.first + this.size;
  }
}

function parseIp(text: string): number | undefined {
  const parts = text.split('.');
  const isIp = parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256);
  return isIp ? parts.reduce((address, part) => address * 256 + Number(part), 0) : undefined;
}

export const DEFAULT_SERVICE_IP_RANGE = new IpRange('10.96.0.0/16', 0x0a600001, 65_534);
