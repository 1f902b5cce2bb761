import { contains, formatIpv4, overlap, parseCidr } from '../../../shared/cidr';
import type { NetworkSpec } from '../runtime';
import { RuntimeError } from '../runtime';

/** The networks of an engine in memory. */
export class FakeNetworks {
  private readonly specs = new Map<string, NetworkSpec>();
  private readonly given = new Map<string, number>();

  constructor(private readonly isUsed: (name: string) => boolean) {}

  get(name: string): NetworkSpec | undefined {
    return this.specs.get(name);
  }

  ensure(spec: NetworkSpec): void {
    const present = this.specs.get(spec.name);
    if (present?.subnet === spec.subnet && present.bridge === spec.bridge) return;
    if (present !== undefined) this.remove(spec.name);
    const wanted = parseCidr(spec.subnet);
    const isTaken = [...this.specs.values()].some(({ subnet }) => {
      const other = parseCidr(subnet);
      return wanted !== undefined && other !== undefined && overlap(wanted, other);
    });
    if (isTaken) throw new RuntimeError('NetworkConflict', 'Pool overlaps with other one on this address space');
    this.specs.set(spec.name, spec);
  }

  remove(name: string): void {
    if (this.isUsed(name)) throw new RuntimeError('NetworkInUse', `network ${name} has active endpoints`);
    this.specs.delete(name);
    this.given.delete(name);
  }

  /** The next address that nobody has had. */
  addressIn(name: string): string {
    const spec = this.specs.get(name);
    const cidr = parseCidr(spec?.subnet ?? '');
    if (spec === undefined || cidr === undefined) throw new RuntimeError('NotFound', `network ${name} not found`);
    const isKept = (address: string): boolean => address === spec.gateway || spec.reserved.includes(address);
    let next = (this.given.get(name) ?? cidr.first) + 1;
    while (isKept(formatIpv4(next))) next += 1;
    const address = formatIpv4(next);
    if (!contains(cidr, address)) throw new RuntimeError('Unknown', 'no available IPv4 addresses on this address pool');
    this.given.set(name, next);
    return address;
  }
}
