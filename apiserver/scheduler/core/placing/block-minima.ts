import { IMPOSSIBLE } from '../scores/cost';
import type { Layout } from './layout';

/** What is known of a block's two cheapest positions. */
const SURE = 0;
/** The second is not known: its cost is a lower bound, and its position one that costs at least as much as it does. */
const SECOND_UNSURE = 1;
/** Neither is: the cost of the first is a lower bound. */
const UNSURE = 2;

/**
 * What each position of a layout costs, with the two cheapest of each block kept while costs change: who wins, and who
 * comes second, is found by looking at all blocks and into few. Positions that cost the same win in tie order.
 */
export class BlockMinima {
  /** By position. After changing them all call `settleAll`, after one `change` it instead. */
  readonly costs: Int32Array;
  /** By block. */
  private readonly firsts: Int32Array;
  private readonly firstCosts: Int32Array;
  private readonly seconds: Int32Array;
  private readonly secondCosts: Int32Array;
  private readonly doubts: Uint8Array;
  /** The block that won last: a good guess, that spares looking into blocks which cannot win. */
  private guess = 0;
  /** The same for the runner-up's, where that was another block. */
  private otherGuess = 0;
  /** What the last search found: positions with their costs, groups' included; -1: there is none. */
  winner = -1;
  winnerCost = IMPOSSIBLE;
  runnerUp = -1;
  runnerUpCost = IMPOSSIBLE;

  constructor(
    private readonly layout: Layout,
    /** By node slot: of nodes in different groups the lower wins. */
    private readonly ranks: Int32Array,
  ) {
    const blocks = layout.groups.length;
    this.costs = new Int32Array(layout.nodes.length);
    this.firsts = new Int32Array(blocks);
    this.firstCosts = new Int32Array(blocks);
    this.seconds = new Int32Array(blocks);
    this.secondCosts = new Int32Array(blocks);
    this.doubts = new Uint8Array(blocks);
  }

  settleAll(): void {
    for (let block = 0; block < this.firsts.length; block++) this.settle(block);
  }

  /** Takes note that a position costs something else now. */
  change(at: number, cost: number): void {
    const { firsts, firstCosts, seconds, secondCosts, doubts } = this;
    this.costs[at] = cost;
    const block = this.layout.blocks[at] ?? 0;
    const first = firsts[block] ?? 0;
    const firstCost = firstCosts[block] ?? 0;
    const secondCost = secondCosts[block] ?? 0;
    const doubt = doubts[block];
    if (doubt === UNSURE) {
      if (cost >= firstCost) return;
      // All others cost at least the bound.
      firsts[block] = at;
      firstCosts[block] = cost;
      seconds[block] = first;
      secondCosts[block] = firstCost;
      doubts[block] = SECOND_UNSURE;
    } else if (at === first) {
      const second = seconds[block] ?? 0;
      if (cost < secondCost || (cost === secondCost && doubt === SURE && at < second)) {
        firstCosts[block] = cost;
        return;
      }
      firsts[block] = second;
      firstCosts[block] = secondCost;
      seconds[block] = at;
      doubts[block] = doubt === SURE ? SECOND_UNSURE : UNSURE;
    } else if (cost < firstCost || (cost === firstCost && at < first)) {
      seconds[block] = first;
      secondCosts[block] = firstCost;
      firsts[block] = at;
      firstCosts[block] = cost;
      doubts[block] = SURE;
    } else if (cost < secondCost || (cost === secondCost && doubt === SURE && at < (seconds[block] ?? 0))) {
      seconds[block] = at;
      secondCosts[block] = cost;
      doubts[block] = SURE;
    } else if (doubt === SURE && at === seconds[block]) {
      doubts[block] = SECOND_UNSURE;
    }
  }

  /** Finds the winner; the runner-up too where it is asked for. `groupCosts`: what each group costs beside. */
  search(groupCosts: Int32Array, isSecondWanted: boolean): void {
    const { firsts, firstCosts, doubts, layout, guess } = this;
    const { groups, groupStarts } = layout;
    let best = -1;
    let lowest = IMPOSSIBLE;
    let other = -1;
    let next = IMPOSSIBLE;
    if (guess < firsts.length) {
      const extra = groupCosts[groups[guess] ?? 0] ?? 0;
      if (doubts[guess] === UNSURE) this.settle(guess);
      lowest = sum(firstCosts[guess] ?? IMPOSSIBLE, extra);
      if (lowest !== IMPOSSIBLE) best = guess;
      next = sum(this.mostOfSecond(guess), extra);
    }
    const otherGuess = isSecondWanted && this.otherGuess < firsts.length ? this.otherGuess : guess;
    if (otherGuess !== guess) {
      if (doubts[otherGuess] === UNSURE) this.settle(otherGuess);
      const cost = sum(firstCosts[otherGuess] ?? IMPOSSIBLE, groupCosts[groups[otherGuess] ?? 0] ?? 0);
      if (cost !== IMPOSSIBLE && (cost < lowest || (cost === lowest && this.precedes(otherGuess, best)))) {
        other = best;
        next = lowest;
        best = otherGuess;
        lowest = cost;
      } else if (cost !== IMPOSSIBLE && cost <= next) {
        other = otherGuess;
        next = cost;
      }
    }
    for (let group = 0; group + 1 < groupStarts.length; group++) {
      const extra = groupCosts[group] ?? 0;
      if (extra === IMPOSSIBLE) continue;
      let most = Math.min((isSecondWanted ? next : lowest) - extra, IMPOSSIBLE - 1);
      const end = groupStarts[group + 1] ?? 0;
      for (let block = groupStarts[group] ?? 0; block < end; block++) {
        if ((firstCosts[block] ?? IMPOSSIBLE) > most) continue;
        if (doubts[block] === UNSURE) {
          this.settle(block);
          if ((firstCosts[block] ?? IMPOSSIBLE) > most) continue;
        }
        const cost = (firstCosts[block] ?? IMPOSSIBLE) + extra;
        if (block === guess || block === otherGuess) {
          // Looked at before.
        } else if (best < 0 || cost < lowest || (cost === lowest && this.precedes(block, best))) {
          other = best;
          next = lowest;
          best = block;
          lowest = cost;
        } else if (isSecondWanted && (other < 0 || cost < next || this.precedes(block, other))) {
          other = block;
          next = cost;
        }
        const holder = isSecondWanted && other >= 0 ? other : best;
        // Within a group who comes later loses a tie.
        const isStrict = holder <= block && groups[holder] === group;
        most = Math.min((isSecondWanted ? next : lowest) - extra, IMPOSSIBLE - 1) - (isStrict ? 1 : 0);
      }
    }
    this.winner = best < 0 ? -1 : (firsts[best] ?? -1);
    this.winnerCost = lowest;
    this.runnerUp = -1;
    this.runnerUpCost = IMPOSSIBLE;
    if (best < 0) return;
    this.guess = best;
    if (!isSecondWanted) return;
    if (other >= 0) this.otherGuess = other;
    this.findRunnerUp(best, other, next, groupCosts);
  }

  /** The second of the block that won, or the first of the second best block. */
  private findRunnerUp(best: number, other: number, otherCost: number, groupCosts: Int32Array): void {
    const extra = groupCosts[this.layout.groups[best] ?? 0] ?? 0;
    const isInDoubt = this.doubts[best] !== SURE && sum(this.secondCosts[best] ?? IMPOSSIBLE, extra) <= otherCost;
    if (isInDoubt) this.settle(best);
    const second = this.seconds[best] ?? -1;
    const cost = sum(this.secondCosts[best] ?? IMPOSSIBLE, extra);
    const isOther =
      other >= 0 && (otherCost < cost || (otherCost === cost && this.comesFirst(this.firsts[other] ?? 0, second)));
    this.runnerUpCost = isOther ? otherCost : cost;
    if (isOther) this.runnerUp = this.firsts[other] ?? -1;
    else this.runnerUp = cost === IMPOSSIBLE ? -1 : second;
  }

  /** What a block's second costs at most. */
  private mostOfSecond(block: number): number {
    const second = this.seconds[block] ?? 0;
    if (this.doubts[block] === SURE) return this.secondCosts[block] ?? IMPOSSIBLE;
    return second === this.firsts[block] ? IMPOSSIBLE : (this.costs[second] ?? IMPOSSIBLE);
  }

  private precedes(block: number, other: number): boolean {
    return this.comesFirst(this.firsts[block] ?? 0, this.firsts[other] ?? 0);
  }

  /** Whether one position wins over another that costs the same. */
  private comesFirst(one: number, other: number): boolean {
    const { blocks, groups, nodes } = this.layout;
    if (groups[blocks[one] ?? 0] === groups[blocks[other] ?? 0]) return one < other;
    return (this.ranks[nodes[one] ?? 0] ?? 0) < (this.ranks[nodes[other] ?? 0] ?? 0);
  }

  /** Finds a block's two cheapest. */
  private settle(block: number): void {
    const { costs } = this;
    const { starts } = this.layout;
    const start = starts[block] ?? 0;
    const end = starts[block + 1] ?? 0;
    let [first, second] = [start, start];
    let [lowest, next] = [IMPOSSIBLE, IMPOSSIBLE];
    for (let at = start; at < end; at++) {
      const cost = costs[at] ?? IMPOSSIBLE;
      if (cost >= next) continue;
      if (cost < lowest) {
        second = first;
        next = lowest;
        first = at;
        lowest = cost;
      } else {
        second = at;
        next = cost;
      }
    }
    this.firsts[block] = first;
    this.firstCosts[block] = lowest;
    this.seconds[block] = second;
    this.secondCosts[block] = next;
    this.doubts[block] = SURE;
  }
}

const sum = (cost: number, extra: number): number =>
  cost === IMPOSSIBLE || extra === IMPOSSIBLE ? IMPOSSIBLE : cost + extra;
