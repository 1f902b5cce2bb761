import { grownFloats, nextSize } from './growing';

/** What the pods of one priority hold, by column and node slot. */
interface Level {
  readonly priority: number;
  readonly held: Float64Array[];
}

const PODS = 2;

/** What pods hold of each node, by priority: how much room evicting the less important ones would make. */
export class PriorityTable {
  /** The lowest priority first. */
  private readonly levels: Level[] = [];

  add(priority: number, column: number, node: number, amount: number): void {
    const level = this.levelOf(priority);
    let held = level.held[column] ?? new Float64Array(64);
    if (node >= held.length) held = grownFloats(held, nextSize(held.length, node + 1));
    held[node] = (held[node] ?? 0) + amount;
    level.held[column] = held;
  }

  *below(priority: number): Generator<number> {
    for (const level of this.levels) {
      if (level.priority >= priority) return;
      yield level.priority;
    }
  }

  heldBy(priority: number, column: number, node: number): number {
    return this.find(priority)?.held[column]?.[node] ?? 0;
  }

  countOn(priority: number, node: number): number {
    return this.heldBy(priority, PODS, node);
  }

  private find(priority: number): Level | undefined {
    return this.levels.find((level) => level.priority === priority);
  }

  private levelOf(priority: number): Level {
    const known = this.find(priority);
    if (known !== undefined) return known;
    const level: Level = { priority, held: [] };
    this.levels.push(level);
    this.levels.sort((a, b) => a.priority - b.priority);
    return level;
  }
}
