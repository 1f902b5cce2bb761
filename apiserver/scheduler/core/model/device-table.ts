import { grownInts, nextSize } from './growing';

/** One whole device; shares are counted in thousandths of it. */
export const WHOLE = 1_000;
/** Devices of a node that can be told apart: their set must fit a 32-bit mask. */
const MOST = 31;

/** What a pod wants of a node's devices: some whole ones, or a share of one. */
export interface DeviceRequest {
  /** The resource, such as nvidia.com/gpu. */
  readonly resource: string;
  /** Whole devices; 1 for a share. */
  readonly count: number;
  /** Thousandths of each: `WHOLE`, or the share. */
  readonly milli: number;
}

/**
 * The devices of the nodes one by one, with what is free of each in thousandths: a share must come from one device, and
 * a whole one must be wholly free, so sums do not tell what fits.
 */
export class DeviceTable {
  /** By node slot. */
  counts = new Int32Array(64);
  /** `stride` entries a node. */
  free = new Int32Array(64 * 8);
  stride = 8;
  /** Index of the resource that a node's devices are; -1 none. */
  private kinds = new Int32Array(64).fill(-1);
  private readonly resources: string[] = [];

  kindOf(resource: string): number {
    const known = this.resources.indexOf(resource);
    return known >= 0 ? known : this.resources.push(resource) - 1;
  }

  kindAt(node: number): number {
    return this.kinds[node] ?? -1;
  }

  countAt(node: number): number {
    return this.counts[node] ?? 0;
  }

  /** What is free of each device, in thousandths. */
  freeAt(node: number): number[] {
    return [...this.free.subarray(node * this.stride, node * this.stride + this.countAt(node))];
  }

  /** A node came or its number of devices changed; what is used stays used. */
  set(node: number, resource: string | undefined, devices: number): void {
    const count = Math.min(devices, MOST);
    this.ensure(node, count);
    const before = this.countAt(node);
    const start = node * this.stride;
    for (let device = before; device < count; device++) {
      this.free[start + device] = (this.free[start + device] ?? 0) + WHOLE;
    }
    for (let device = count; device < before; device++) {
      this.free[start + device] = (this.free[start + device] ?? 0) - WHOLE;
    }
    this.counts[node] = count;
    this.kinds[node] = resource === undefined ? -1 : this.kindOf(resource);
  }

  /** Whether the request can be met there. */
  fits(node: number, kind: number, { count, milli }: DeviceRequest): boolean {
    if (this.kinds[node] !== kind) return false;
    const start = node * this.stride;
    const end = start + this.countAt(node);
    let able = 0;
    for (let at = start; at < end; at++) {
      if ((this.free[at] ?? 0) >= milli) able += 1;
      if (able === count) return true;
    }
    return false;
  }

  /** The devices it would get, as a mask: for a share the tightest that can hold it, else the first wholly free ones. */
  choose(node: number, { count, milli }: DeviceRequest): number {
    const start = node * this.stride;
    const devices = this.countAt(node);
    if (milli < WHOLE) {
      let best = -1;
      for (let device = 0; device < devices; device++) {
        const free = this.free[start + device] ?? 0;
        if (free >= milli && (best < 0 || free < (this.free[start + best] ?? 0))) best = device;
      }
      return best < 0 ? 0 : 1 << best;
    }
    let mask = 0;
    for (let device = 0, taken = 0; device < devices && taken < count; device++) {
      if ((this.free[start + device] ?? 0) < WHOLE) continue;
      mask |= 1 << device;
      taken += 1;
    }
    return mask;
  }

  /** Takes (`milli` > 0) or gives back (`milli` < 0) that much of each device of the mask. */
  take(node: number, mask: number, milli: number): void {
    const start = node * this.stride;
    for (let device = 0; mask >> device !== 0; device++) {
      if (((mask >> device) & 1) === 0) continue;
      this.free[start + device] = (this.free[start + device] ?? 0) - milli;
    }
  }

  private ensure(node: number, count: number): void {
    if (count > this.stride) {
      const free = new Int32Array((this.free.length / this.stride) * MOST);
      for (let at = 0; at < this.counts.length; at++) {
        free.set(this.free.subarray(at * this.stride, (at + 1) * this.stride), at * MOST);
      }
      this.free = free;
      this.stride = MOST;
    }
    if (node < this.counts.length) return;
    const size = nextSize(this.counts.length, node + 1);
    this.counts = grownInts(this.counts, size);
    this.kinds = grownInts(this.kinds, size, -1);
    this.free = grownInts(this.free, size * this.stride);
  }
}
