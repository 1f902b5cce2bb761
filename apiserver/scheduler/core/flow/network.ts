/** A directed network whose arcs carry flow at a cost; built arc by arc, then solved. Whole numbers throughout. */
export class Network {
  readonly from: number[] = [];
  readonly to: number[] = [];
  readonly capacity: number[] = [];
  readonly cost: number[] = [];
  /** What each node puts in (positive) or takes out; they must add up to nothing. */
  readonly supply: number[] = [];

  addNode(supply = 0): number {
    return this.supply.push(supply) - 1;
  }

  /** Returns the arc's number. */
  addArc(from: number, to: number, capacity: number, cost: number): number {
    this.from.push(from);
    this.to.push(to);
    this.capacity.push(capacity);
    return this.cost.push(cost) - 1;
  }
}
