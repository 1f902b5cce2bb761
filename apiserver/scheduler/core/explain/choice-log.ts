import type { NodeTable } from '../model/node-table';
import type { Comparison, ScoredNode } from '../policies/policy';

/** A node in a choice, by name: the node may be gone since. */
export type NamedScore = Omit<ScoredNode, 'node'> & { readonly nodeName: string };

/** Why a pod is where it is. */
export interface NamedChoice {
  readonly winner: NamedScore;
  /** Absent: no other node would have taken it. */
  readonly runnerUp?: NamedScore;
}

export function nameScore({ node, ...terms }: ScoredNode, nodes: NodeTable): NamedScore {
  return { nodeName: nodes.nameOf(node), ...terms };
}

export const nameChoice = ({ winner, runnerUp }: Comparison, nodes: NodeTable): NamedChoice => ({
  winner: nameScore(winner, nodes),
  ...(runnerUp === undefined ? {} : { runnerUp: nameScore(runnerUp, nodes) }),
});

/** A row: index of the pod in its batch, then of both nodes the number of the name and the cost, then whether there are terms. */
const WIDTH = 6;
/** Of both nodes preferences, load and around; most choices have none, and nothing is written then. */
const TERMS = 6;
const NOBODY = -1;

/**
 * The last choices, as many as it has room for. Adding one writes a row of numbers and makes no object, so that every
 * choice can be recorded; looking for one, which people do, goes through them.
 */
export class ChoiceLog {
  private readonly rows: Int32Array;
  private readonly terms: Int32Array;
  /** Whose choices they are, by row; undefined: nobody's yet. */
  private readonly keys: (string | undefined)[];
  private next = 0;
  /** Rows of the batch that is being decided, as far as they are not overwritten. */
  private open = 0;

  constructor(
    private readonly nodes: NodeTable,
    private readonly capacity: number,
  ) {
    this.rows = new Int32Array(WIDTH * capacity);
    this.terms = new Int32Array(TERMS * capacity);
    this.keys = Array.from({ length: capacity }, () => undefined);
  }

  /** Overwrites the oldest where there is no more room. `index`: of the pod in its batch, which `close` ends. */
  add(index: number, { winner, runnerUp }: Comparison): void {
    const { rows, next } = this;
    const { nameIds } = this.nodes;
    const at = WIDTH * next;
    this.next = next + 1 === this.capacity ? 0 : next + 1;
    this.open += 1;
    rows[at] = index;
    rows[at + 1] = nameIds[winner.node] ?? NOBODY;
    rows[at + 2] = winner.cost;
    rows[at + 3] = runnerUp === undefined ? NOBODY : (nameIds[runnerUp.node] ?? NOBODY);
    rows[at + 4] = runnerUp === undefined ? 0 : runnerUp.cost;
    const hasTerms = termsOf(winner) !== 0 || (runnerUp !== undefined && termsOf(runnerUp) !== 0);
    rows[at + 5] = hasTerms ? 1 : 0;
    if (hasTerms) this.addTerms(TERMS * next, winner, runnerUp);
  }

  private addTerms(at: number, winner: ScoredNode, runnerUp = winner): void {
    const { terms } = this;
    terms[at] = winner.preferences;
    terms[at + 1] = winner.load;
    terms[at + 2] = winner.around;
    terms[at + 3] = runnerUp.preferences;
    terms[at + 4] = runnerUp.load;
    terms[at + 5] = runnerUp.around;
  }

  /** The batch is decided: `keyOf` says whose choice each was (the uid of a pod), by index. */
  close(keyOf: (index: number) => string | undefined): void {
    const count = Math.min(this.open, this.capacity);
    for (let back = 1; back <= count; back++) {
      const row = (this.next - back + this.capacity) % this.capacity;
      this.keys[row] = keyOf(this.rows[WIDTH * row] ?? -1);
    }
    this.open = 0;
  }

  /** The latest choice for that pod; undefined: none, or it was overwritten. */
  of(key: string): NamedChoice | undefined {
    for (let back = 1; back <= this.capacity; back++) {
      const row = (this.next - back + this.capacity) % this.capacity;
      if (this.keys[row] !== key) continue;
      const winner = this.read(row, 0);
      const runnerUp = this.read(row, 1);
      return winner && { winner, ...(runnerUp === undefined ? {} : { runnerUp }) };
    }
    return undefined;
  }

  private read(row: number, which: 0 | 1): NamedScore | undefined {
    const [id = NOBODY, cost = 0] = this.rows.subarray(WIDTH * row + 1 + 2 * which);
    if (id === NOBODY) return undefined;
    const hasTerms = this.rows[WIDTH * row + 5] === 1;
    const at = TERMS * row + 3 * which;
    const [preferences = 0, load = 0, around = 0] = hasTerms ? this.terms.subarray(at) : [];
    const room = cost - preferences - load - around;
    return { nodeName: this.nodes.nameOfId(id), cost, preferences, load, around, room };
  }
}

/** 0: there are none. */
const termsOf = ({ preferences, load, around }: ScoredNode): number => preferences | load | around;
