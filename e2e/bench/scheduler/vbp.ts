import { Cluster } from '../../../apiserver/scheduler/core/model/cluster';
import {
  greedy,
  greedyBestFit,
  greedyFirstFit,
  greedyOnePass,
} from '../../../apiserver/scheduler/core/policies/greedy';
import type { Part } from './part';
import { mean } from './part';
import { vbpInstances } from './vbp-instances';

const KINDS = [greedy, greedyOnePass, greedyFirstFit, greedyBestFit];

interface VbpOptions {
  readonly folder: string;
  readonly optima: string;
  /** Every how many of the instances are run. */
  readonly every: number;
}

export function vbp({ folder, optima, every }: VbpOptions): Part {
  const gaps = new Map<string, number[]>(KINDS.map(({ name }) => [name, []]));
  let instances = 0;
  for (const { optimum, nodes, pods } of vbpInstances(folder, optima)) {
    if (instances++ % every !== 0) continue;
    for (const kind of KINDS) {
      const cluster = new Cluster();
      for (const node of nodes) cluster.setNode(node);
      const placed = kind.create(cluster).place(pods.map((pod) => cluster.classOf(pod)));
      if (placed.nodes.includes(-1)) throw new Error(`${kind.name} needs more than twice the optimum`);
      gaps.get(kind.name)?.push(100 * (new Set(placed.nodes).size / optimum - 1));
    }
  }
  const names = new Map([
    ['greedy', 'batch'],
    ['greedy-one-pass', 'onePass'],
  ]);
  const results = [...gaps].map(([name, all]) => [names.get(name) ?? name, mean(all)] as const);
  return {
    name: 'vbp',
    title: `vector bin packing, percent of bins above the optimum, mean over ${gaps.get('greedy')?.length ?? 0} instances`,
    head: ['policy', '% over OPT'],
    rows: results.map(([name, gap]) => [name, gap.toFixed(2)]),
    figures: Object.fromEntries(results),
  };
}
