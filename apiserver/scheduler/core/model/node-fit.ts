import type { NodeConstraint } from '../node-constraints/node-constraint';
import { matchesTerm } from '../node-constraints/node-terms';
import { unwantedBy } from '../node-constraints/tolerations';
import { UNWANTED, WISH } from '../scores/cost';
import { grownInts, nextSize } from './growing';
import type { NodeFacts } from './node-facts';
import type { NodeDemand } from './node-demand';

/**
 * Which nodes a demand allows, judged by nothing but what the nodes say about themselves, and what each costs by
 * preferred node affinity and PreferNoSchedule taints. Shared by all classes that demand the same.
 */
export class NodeFit {
  /** By node slot: 1 allowed. */
  private allowed = new Uint8Array(64);
  private costs = new Int32Array(64);
  private costly = 0;
  /** Grows when a verdict or a cost changes. */
  version = 0;
  private readonly wishes: number;
  /** Names of the only nodes that can be meant; undefined: any. */
  private readonly pinned: ReadonlySet<string> | undefined;

  constructor(
    readonly demand: NodeDemand,
    private readonly constraints: readonly NodeConstraint[],
  ) {
    this.pinned = pinnedTo(demand);
    this.wishes = demand.preferred.reduce((sum, { weight }) => sum + weight, 0);
  }

  allows(node: number): boolean {
    return this.allowed[node] === 1;
  }

  /** Whether any node costs something, or less than nothing. */
  get hasCosts(): boolean {
    return this.costly > 0;
  }

  costAt(node: number): number {
    return this.costs[node] ?? 0;
  }

  /** Looks at a node that is new, has changed or is gone (undefined). */
  judge(node: number, facts: NodeFacts | undefined): void {
    if (node >= this.allowed.length) this.grow(node + 1);
    // Of a daemon's pod every other node need not be looked at.
    if (this.pinned?.has(facts?.name ?? '') === false && this.allowed[node] === 0) return;
    const allowed = facts !== undefined && this.constraints.every((each) => each.allows(this.demand, facts)) ? 1 : 0;
    const cost = facts === undefined ? 0 : this.preferenceCost(facts);
    if (this.allowed[node] === allowed && this.costs[node] === cost) return;
    this.costly += Number(cost !== 0) - Number(this.costAt(node) !== 0);
    this.allowed[node] = allowed;
    this.costs[node] = cost;
    this.version += 1;
  }

  /** Weights are shares of all that the pod wishes of nodes. */
  private preferenceCost(facts: NodeFacts): number {
    const met = this.demand.preferred
      .filter(({ preference }) => matchesTerm(facts, preference))
      .reduce((sum, { weight }) => sum + weight, 0);
    const wish = this.wishes === 0 ? 0 : Math.round((WISH * met) / this.wishes);
    return Math.min(unwantedBy(this.demand.tolerations, facts.taints), 10) * UNWANTED - wish;
  }

  private grow(needed: number): void {
    const size = nextSize(this.allowed.length, needed);
    const allowed = new Uint8Array(size);
    allowed.set(this.allowed);
    this.allowed = allowed;
    this.costs = grownInts(this.costs, size);
  }
}

function pinnedTo({ nodeName, terms }: NodeDemand): ReadonlySet<string> | undefined {
  if (nodeName !== undefined) return new Set([nodeName]);
  if (terms === undefined) return undefined;
  const names = terms.map(({ matchFields = [] }) =>
    matchFields.find(({ key, operator }) => key === 'metadata.name' && operator === 'In'),
  );
  return names.every((each) => each !== undefined) ? new Set(names.flatMap(({ values = [] }) => values)) : undefined;
}
