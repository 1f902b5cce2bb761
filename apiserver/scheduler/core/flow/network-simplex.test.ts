import loadHighs from 'highs';
import { seededRandom } from '../../../../shared/random';
import { Network } from './network';
import { NetworkSimplex } from './network-simplex';

const SEED = 20_260_101;
const GRAPHS = 250;

function randomNetwork(next: () => number): Network {
  const below = (count: number): number => Math.floor(next() * count);
  const network = new Network();
  const nodes = 3 + below(12);
  for (let node = 0; node < nodes; node++) network.addNode();
  for (let unit = below(15); unit > 0; unit--) {
    const [source, sink] = [below(nodes), below(nodes)];
    network.supply[source] = (network.supply[source] ?? 0) + 1;
    network.supply[sink] = (network.supply[sink] ?? 0) - 1;
  }
  for (let arc = nodes + below(4 * nodes); arc > 0; arc--) {
    const from = below(nodes);
    const to = (from + 1 + below(nodes - 1)) % nodes;
    network.addArc(from, to, below(8), below(30) - (next() < 0.2 ? 10 : 0));
  }
  return network;
}

/** The same as a linear program, in the format that HiGHS reads. */
function linearProgram({ from, to, capacity, cost, supply }: Network): string {
  const sum = (terms: readonly string[]): string => (terms.length === 0 ? '0 x0' : terms.join(' '));
  const signed = (value: number, arc: number): string => `${value < 0 ? '-' : '+'} ${Math.abs(value)} x${arc}`;
  const balance = supply.map((amount, node) => {
    const terms = from.flatMap((source, arc) => [
      ...(source === node ? [signed(1, arc)] : []),
      ...(to[arc] === node ? [signed(-1, arc)] : []),
    ]);
    return ` node${node}: ${sum(terms)} = ${amount}`;
  });
  const bounds = capacity.map((most, arc) => ` 0 <= x${arc} <= ${most}`);
  return `Minimize\n cost: ${sum(cost.map(signed))}\nSubject To\n${balance.join('\n')}\nBounds\n${bounds.join('\n')}\nEnd\n`;
}

/** What is wrong with a flow, if anything. */
function faultOf({ from, to, capacity, supply }: Network, flow: ArrayLike<number>): string | undefined {
  const left = [...supply];
  for (const [arc, most] of capacity.entries()) {
    const amount = flow[arc] ?? 0;
    if (amount < 0 || amount > most || !Number.isInteger(amount)) return `arc ${arc} carries ${amount} of ${most}`;
    left[from[arc] ?? 0] = (left[from[arc] ?? 0] ?? 0) - amount;
    left[to[arc] ?? 0] = (left[to[arc] ?? 0] ?? 0) + amount;
  }
  const node = left.findIndex((amount) => amount !== 0);
  return node < 0 ? undefined : `node ${node} keeps ${left[node] ?? 0}`;
}

it(`finds the optimum that HiGHS finds, also after costs change (seed ${SEED})`, async () => {
  const highs = await loadHighs();
  const { next } = seededRandom(SEED);
  let solvable = 0;
  for (let graph = 0; graph < GRAPHS; graph++) {
    const network = randomNetwork(next);
    const simplex = new NetworkSimplex(network);
    for (const change of [0, 1, 2]) {
      for (let arc = 0; change > 0 && arc < network.cost.length; arc++) {
        if (next() > 0.2) continue;
        network.cost[arc] = Math.floor(next() * 30);
        simplex.setCost(arc, network.cost[arc] ?? 0);
      }
      const expected = highs.solve(linearProgram(network));
      const found = simplex.solve();
      const optimum = expected.Status === 'Optimal' ? Math.round(expected.ObjectiveValue) : undefined;
      expect({ graph, change, cost: found }).toEqual({ graph, change, cost: optimum });
      if (found === undefined) continue;
      solvable += 1;
      expect(faultOf(network, simplex.flow)).toBeUndefined();
    }
  }
  expect(solvable).toBeGreaterThan(GRAPHS);
}, 60_000);

it('needs fewer steps from the tree it has than from none', () => {
  const { next } = seededRandom(SEED);
  const network = new Network();
  const [machines, tasks] = [50, 400];
  const sink = network.addNode(-tasks);
  const machineNodes = Array.from({ length: machines }, () => network.addNode());
  for (const machine of machineNodes) network.addArc(machine, sink, 10, 0);
  for (let task = 0; task < tasks; task++) {
    const node = network.addNode(1);
    for (let choice = 0; choice < 5; choice++) {
      network.addArc(node, machineNodes[Math.floor(next() * machines)] ?? 0, 1, Math.floor(next() * 100));
    }
    network.addArc(node, sink, 1, 1_000);
  }
  const simplex = new NetworkSimplex(network);
  simplex.solve();
  const cold = simplex.pivots;
  for (let arc = machines; arc < network.cost.length; arc += 100) {
    network.cost[arc] = Math.floor(next() * 100);
    simplex.setCost(arc, network.cost[arc] ?? 0);
  }
  const cost = simplex.solve();
  expect(simplex.pivots).toBeLessThan(cold / 5);
  expect(new NetworkSimplex(network).solve()).toBe(cost);
});
