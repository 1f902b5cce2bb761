import type { Cidr } from '../../../shared/cidr';
import { formatCidr, overlap, parseCidr } from '../../../shared/cidr';

/**
 * A block that nodes get equal parts of. It keeps no account of who has which: it is asked with those in use. Parts are
 * given in turn, so that one that was just returned rests as long as others are there.
 */
export class CidrPool {
  private next = 0;

  constructor(
    readonly block: Cidr,
    readonly nodePrefix: number,
  ) {}

  get text(): string {
    return formatCidr(this.block);
  }

  /** Undefined where all are in use. Blocks that are not of the pool count as far as they overlap. */
  take(inUse: Iterable<string>): string | undefined {
    const partSize = 2 ** (32 - this.nodePrefix);
    const count = this.block.size / partSize;
    const taken = new Set<number>();
    for (const text of inUse) {
      const cidr = parseCidr(text);
      if (cidr === undefined || !overlap(cidr, this.block)) continue;
      const from = Math.max(0, Math.floor((cidr.first - this.block.first) / partSize));
      const to = Math.min(count - 1, Math.floor((cidr.first + cidr.size - 1 - this.block.first) / partSize));
      for (let index = from; index <= to; index++) taken.add(index);
    }
    if (taken.size >= count) return undefined;
    let index = this.next % count;
    while (taken.has(index)) index = (index + 1) % count;
    this.next = index + 1;
    return formatCidr({ first: this.block.first + index * partSize, prefix: this.nodePrefix, size: partSize });
  }
}
