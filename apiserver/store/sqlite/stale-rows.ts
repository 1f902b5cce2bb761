import type { Row } from './protocol';

interface Stale {
  readonly id: number;
  /** A reader at this revision or later does not need the row. */
  readonly revision: number;
}

/**
 * Which rows of the log a compaction may drop, oldest first. A deletion stands behind the row that it deletes, so
 * dropping from the front, in however many steps, never leaves a deleted value without its deletion.
 */
export class StaleRows {
  private readonly newest = new Map<string, number>();
  private readonly stale: Stale[] = [];

  /** Follows the log: each row that is read or committed, in order. */
  note(id: number, { key, revision, deleted }: Pick<Row, 'key' | 'revision' | 'deleted'>): void {
    const before = this.newest.get(key);
    if (before !== undefined) this.stale.push({ id: before, revision });
    if (deleted) {
      this.newest.delete(key);
      this.stale.push({ id, revision });
    } else this.newest.set(key, id);
  }

  /** Each present key with its newest row. */
  get present(): ReadonlyMap<string, number> {
    return this.newest;
  }

  /** The first `limit` rows that may go. */
  upTo(revision: number, limit: number): readonly number[] {
    const first = this.stale.slice(0, limit);
    const end = first.findIndex((row) => row.revision > revision);
    return (end < 0 ? first : first.slice(0, end)).map(({ id }) => id);
  }

  /** The first `count` rows are gone. */
  drop(count: number): void {
    this.stale.splice(0, count);
  }
}
