import { isNear, mayBeFirst } from '../constraints/pod-affinity';
import type { Cluster } from '../model/cluster';
import { PODS } from '../model/node-table';
import type { PodClass } from '../model/pod-class';
import { grownInts } from '../model/growing';

/** No eviction makes room there. */
const HOPELESS = 2 ** 31 - 1;

/**
 * For one class of pods: the level of importance up to which each node's pods would have to go for its resources to
 * suffice. Kept from one search to the next; only nodes that changed are looked at again.
 */
export class PromisingNodes {
  /** By node slot: how many levels would have to go. */
  private levels = new Int32Array(0);
  /** How many nodes there are of each level. */
  private readonly tally: number[] = [];
  /** No node of a level has a lower slot than this. */
  private readonly starts: number[] = [];
  private seen = -1;
  private fitVersion = -1;

  constructor(
    private readonly cluster: Cluster,
    private readonly podClass: PodClass,
  ) {}

  /** Those with the least important victims, at most `count`, each level's in order of their slots. */
  first(count: number): readonly number[] {
    this.refresh();
    const found: number[] = [];
    for (let level = 0; level < this.tally.length && found.length < count; level++) this.collect(level, count, found);
    return found;
  }

  /** Adds nodes of one level until there are `count`. Begins where the level's first node may be. */
  private collect(level: number, count: number, found: number[]): void {
    const { cluster, podClass, levels, starts } = this;
    const isFirst = mayBeFirst(podClass);
    const total = this.tally[level] ?? 0;
    let met = 0;
    for (let node = starts[level] ?? 0; met < total && found.length < count && node < levels.length; node++) {
      if (levels[node] !== level) continue;
      if (met === 0) starts[level] = node;
      met += 1;
      if (!cluster.load.isOverloaded(node) && isNear(podClass.rules, isFirst, node)) found.push(node);
    }
  }

  private set(node: number, level: number): void {
    const before = this.levels[node] ?? HOPELESS;
    if (before !== HOPELESS) this.tally[before] = (this.tally[before] ?? 0) - 1;
    if (level !== HOPELESS) {
      this.tally[level] = (this.tally[level] ?? 0) + 1;
      this.starts[level] = Math.min(this.starts[level] ?? node, node);
    }
    this.levels[node] = level;
  }

  private refresh(): void {
    const { changes, nodes } = this.cluster;
    const isOutdated = this.seen < 0 || this.fitVersion !== this.podClass.fit.version || !changes.canReplay(this.seen);
    if (nodes.size > this.levels.length) this.levels = grownInts(this.levels, nodes.size, HOPELESS);
    if (isOutdated) for (let node = 0; node < nodes.size; node++) this.set(node, this.levelsNeeded(node));
    else {
      for (let change = this.seen; change < changes.end; change++) {
        const node = changes.nodeAt(change);
        if (node >= 0) this.set(node, this.levelsNeeded(node));
      }
    }
    this.seen = changes.end;
    this.fitVersion = this.podClass.fit.version;
  }

  private levelsNeeded(node: number): number {
    const { cluster, podClass } = this;
    const { columns, amounts, priority, fit } = podClass;
    if (!fit.allows(node)) return HOPELESS;
    const { free } = cluster.nodes;
    const levels = cluster.priorities.below(priority);
    let isAnyThere = false;
    for (let count = 0; count <= levels.length; count++) {
      // The first `count` levels have gone: does that do?
      let suffices = true;
      for (let index = 0; suffices && index < columns.length; index++) {
        const column = columns[index] ?? 0;
        let room = free[column]?.[node] ?? 0;
        for (let gone = 0; gone < count; gone++) room += levels[gone]?.held[column]?.[node] ?? 0;
        suffices = room >= (amounts[index] ?? 0);
      }
      if (count > 0) isAnyThere ||= (levels[count - 1]?.held[PODS]?.[node] ?? 0) > 0;
      if (suffices && (count > 0 || levels.some(({ held }) => (held[PODS]?.[node] ?? 0) > 0))) return count;
    }
    return HOPELESS;
  }
}
