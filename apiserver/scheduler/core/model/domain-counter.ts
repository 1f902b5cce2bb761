import { grownInts, nextSize } from './growing';
import type { Relating } from './pod-relations';
import type { TopologyKey } from './topology-key';

/** What a counter counts: `signature` makes two counters of the same thing one. */
export interface Counted {
  readonly signature: string;
  /** How much such a pod counts; 0: not at all. */
  weightOf(pod: Relating): number;
  /** Only pods on such nodes count, and only their domains exist. Absent: all nodes. */
  includes?(node: number): boolean;
  /** Pods that are being deleted do not count. */
  readonly onlyLiving?: boolean;
}

/**
 * Pods (or weights of pods) by domain of a topology key, kept up as pods come and go, so that nobody ever scans pods.
 * Where only some nodes are included it also knows the smallest count of any domain.
 */
export class DomainCounter {
  /** By domain. */
  private counts = new Int32Array(64);
  /** How many included nodes each domain has. */
  private members = new Int32Array(64);
  /** By node slot. */
  private included = new Uint8Array(64);
  /** How many domains have that count. */
  private readonly domainsWith = new Map<number, number>();
  private smallest: number | undefined;
  /** Over all domains. */
  total = 0;
  /** Domains with an included node. */
  domains = 0;

  constructor(
    readonly key: TopologyKey,
    readonly counted: Counted,
  ) {}

  /** The count where the node is; undefined: the node has no such label. */
  at(node: number): number | undefined {
    const domain = this.key.domainOf(node);
    return domain < 0 ? undefined : (this.counts[domain] ?? 0);
  }

  /** The smallest count of any domain with an included node; 0 without domains. */
  get min(): number {
    if (this.domains === 0) return 0;
    let min = this.smallest ?? Math.min(...this.domainsWith.keys());
    while ((this.domainsWith.get(min) ?? 0) === 0) min += 1;
    this.smallest = min;
    return min;
  }

  /** A node came, or its labels changed (call `leave` before the change). */
  join(node: number): void {
    const domain = this.key.domainOf(node);
    if (domain < 0 || this.counted.includes?.(node) === false) return;
    this.ensure(node, domain);
    this.included[node] = 1;
    this.members[domain] = (this.members[domain] ?? 0) + 1;
    if (this.members[domain] === 1) {
      this.domains += 1;
      this.tally(this.counts[domain] ?? 0, 1);
    }
  }

  /** The pods on it have been taken off before. */
  leave(node: number): void {
    if (this.included[node] !== 1) return;
    this.included[node] = 0;
    const domain = this.key.domainOf(node);
    this.members[domain] = (this.members[domain] ?? 0) - 1;
    if (this.members[domain] === 0) {
      this.domains -= 1;
      this.tally(this.counts[domain] ?? 0, -1);
    }
  }

  add(node: number, weight: number): void {
    if (this.included[node] !== 1) return;
    const domain = this.key.domainOf(node);
    const before = this.counts[domain] ?? 0;
    this.counts[domain] = before + weight;
    this.total += weight;
    if (this.counted.includes === undefined) return;
    this.tally(before, -1);
    this.tally(before + weight, 1);
  }

  private tally(count: number, change: number): void {
    const left = (this.domainsWith.get(count) ?? 0) + change;
    if (left === 0) this.domainsWith.delete(count);
    else this.domainsWith.set(count, left);
    if (change > 0 && this.smallest !== undefined && count < this.smallest) this.smallest = count;
    if (this.domainsWith.size === 0) this.smallest = undefined;
  }

  private ensure(node: number, domain: number): void {
    if (node >= this.included.length) {
      const grown = new Uint8Array(nextSize(this.included.length, node + 1));
      grown.set(this.included);
      this.included = grown;
    }
    if (domain < this.counts.length) return;
    const size = nextSize(this.counts.length, domain + 1);
    this.counts = grownInts(this.counts, size);
    this.members = grownInts(this.members, size);
  }
}
