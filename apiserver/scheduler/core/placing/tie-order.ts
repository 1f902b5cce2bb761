import type { NodeTable } from '../model/node-table';

/** Mixes a name into 32 bits (FNV-1a, then a finalizer, since names differ in their last digits). */
export function hashOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index++) hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/**
 * Who wins between nodes that cost the same: a fixed order that depends on the nodes' names alone, and not on the
 * order of the names, so that nobody's naming scheme decides how a cluster fills.
 */
export class TieOrder {
  /** By node slot: the lower wins. */
  ranks = new Int32Array(0);
  /** Slots, the winner first. */
  order: readonly number[] = [];
  version = 0;
  private seen = -1;

  constructor(private readonly nodes: NodeTable) {}

  refresh(): void {
    if (this.seen === this.nodes.namesVersion) return;
    this.seen = this.nodes.namesVersion;
    this.version += 1;
    const named = [...this.nodes.names()].map(([name, node]) => ({ name, node, hash: hashOf(name) }));
    named.sort((a, b) => a.hash - b.hash || (a.name < b.name ? -1 : 1));
    this.order = named.map(({ node }) => node);
    this.ranks = new Int32Array(this.nodes.size);
    for (const [rank, node] of this.order.entries()) this.ranks[node] = rank;
  }
}
