import type { Cluster } from './core/model/cluster';
import { CPU, MEMORY } from './core/model/node-table';
import type { Load } from './core/model/load-table';

/** What a node's agent last said that it is busy with. */
export interface NodeUsage {
  readonly name: string;
  readonly usage?: { readonly cpuMilli: number; readonly memoryUsedBytes: number } | undefined;
}

/** Weight of a new figure against the average so far: about a minute of samples every ten seconds counts. */
const NEWEST = 0.2;

/** Exponentially weighted averages of what nodes are really busy with: a moment's peak decides nothing. */
export class NodeLoads {
  private readonly averages = new Map<string, Load>();

  /** Takes note of a sample and returns the average. `capacity`: milli-CPU and bytes of memory. */
  add({ name, usage }: NodeUsage, capacity: { readonly cpu: number; readonly memory: number }): Load {
    const before = this.averages.get(name);
    if (usage === undefined || capacity.cpu === 0 || capacity.memory === 0) return before ?? { cpu: 0, memory: 0 };
    const now = { cpu: usage.cpuMilli / capacity.cpu, memory: usage.memoryUsedBytes / capacity.memory };
    const mixed = (old: number, fresh: number): number => old + NEWEST * (fresh - old);
    const average =
      before === undefined ? now : { cpu: mixed(before.cpu, now.cpu), memory: mixed(before.memory, now.memory) };
    this.averages.set(name, average);
    return average;
  }

  /** Forgets nodes that are gone. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.averages.keys()) if (!names.has(name)) this.averages.delete(name);
  }

  /** Takes a sample of all nodes into the cluster. Returns whether one that was overloaded is so no more. */
  sample(usages: readonly NodeUsage[], cluster: Cluster): boolean {
    const { nodes, load } = cluster;
    let isAnyRelieved = false;
    for (const usage of usages) {
      const node = nodes.slotOf(usage.name);
      if (node === undefined) continue;
      const capacity = { cpu: nodes.capacity[CPU]?.[node] ?? 0, memory: nodes.capacity[MEMORY]?.[node] ?? 0 };
      const wasOverloaded = load.isOverloaded(node);
      cluster.setLoad(node, this.add(usage, capacity));
      isAnyRelieved ||= wasOverloaded && !load.isOverloaded(node);
    }
    this.keep(new Set(usages.map(({ name }) => name)));
    return isAnyRelieved;
  }
}
