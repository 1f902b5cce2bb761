import type { Network } from './network';

/** Where an arc stands: its flow at the lower bound, in the spanning tree, or at its capacity. */
const LOWER = 1;
const TREE = 0;
const UPPER = -1;

/** Direction of a node's tree arc: to its parent, or from it. */
const UP = 1;
const DOWN = -1;

/**
 * Minimum-cost flow by the primal network simplex: a spanning tree is improved by one arc at a time (block search), and
 * kept strongly feasible so that it cannot cycle. After costs change, `solve` goes on from the tree it had.
 * After Kovács, "Minimum-cost flow algorithms: an experimental evaluation" (2015), and LEMON's implementation.
 */
export class NetworkSimplex {
  /** By arc. */
  readonly flow: Float64Array;
  /** How many times the tree was changed by the last `solve`. */
  pivots = 0;
  private readonly nodes: number;
  private readonly arcs: number;
  private readonly root: number;
  private readonly from: Int32Array;
  private readonly to: Int32Array;
  private readonly capacity: Float64Array;
  private readonly cost: Float64Array;
  private readonly state: Int8Array;
  private readonly potential: Float64Array;
  private readonly parent: Int32Array;
  private readonly treeArc: Int32Array;
  private readonly direction: Int8Array;
  private readonly depth: Int32Array;
  private readonly firstChild: Int32Array;
  private readonly nextSibling: Int32Array;
  private readonly previousSibling: Int32Array;
  private readonly block: number;
  private nextArc = 0;

  constructor({ from, to, capacity, cost, supply }: Network) {
    this.nodes = supply.length;
    this.arcs = from.length;
    this.root = this.nodes;
    const all = this.arcs + this.nodes;
    this.from = new Int32Array(all);
    this.to = new Int32Array(all);
    this.capacity = new Float64Array(all);
    this.cost = new Float64Array(all);
    this.flow = new Float64Array(all);
    this.state = new Int8Array(all).fill(LOWER);
    this.from.set(from);
    this.to.set(to);
    this.capacity.set(capacity);
    this.cost.set(cost);
    const count = this.nodes + 1;
    this.potential = new Float64Array(count);
    this.parent = new Int32Array(count).fill(-1);
    this.treeArc = new Int32Array(count).fill(-1);
    this.direction = new Int8Array(count);
    this.depth = new Int32Array(count);
    this.firstChild = new Int32Array(count).fill(-1);
    this.nextSibling = new Int32Array(count).fill(-1);
    this.previousSibling = new Int32Array(count).fill(-1);
    this.block = Math.max(10, Math.ceil(Math.sqrt(this.arcs)));
    this.plant(supply);
  }

  setCost(arc: number, cost: number): void {
    this.cost[arc] = cost;
  }

  /** Finds the cheapest flow, from the tree there is. Undefined: supplies cannot reach demands. Else what it costs. */
  solve(): number | undefined {
    this.pivots = 0;
    this.refreshPotentials();
    for (let arc = this.entering(); arc >= 0; arc = this.entering()) {
      this.pivot(arc);
      this.pivots += 1;
    }
    for (let arc = this.arcs; arc < this.flow.length; arc++) if (this.flow[arc] !== 0) return undefined;
    let total = 0;
    for (let arc = 0; arc < this.arcs; arc++) total += (this.flow[arc] ?? 0) * (this.cost[arc] ?? 0);
    return total;
  }

  /** The first tree: every node hangs on an artificial root, by arcs too dear to stay in use. */
  private plant(supply: readonly number[]): void {
    let dearest = 0;
    for (let arc = 0; arc < this.arcs; arc++) dearest = Math.max(dearest, Math.abs(this.cost[arc] ?? 0));
    const artificial = (dearest + 1) * (this.nodes + 1);
    for (let node = 0; node < this.nodes; node++) {
      const arc = this.arcs + node;
      const amount = supply[node] ?? 0;
      const isSource = amount >= 0;
      this.from[arc] = isSource ? node : this.root;
      this.to[arc] = isSource ? this.root : node;
      this.capacity[arc] = Infinity;
      this.cost[arc] = isSource ? 0 : artificial;
      this.flow[arc] = Math.abs(amount);
      this.state[arc] = TREE;
      this.treeArc[node] = arc;
      this.direction[node] = isSource ? UP : DOWN;
      this.hang(node, this.root);
    }
  }

  /** An arc by which flow gets cheaper, the best of the first block that has one; -1: the flow is the cheapest. */
  private entering(): number {
    const { from, to, cost, state, potential, arcs, block } = this;
    let lowest = 0;
    let best = -1;
    let left = block;
    let arc = this.nextArc;
    for (let seen = 0; seen < arcs; seen++) {
      const reduced =
        (state[arc] ?? 0) * ((cost[arc] ?? 0) + (potential[from[arc] ?? 0] ?? 0) - (potential[to[arc] ?? 0] ?? 0));
      if (reduced < lowest) {
        lowest = reduced;
        best = arc;
      }
      arc += 1;
      if (arc === arcs) arc = 0;
      left -= 1;
      if (left > 0) continue;
      if (best >= 0) break;
      left = block;
    }
    this.nextArc = arc;
    return best;
  }

  private pivot(entering: number): void {
    const { from, to, parent, treeArc, direction, depth, flow, capacity, state } = this;
    const isRising = state[entering] === LOWER;
    const first = (isRising ? from[entering] : to[entering]) ?? 0;
    const second = (isRising ? to[entering] : from[entering]) ?? 0;
    let join = first;
    for (let other = second; join !== other;) {
      if ((depth[join] ?? 0) >= (depth[other] ?? 0)) join = parent[join] ?? -1;
      else other = parent[other] ?? -1;
    }
    // The arc that is used up first leaves; of equals the last one on the way from the join, which keeps the tree
    // strongly feasible.
    let delta = capacity[entering] ?? 0;
    let leaving = -1;
    let isOnFirst = false;
    for (let node = first; node !== join; node = parent[node] ?? -1) {
      const arc = treeArc[node] ?? 0;
      const room = direction[node] === DOWN ? (capacity[arc] ?? 0) - (flow[arc] ?? 0) : (flow[arc] ?? 0);
      if (room >= delta) continue;
      delta = room;
      leaving = node;
      isOnFirst = true;
    }
    for (let node = second; node !== join; node = parent[node] ?? -1) {
      const arc = treeArc[node] ?? 0;
      const room = direction[node] === UP ? (capacity[arc] ?? 0) - (flow[arc] ?? 0) : (flow[arc] ?? 0);
      if (room > delta) continue;
      delta = room;
      leaving = node;
      isOnFirst = false;
    }
    if (delta > 0) {
      flow[entering] = (flow[entering] ?? 0) + (isRising ? delta : -delta);
      for (let node = first; node !== join; node = parent[node] ?? -1) {
        const arc = treeArc[node] ?? 0;
        flow[arc] = (flow[arc] ?? 0) - (direction[node] ?? 0) * delta;
      }
      for (let node = second; node !== join; node = parent[node] ?? -1) {
        const arc = treeArc[node] ?? 0;
        flow[arc] = (flow[arc] ?? 0) + (direction[node] ?? 0) * delta;
      }
    }
    if (leaving < 0) {
      state[entering] = isRising ? UPPER : LOWER;
      return;
    }
    const out = treeArc[leaving] ?? 0;
    state[entering] = TREE;
    state[out] = flow[out] === 0 ? LOWER : UPPER;
    this.rehang(entering, leaving, isOnFirst ? first : second, isOnFirst ? second : first);
  }

  /** Cuts the subtree below the leaving arc off, and hangs it on by the entering one: `inner` gets `outer` for a parent. */
  private rehang(entering: number, leaving: number, inner: number, outer: number): void {
    const { parent, treeArc, direction, from } = this;
    let node = inner;
    let above = outer;
    let arc = entering;
    let way = from[entering] === inner ? UP : DOWN;
    for (;;) {
      const nextNode = parent[node] ?? -1;
      const nextArc = treeArc[node] ?? -1;
      const nextWay = direction[node] ?? UP;
      this.unhang(node);
      treeArc[node] = arc;
      direction[node] = way;
      this.hang(node, above);
      if (node === leaving) break;
      above = node;
      arc = nextArc;
      way = -nextWay;
      node = nextNode;
    }
    this.refreshSubtree(inner);
  }

  private hang(node: number, parent: number): void {
    const head = this.firstChild[parent] ?? -1;
    this.parent[node] = parent;
    this.nextSibling[node] = head;
    this.previousSibling[node] = -1;
    if (head >= 0) this.previousSibling[head] = node;
    this.firstChild[parent] = node;
  }

  private unhang(node: number): void {
    const next = this.nextSibling[node] ?? -1;
    const previous = this.previousSibling[node] ?? -1;
    if (previous >= 0) this.nextSibling[previous] = next;
    else this.firstChild[this.parent[node] ?? -1] = next;
    if (next >= 0) this.previousSibling[next] = previous;
  }

  private refreshPotentials(): void {
    this.potential[this.root] = 0;
    for (let node = this.firstChild[this.root] ?? -1; node >= 0; node = this.nextSibling[node] ?? -1) {
      this.refreshSubtree(node);
    }
  }

  /** Potentials and depths of a node and all below it, from its parent's. */
  private refreshSubtree(top: number): void {
    const { parent, treeArc, direction, depth, potential, cost, firstChild, nextSibling } = this;
    let node = top;
    for (;;) {
      const above = parent[node] ?? -1;
      potential[node] = (potential[above] ?? 0) - (direction[node] ?? 0) * (cost[treeArc[node] ?? 0] ?? 0);
      depth[node] = (depth[above] ?? 0) + 1;
      const child = firstChild[node] ?? -1;
      if (child >= 0) {
        node = child;
        continue;
      }
      while (node !== top && (nextSibling[node] ?? -1) < 0) node = parent[node] ?? -1;
      if (node === top) return;
      node = nextSibling[node] ?? -1;
    }
  }
}
