import { Network } from '../../../apiserver/scheduler/core/flow/network';
import { NetworkSimplex } from '../../../apiserver/scheduler/core/flow/network-simplex';
import { seededRandom } from '../../../shared/random';
import { median } from '../report';
import { binaryHeap, fibonacciHeap, radixHeap } from './heaps';
import type { Part } from './part';
import { shortestPaths } from './shortest-paths';

interface Shape {
  readonly machines: number;
  readonly tasks: number;
  /** Sources that the tasks are in: as many as there are tasks, or classes of identical ones. */
  readonly sources: number;
  readonly slots: number;
}

/** Quincy's picture: a task prefers some machines, then a rack, then any machine, at convex cost, or stays pending. */
function clusterNetwork({ machines, tasks, sources, slots }: Shape, next: () => number): Network {
  const below = (count: number): number => Math.floor(next() * count);
  const network = new Network();
  const sink = network.addNode(-tasks);
  const anywhere = network.addNode();
  const pending = network.addNode();
  network.addArc(pending, sink, tasks, 0);
  const racks = Array.from({ length: Math.max(1, Math.round(machines / 50)) }, () => network.addNode());
  if (machines === 1_000) while (racks.length < 40) racks.push(network.addNode());
  const nodes = Array.from({ length: machines }, () => network.addNode());
  for (const [index, node] of nodes.entries()) {
    network.addArc(node, sink, slots, 0);
    network.addArc(racks[index % racks.length] ?? 0, node, slots, 0);
    for (let step = 0; step < 4; step++) {
      network.addArc(anywhere, node, Math.ceil(slots / 4), 20 + 10 * step + below(5));
    }
  }
  for (let source = 0; source < sources; source++) {
    const count = Math.floor(((source + 1) * tasks) / sources) - Math.floor((source * tasks) / sources);
    const node = network.addNode(count);
    for (let choice = 0; choice < 4; choice++) network.addArc(node, nodes[below(machines)] ?? 0, count, below(20));
    network.addArc(node, racks[below(racks.length)] ?? 0, count, 10 + below(20));
    network.addArc(node, anywhere, count, 20);
    network.addArc(node, pending, count, 1_000);
  }
  return network;
}

const SHAPES: Readonly<Record<string, Shape>> = {
  '10k tasks on 1k machines': { machines: 1_000, tasks: 10_000, sources: 10_000, slots: 11 },
  '150k pods in 1,000 classes on 5k machines': { machines: 5_000, tasks: 150_000, sources: 1_000, slots: 32 },
};
/** A Fibonacci heap takes long: it runs where there are at most so many sources. */
const MOST_ROUNDS = 10_000;

interface Timed<T> {
  readonly ms: number;
  /** The process's own CPU time: what others on the machine take of it does not count. */
  readonly cpuMs: number;
  readonly value: T;
}

function timed<T>(run: () => T): Timed<T> {
  const usage = process.cpuUsage();
  const start = performance.now();
  const value = run();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(usage);
  return { ms, cpuMs: (user + system) / 1_000, value };
}

export function flow({ rounds }: { readonly rounds: number }): Part {
  const rows: (string | number)[][] = [];
  const figures: Record<string, unknown> = {};
  for (const [name, shape] of Object.entries(SHAPES)) {
    const [cold, warm]: [Timed<unknown>[], Timed<unknown>[]] = [[], []];
    let cost: number | undefined;
    let mismatches = 0;
    for (let round = 0; round < rounds; round++) {
      const { next } = seededRandom(round + 1);
      const network = clusterNetwork(shape, next);
      const simplex = new NetworkSimplex(network);
      const first = timed(() => simplex.solve());
      cold.push(first);
      cost = first.value;
      for (let change = 0; change < network.cost.length / 100; change++) {
        const arc = Math.floor(next() * network.cost.length);
        network.cost[arc] = Math.max(0, (network.cost[arc] ?? 0) + Math.floor(next() * 10) - 5);
        simplex.setCost(arc, network.cost[arc] ?? 0);
      }
      const again = timed(() => simplex.solve());
      warm.push(again);
      if (new NetworkSimplex(network).solve() !== again.value) mismatches += 1;
    }
    const peers: Record<string, number> = {};
    const network = clusterNetwork(shape, seededRandom(rounds).next);
    for (const queue of [binaryHeap(), radixHeap(), fibonacciHeap()]) {
      if (shape.sources > MOST_ROUNDS) continue;
      const { cpuMs, value } = timed(() => shortestPaths(network, queue));
      if (value !== cost) mismatches += 1;
      peers[queue.name] = cpuMs;
    }
    const of = (runs: readonly Timed<unknown>[], figure: 'ms' | 'cpuMs'): number =>
      median(runs.map((each) => each[figure]));
    figures[name] = {
      coldMs: of(cold, 'ms'),
      coldCpuMs: of(cold, 'cpuMs'),
      warmMs: of(warm, 'ms'),
      warmCpuMs: of(warm, 'cpuMs'),
      shortestPathsCpuMs: peers,
      mismatches,
    };
    rows.push([
      name,
      network.cost.length,
      of(cold, 'ms').toFixed(0),
      of(cold, 'cpuMs').toFixed(0),
      of(warm, 'ms').toFixed(1),
      of(warm, 'cpuMs').toFixed(1),
      ...['binary heap', 'radix heap', 'Fibonacci heap'].map((queue) => peers[queue]?.toFixed(0) ?? ''),
      mismatches,
    ]);
  }
  return {
    name: 'flow',
    title: `minimum-cost flow in ms: network simplex cold and after 1% of costs changed (medians of ${rounds}), by the clock and in CPU time; successive shortest paths by heap in CPU time (once)`,
    head: ['graph', 'arcs', 'simplex', 'CPU', 'after 1%', 'CPU', 'binary', 'radix', 'Fibonacci', 'mismatches'],
    rows,
    figures,
  };
}
