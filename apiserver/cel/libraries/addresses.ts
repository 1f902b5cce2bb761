import net from 'node:net';
import type { Environment } from '@marcbachmann/cel-js';
import * as ipaddr from 'ipaddr.js';

const IP_TYPE = 'net.IP';
const CIDR_TYPE = 'net.CIDR';

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** An address as Kubernetes takes it: no leading zeros, no zone, no IPv4 in the clothes of IPv6. */
class Ip {
  private constructor(readonly address: Address) {}

  static parse(text: string): Ip | undefined {
    if (net.isIP(text) === 0 || text.includes('%')) return undefined;
    const address = ipaddr.parse(text);
    return address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress() ? undefined : new Ip(address);
  }

  static of(address: Address): Ip {
    return new Ip(address);
  }

  get text(): string {
    return this.address instanceof ipaddr.IPv6 ? this.address.toRFC5952String() : this.address.toString();
  }

  get family(): bigint {
    return this.address.kind() === 'ipv4' ? 4n : 6n;
  }

  /** Of IPv4 link-local multicast is 224.0.0.0/24, of IPv6 ff02::/16 (net/netip). */
  get isLinkLocalMulticast(): boolean {
    const [first = 0, second = 0, third = 0] = this.address.toByteArray();
    return this.family === 4n ? first === 224 && second === 0 && third === 0 : first === 0xff && (second & 0x0f) === 2;
  }

  has(...ranges: string[]): boolean {
    return ranges.includes(this.address.range());
  }

  get isGlobalUnicast(): boolean {
    return !this.has('unspecified', 'loopback', 'multicast', 'linkLocal', 'broadcast');
  }
}

class Cidr {
  private constructor(
    readonly ip: Ip,
    readonly bits: number,
  ) {}

  static parse(text: string): Cidr | undefined {
    const [, address = '', bits = ''] = /^([^/]+)\/(0|[1-9]\d{0,2})$/.exec(text) ?? [];
    const ip = Ip.parse(address);
    return ip === undefined || Number(bits) > (ip.family === 4n ? 32 : 128) ? undefined : new Cidr(ip, Number(bits));
  }

  contains(ip: Ip): boolean {
    return this.ip.family === ip.family && ip.address.match(this.ip.address as never, this.bits);
  }

  containsBlock(block: Cidr): boolean {
    return block.bits >= this.bits && this.contains(block.ip);
  }

  masked(): Cidr {
    const bytes = this.ip.address
      .toByteArray()
      .map((byte, at) => byte & (0xff00 >> Math.min(8, Math.max(0, this.bits - 8 * at))));
    return new Cidr(Ip.of(ipaddr.fromByteArray(bytes)), this.bits);
  }

  get text(): string {
    return `${this.ip.text}/${this.bits}`;
  }
}

const parsed = <T>(found: T | undefined, what: string, text: string): T => {
  if (found === undefined) throw new Error(`${what} ${JSON.stringify(text)} parse error during conversion from string`);
  return found;
};
const ipOf = (text: string): Ip => parsed(Ip.parse(text), 'IP Address', text);
const cidrOf = (text: string): Cidr => parsed(Cidr.parse(text), 'network address', text);

/** k8s.io/apiserver/pkg/cel/library: ip, cidr */
export function addAddresses(environment: Environment): void {
  environment.registerType(IP_TYPE, { ctor: Ip, fields: {} });
  environment.registerType(CIDR_TYPE, { ctor: Cidr, fields: {} });
  const functions: Readonly<Record<string, (...args: never[]) => unknown>> = {
    'isIP(string): bool': (text: string) => Ip.parse(text) !== undefined,
    [`ip(string): ${IP_TYPE}`]: ipOf,
    [`string(${IP_TYPE}): string`]: ({ text }: Ip) => text,
    [`${IP_TYPE}.family(): int`]: ({ family }: Ip) => family,
    [`${IP_TYPE}.isUnspecified(): bool`]: (ip: Ip) => ip.has('unspecified'),
    [`${IP_TYPE}.isLoopback(): bool`]: (ip: Ip) => ip.has('loopback'),
    [`${IP_TYPE}.isLinkLocalMulticast(): bool`]: (ip: Ip) => ip.isLinkLocalMulticast,
    [`${IP_TYPE}.isLinkLocalUnicast(): bool`]: (ip: Ip) => ip.has('linkLocal'),
    [`${IP_TYPE}.isGlobalUnicast(): bool`]: (ip: Ip) => ip.isGlobalUnicast,
    'isCIDR(string): bool': (text: string) => Cidr.parse(text) !== undefined,
    [`cidr(string): ${CIDR_TYPE}`]: cidrOf,
    [`string(${CIDR_TYPE}): string`]: ({ text }: Cidr) => text,
    [`${CIDR_TYPE}.containsIP(string): bool`]: (cidr: Cidr, ip: string) => cidr.contains(ipOf(ip)),
    [`${CIDR_TYPE}.containsIP(${IP_TYPE}): bool`]: (cidr: Cidr, ip: Ip) => cidr.contains(ip),
    [`${CIDR_TYPE}.containsCIDR(string): bool`]: (cidr: Cidr, other: string) => cidr.containsBlock(cidrOf(other)),
    [`${CIDR_TYPE}.containsCIDR(${CIDR_TYPE}): bool`]: (cidr: Cidr, other: Cidr) => cidr.containsBlock(other),
    [`${CIDR_TYPE}.ip(): ${IP_TYPE}`]: ({ ip }: Cidr) => ip,
    [`${CIDR_TYPE}.masked(): ${CIDR_TYPE}`]: (cidr: Cidr) => cidr.masked(),
    [`${CIDR_TYPE}.prefixLength(): int`]: ({ bits }: Cidr) => BigInt(bits),
  };
  for (const [signature, handler] of Object.entries(functions))
    environment.registerFunction(signature, handler as never);
}
