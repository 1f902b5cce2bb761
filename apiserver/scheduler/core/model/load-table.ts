import { UNIT } from '../scores/cost';
import { grownInts, nextSize } from './growing';

/** Steps of a node's load: smaller changes are ignored, so that what is worked out stays valid. */
const STEPS = 20;
/** From this share of memory on a node takes no more pods. Processors can be shared out thinner, memory cannot. */
const CEILING = 0.95;
/** Below this share load costs nothing; from there on it rises to a whole `UNIT` at the ceiling. */
const CALM = 0.5;

/** What a node is really busy with, as shares of what it has. */
export interface Load {
  readonly cpu: number;
  readonly memory: number;
}

const stepOf = (share: number): number => Math.max(0, Math.min(STEPS, Math.floor(share * STEPS)));

/** What nodes are really busy with, whatever their pods request. */
export class LoadTable {
  /** In steps, by node slot. */
  private cpu = new Int32Array(64);
  private memory = new Int32Array(64);
  private busyNodes = 0;

  /** Returns whether that changes what may be placed there, or at what cost. */
  set(node: number, { cpu, memory }: Load): boolean {
    if (node >= this.cpu.length) {
      const size = nextSize(this.cpu.length, node + 1);
      this.cpu = grownInts(this.cpu, size);
      this.memory = grownInts(this.memory, size);
    }
    const before = this.costAt(node);
    const wasOverloaded = this.isOverloaded(node);
    this.cpu[node] = stepOf(cpu);
    this.memory[node] = stepOf(memory);
    const after = this.costAt(node);
    this.busyNodes += Number(after > 0) - Number(before > 0);
    return before !== after || wasOverloaded !== this.isOverloaded(node);
  }

  /** Whether any node is so busy that it counts: an overloaded one costs something too. */
  get isFelt(): boolean {
    return this.busyNodes > 0;
  }

  isOverloaded(node: number): boolean {
    return (this.memory[node] ?? 0) >= CEILING * STEPS;
  }

  memoryPercentOf(node: number): number {
    return Math.round(((this.memory[node] ?? 0) * 100) / STEPS);
  }

  /** By the busier of the two. */
  costAt(node: number): number {
    const above = Math.max(this.cpu[node] ?? 0, this.memory[node] ?? 0) - CALM * STEPS;
    return above <= 0 ? 0 : Math.round((UNIT * above) / (STEPS * (CEILING - CALM)));
  }
}
