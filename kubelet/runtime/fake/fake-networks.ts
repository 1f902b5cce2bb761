import { parseCidr, parseIpv4, formatIpv4, overlap } from '../../../shared/cidr';
import type { NetworkSpec } from '../runtime';
import { RuntimeError } from '../runtime';

/** The networks of an engine in memory. */
export class FakeNetworks {
  private readonly specs = new Map<string, NetworkSpec>();
  /** The last address that was given of each. */
  private readonly last = new Map<string, number>();

  /** `addressesOf`: those that sandboxes of that network have, whether they run or not. */
  constructor(
    private readonly isUsed: (name: string) => boolean,
    private readonly addressesOf: (name: string) => readonly string[],
  ) {}

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
    if (this.isUsed(name)) throw new RuntimeError('NetworkInUse', `network ${name} has pods that run`);
    this.specs.delete(name);
    this.last.delete(name);
  }

  /** The next one after the last that was given, of those that nobody has. */
  addressIn(name: string): string {
    const spec = this.specs.get(name);
    const cidr = parseCidr(spec?.subnet ?? '');
    if (spec === undefined || cidr === undefined) throw new RuntimeError('Unknown', `network ${name} not found`);
    const kept = new Set([spec.gateway, ...spec.reserved, ...this.addressesOf(name)].map(parseIpv4));
    const start = this.last.get(name) ?? cidr.first;
    const all = Array.from({ length: cidr.size - 2 }, (_, index) => cidr.first + 1 + index);
    const next = [...all.filter((each) => each > start), ...all].find((each) => !kept.has(each));
    if (next === undefined) throw new RuntimeError('NetworkFull', `no address of network ${name} is free`);
    this.last.set(name, next);
    return formatIpv4(next);
  }
}
