import { grownInts, nextSize } from './growing';

/** A node label whose values are domains (a zone, a rack, a host), with the domain of each node as a number. */
export class TopologyKey {
  /** By node slot; -1: the node has no such label. */
  domains = new Int32Array(64).fill(-1);
  /** How many nodes each domain has. */
  nodesIn = new Int32Array(64);
  private readonly ids = new Map<string, number>();
  private readonly values: string[] = [];
  private shared = 0;

  constructor(readonly name: string) {}

  /** Whether no domain has more than one node, as with kubernetes.io/hostname: then a domain is a node. */
  get isPerNode(): boolean {
    return this.shared === 0;
  }

  domainOf(node: number): number {
    return this.domains[node] ?? -1;
  }

  valueOf(domain: number): string {
    return this.values[domain] ?? '';
  }

  /** Returns whether that was a change. */
  set(node: number, value: string | undefined): boolean {
    if (node >= this.domains.length)
      this.domains = grownInts(this.domains, nextSize(this.domains.length, node + 1), -1);
    const before = this.domainOf(node);
    const domain = value === undefined ? -1 : this.idOf(value);
    if (domain === before) return false;
    if (before >= 0) this.count(before, -1);
    if (domain >= 0) this.count(domain, 1);
    this.domains[node] = domain;
    return true;
  }

  private count(domain: number, change: number): void {
    const before = this.nodesIn[domain] ?? 0;
    this.nodesIn[domain] = before + change;
    this.shared += Math.max(0, before + change - 1) - Math.max(0, before - 1);
  }

  private idOf(value: string): number {
    const known = this.ids.get(value);
    if (known !== undefined) return known;
    const id = this.values.push(value) - 1;
    this.ids.set(value, id);
    if (id >= this.nodesIn.length) this.nodesIn = grownInts(this.nodesIn, nextSize(this.nodesIn.length, id + 1));
    return id;
  }
}
