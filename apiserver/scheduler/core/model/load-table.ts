import { UNIT } from '../scores/cost';
import { grownInts, nextSize } from './growing';

/** Steps of a node's load: smaller changes are ignored, so that what is worked out stays valid. */
const STEPS = 20;
/** From this share on a node takes no more pods. */
const CEILING = 0.95;
/** Below this share load costs nothing; from there on it rises to a whole `UNIT` at the ceiling. */
const CALM = 0.5;

/** What nodes are really busy with, as a share of the busier of processors and memory. */
export class LoadTable {
  /** In steps, by node slot. */
  private steps = new Int32Array(64);

  /** Returns whether that changes what may be placed there, or at what cost. */
  set(node: number, share: number): boolean {
    if (node >= this.steps.length) this.steps = grownInts(this.steps, nextSize(this.steps.length, node + 1));
    const step = Math.max(0, Math.min(STEPS, Math.floor(share * STEPS)));
    const before = this.steps[node] ?? 0;
    this.steps[node] = step;
    return step !== before && Math.max(step, before) > CALM * STEPS;
  }

  isOverloaded(node: number): boolean {
    return (this.steps[node] ?? 0) >= CEILING * STEPS;
  }

  percentOf(node: number): number {
    return Math.round(((this.steps[node] ?? 0) * 100) / STEPS);
  }

  costAt(node: number): number {
    const above = (this.steps[node] ?? 0) - CALM * STEPS;
    return above <= 0 ? 0 : Math.round((UNIT * above) / (STEPS * (CEILING - CALM)));
  }
}
