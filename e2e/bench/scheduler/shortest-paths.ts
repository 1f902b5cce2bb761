import type { Network } from '../../../apiserver/scheduler/core/flow/network';
import type { NodeQueue } from './heaps';

/** Minimum-cost flow by successive shortest paths: Dijkstra's algorithm on reduced costs. Costs must not be negative. */
export function shortestPaths({ from, to, capacity, cost, supply }: Network, queue: NodeQueue): number | undefined {
  const nodes = supply.length;
  const arcs = from.length;
  // Each arc twice: forth at 2i, back at 2i + 1.
  const head = new Int32Array(2 * arcs);
  const room = new Float64Array(2 * arcs);
  const price = new Float64Array(2 * arcs);
  const starts = new Int32Array(nodes + 2);
  for (let arc = 0; arc < arcs; arc++) {
    const [source, target] = [from[arc] ?? 0, to[arc] ?? 0];
    head[2 * arc] = target;
    head[2 * arc + 1] = source;
    room[2 * arc] = capacity[arc] ?? 0;
    price[2 * arc] = cost[arc] ?? 0;
    price[2 * arc + 1] = -(cost[arc] ?? 0);
    starts[source + 2] = (starts[source + 2] ?? 0) + 1;
    starts[target + 2] = (starts[target + 2] ?? 0) + 1;
  }
  for (let node = 2; node < starts.length; node++) starts[node] = (starts[node] ?? 0) + (starts[node - 1] ?? 0);
  const order = new Int32Array(2 * arcs);
  for (let arc = 0; arc < 2 * arcs; arc++) {
    const source = head[arc ^ 1] ?? 0;
    order[starts[source + 1] ?? 0] = arc;
    starts[source + 1] = (starts[source + 1] ?? 0) + 1;
  }
  const excess = Float64Array.from(supply);
  const potential = new Float64Array(nodes);
  const distance = new Float64Array(nodes);
  const mark = new Int32Array(nodes);
  const done = new Int32Array(nodes);
  const via = new Int32Array(nodes);
  let round = 0;
  let total = 0;
  for (let source = 0; source < nodes; source++) {
    while ((excess[source] ?? 0) > 0) {
      round += 1;
      queue.clear();
      queue.push(source, 0);
      distance[source] = 0;
      mark[source] = round;
      const settled: number[] = [];
      let target = -1;
      for (let node = queue.pop(); node >= 0; node = queue.pop()) {
        if (done[node] === round) continue;
        done[node] = round;
        settled.push(node);
        if ((excess[node] ?? 0) < 0) {
          target = node;
          break;
        }
        for (let at = starts[node] ?? 0; at < (starts[node + 1] ?? 0); at++) {
          const arc = order[at] ?? 0;
          if (room[arc] === 0) continue;
          const next = head[arc] ?? 0;
          if (done[next] === round) continue;
          const reduced = (price[arc] ?? 0) + (potential[node] ?? 0) - (potential[next] ?? 0);
          const reached = (distance[node] ?? 0) + reduced;
          if (mark[next] === round && reached >= (distance[next] ?? 0)) continue;
          distance[next] = reached;
          mark[next] = round;
          via[next] = arc;
          queue.push(next, reached);
        }
      }
      if (target < 0) return undefined;
      // Nodes beyond the target keep their potential: that leaves reduced costs at zero or more.
      const limit = distance[target] ?? 0;
      for (const node of settled) potential[node] = (potential[node] ?? 0) + (distance[node] ?? 0) - limit;
      let amount = Math.min(excess[source] ?? 0, -(excess[target] ?? 0));
      for (let node = target; node !== source; node = head[(via[node] ?? 0) ^ 1] ?? 0) {
        amount = Math.min(amount, room[via[node] ?? 0] ?? 0);
      }
      for (let node = target; node !== source; node = head[(via[node] ?? 0) ^ 1] ?? 0) {
        const arc = via[node] ?? 0;
        room[arc] = (room[arc] ?? 0) - amount;
        room[arc ^ 1] = (room[arc ^ 1] ?? 0) + amount;
        total += amount * (price[arc] ?? 0);
      }
      excess[source] = (excess[source] ?? 0) - amount;
      excess[target] = (excess[target] ?? 0) + amount;
    }
  }
  return total;
}
