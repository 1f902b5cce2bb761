import { seededRandom } from '../../../../shared/random';
import { IMPOSSIBLE } from '../scores/cost';
import { BlockMinima } from './block-minima';
import type { Layout } from './layout';

/** Groups of so many positions, in blocks of three. */
function layoutOf(groupSizes: readonly number[]): Layout {
  const blocks: number[] = [];
  const starts: number[] = [];
  const groups: number[] = [];
  const groupStarts: number[] = [];
  for (const [group, size] of groupSizes.entries()) {
    groupStarts.push(starts.length);
    for (let index = 0; index < size; index++) {
      if (index % 3 === 0) {
        starts.push(blocks.length);
        groups.push(group);
      }
      blocks.push(starts.length - 1);
    }
  }
  const nodes = Int32Array.from(blocks.keys());
  return {
    nodes,
    positions: nodes,
    blocks: Int32Array.from(blocks),
    starts: Int32Array.from([...starts, blocks.length]),
    groups: Int32Array.from(groups),
    groupStarts: Int32Array.from([...groupStarts, starts.length]),
    examples: Int32Array.from(groupSizes.keys()),
  };
}

it('finds the winner and the runner-up that a look at everything finds, whatever changed in between', () => {
  const { next } = seededRandom(5);
  const below = (count: number): number => Math.floor(next() * count);
  for (let world = 0; world < 150; world++) {
    const layout = layoutOf(Array.from({ length: 1 + below(3) }, () => 1 + below(14)));
    const count = layout.nodes.length;
    // Ranks grow within a group, as layouts have it; between groups they are mixed.
    const order = [...layout.nodes].map((at) => ({ at, rank: next() }));
    const groupOf = (at: number): number => layout.groups[layout.blocks[at] ?? 0] ?? 0;
    for (const group of new Set([...layout.nodes].map(groupOf))) {
      const members = order.filter(({ at }) => groupOf(at) === group);
      const sorted = members.map(({ rank }) => rank).sort((a, b) => a - b);
      for (const [index, member] of members.entries()) member.rank = sorted[index] ?? 0;
    }
    const ranks = new Int32Array(count);
    for (const [rank, { at }] of [...order].sort((a, b) => a.rank - b.rank).entries()) ranks[at] = rank;
    const minima = new BlockMinima(layout, ranks);
    const draw = (): number => (next() < 0.1 ? IMPOSSIBLE : below(6));
    for (let at = 0; at < count; at++) minima.costs[at] = draw();
    minima.settleAll();
    for (let step = 0; step < 40; step++) {
      const groupCosts = Int32Array.from(layout.examples, () => (next() < 0.1 ? IMPOSSIBLE : below(5) - 2));
      const costOf = (at: number): number => {
        const own = minima.costs[at] ?? IMPOSSIBLE;
        const extra = groupCosts[groupOf(at)] ?? 0;
        return own === IMPOSSIBLE || extra === IMPOSSIBLE ? IMPOSSIBLE : own + extra;
      };
      const ranking = [...layout.nodes]
        .filter((at) => costOf(at) !== IMPOSSIBLE)
        .sort((a, b) => costOf(a) - costOf(b) || (ranks[a] ?? 0) - (ranks[b] ?? 0));
      const [winner = -1, runnerUp = -1] = ranking;
      minima.search(groupCosts, step % 2 === 0);
      const priced = (at: number): readonly number[] => [at, at < 0 ? IMPOSSIBLE : costOf(at)];
      expect({
        world,
        step,
        winner: [minima.winner, minima.winnerCost],
        runnerUp: step % 2 === 0 ? [minima.runnerUp, minima.runnerUpCost] : [],
      }).toEqual({ world, step, winner: priced(winner), runnerUp: step % 2 === 0 ? priced(runnerUp) : [] });
      for (let change = below(4); change > 0; change--) {
        const at = below(count);
        const cost = draw();
        if (cost !== minima.costs[at]) minima.change(at, cost);
      }
    }
  }
});
