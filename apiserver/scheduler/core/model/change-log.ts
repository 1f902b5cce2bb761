const LENGTH = 1 << 16;

/**
 * Which nodes changed, in order: whoever keeps something worked out per node replays what was added since it last
 * looked. Bounded: what is older than `LENGTH` changes is forgotten, and `canReplay` says so.
 */
export class ChangeLog {
  private readonly entries = new Int32Array(LENGTH);
  /** Position of a node's last change, so that a replay handles each node once. */
  private lastAt = new Float64Array(64);
  /** Position after the newest entry; only ever grows. */
  end = 0;

  add(node: number): void {
    if (node >= this.lastAt.length) {
      const grown = new Float64Array(Math.max(node + 1, this.lastAt.length * 2));
      grown.set(this.lastAt);
      this.lastAt = grown;
    }
    this.entries[this.end & (LENGTH - 1)] = node;
    this.lastAt[node] = this.end;
    this.end += 1;
  }

  /** Position of the node's last change. */
  lastOf(node: number): number {
    return this.lastAt[node] ?? 0;
  }

  canReplay(since: number): boolean {
    return this.end - since <= LENGTH;
  }

  /** The node changed at this position; -1 when it changed again later: then that later entry counts. */
  nodeAt(position: number): number {
    const node = this.entries[position & (LENGTH - 1)] ?? -1;
    return this.lastAt[node] === position ? node : -1;
  }
}
