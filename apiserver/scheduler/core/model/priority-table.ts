import { grownFloats, nextSize } from './growing';

/** What the pods of one priority hold, by column and node slot. */
export interface Level {
  readonly priority: number;
  readonly held: Float64Array[];
}

/** What pods hold of each node, by priority: how much room evicting the less important ones would make. */
export class PriorityTable {
  /** The lowest priority first. */
  private readonly levels: Level[] = [];

  /** Finds or makes the level of a priority. */
  levelOf(priority: number): Level {
    const known = this.find(priority);
    if (known !== undefined) return known;
    const level: Level = { priority, held: [] };
    this.levels.push(level);
    this.levels.sort((a, b) => a.priority - b.priority);
    return level;
  }

  add({ held }: Level, column: number, node: number, amount: number): void {
    let amounts = held[column] ?? new Float64Array(64);
    if (node >= amounts.length) amounts = grownFloats(amounts, nextSize(amounts.length, node + 1));
    amounts[node] = (amounts[node] ?? 0) + amount;
    held[column] = amounts;
  }

  /** Levels of less importance, the least first. */
  below(priority: number): readonly Level[] {
    return this.levels.filter((level) => level.priority < priority);
  }

  private find(priority: number): Level | undefined {
    for (const level of this.levels) if (level.priority === priority) return level;
    return undefined;
  }
}
