import type { Cluster } from '../model/cluster';
import { CPU, MEMORY } from '../model/node-table';
import type { PodClass } from '../model/pod-class';
import { Placer } from '../placing/placer';
import { UNIT } from '../scores/cost';
import { DensityScorer } from '../scores/density';

export interface RebalanceOptions {
  /** Whether a pod may be moved at all, by its slot: it has a controller, and no budget forbids it. */
  readonly mayMove: (pod: number) => boolean;
  /** A move must gain more than this, in units of cost. */
  readonly moveCost?: number;
  readonly mostMoves?: number;
}

export interface Move {
  /** Slot in the cluster. */
  readonly pod: number;
  readonly podClass: PodClass;
  readonly from: number;
  readonly to: number;
  /** What the pod's cost falls by; for a pod that leaves so that its node gets empty, its part of the node. */
  readonly gain: number;
  readonly reason: 'better-node' | 'frees-node';
}

export interface Rebalancing {
  /** In the order in which they can be done, each while the pod still runs where it is. */
  readonly moves: readonly Move[];
  readonly nodesUsed: { readonly before: number; readonly after: number };
}

const MOVE_COST = 0.2;
const MOST_MOVES = 20;

/**
 * Moves that would make a cluster better: first pods that some other node suits much better (rules and wishes that no
 * longer hold, lopsided nodes), then little used nodes that could be emptied onto used ones. Nothing is moved: the
 * cluster is left as it was.
 */
export function planRebalancing(cluster: Cluster, options: RebalanceOptions): Rebalancing {
  const search = new MoveSearch(cluster, options);
  const before = usedNodes(cluster).length;
  search.improve();
  search.emptyNodes();
  const after = usedNodes(cluster).length;
  const moves = search.undo();
  return { moves, nodesUsed: { before, after } };
}

const usedNodes = (cluster: Cluster): number[] =>
  [...cluster.nodes.names()].map(([, node]) => node).filter((node) => !cluster.nodes.isEmpty(node));

class MoveSearch {
  private readonly placer: Placer;
  private readonly moves: Move[] = [];
  /** Where moved pods stand meanwhile, by their own slot: the pods themselves are suspended. */
  private readonly standIns = new Map<number, number>();

  constructor(
    private readonly cluster: Cluster,
    private readonly options: RebalanceOptions,
  ) {
    this.placer = new Placer(cluster, new DensityScorer(cluster));
  }

  /** Pods that gain more by moving than a move costs, the greatest gain first. */
  improve(): void {
    const { cluster, options } = this;
    const moveCost = UNIT * (options.moveCost ?? MOVE_COST);
    const wanted: { readonly pod: number; readonly gain: number }[] = [];
    for (const node of usedNodes(cluster)) {
      for (const pod of [...cluster.pods.on(node)]) {
        if (!this.canMove(pod)) continue;
        const gain = this.gainOf(pod);
        if (gain > moveCost) wanted.push({ pod, gain });
      }
    }
    for (const { pod } of wanted.sort((a, b) => b.gain - a.gain)) {
      if (this.isFull()) return;
      // Moves before it may have changed what this one gains.
      const gain = this.gainOf(pod);
      if (gain > moveCost) this.move(pod, gain, 'better-node');
    }
  }

  /** Nodes whose pods all find room on used ones, the least used first. */
  emptyNodes(): void {
    const { cluster } = this;
    for (const node of usedNodes(cluster).sort((a, b) => this.useOf(a) - this.useOf(b))) {
      const pods = [...cluster.pods.on(node)].filter((pod) => !this.standIns.has(pod));
      const room = (this.options.mostMoves ?? MOST_MOVES) - this.moves.length;
      if (pods.length === 0 || pods.length > room || !pods.every((pod) => this.canMove(pod))) continue;
      const done = this.moves.length;
      const share = Math.round(UNIT / pods.length);
      // What a free node is worth, less what its pods lose elsewhere: company of their own kind, preferences, proportion.
      let worth = UNIT - UNIT * (this.options.moveCost ?? MOVE_COST) * pods.length;
      const isEmptied = pods.every((pod) => {
        worth += this.gainOf(pod);
        return this.move(pod, share, 'frees-node');
      });
      if (!isEmptied || worth <= 0) this.takeBack(done);
    }
  }

  /** Takes everything back and tells what it was. */
  undo(): readonly Move[] {
    const moves = [...this.moves];
    this.takeBack(0);
    return moves;
  }

  private canMove(pod: number): boolean {
    return (
      !this.standIns.has(pod) &&
      ![...this.standIns.values()].includes(pod) &&
      !this.cluster.pods.isDying(pod) &&
      this.options.mayMove(pod)
    );
  }

  private isFull(): boolean {
    return this.moves.length >= (this.options.mostMoves ?? MOST_MOVES);
  }

  /** What its cost would fall by on the best other node; a node that its rules forbid it now costs endlessly. */
  private gainOf(pod: number): number {
    const { cluster, placer } = this;
    const podClass = cluster.classOfPod(pod);
    const from = cluster.pods.nodeOf(pod);
    cluster.suspend(pod);
    const here = placer.isPossible(podClass, from) ? placer.score(podClass, from).cost : Infinity;
    const best = placer.compare(podClass);
    const to = best?.winner.node === from ? best.runnerUp : best?.winner;
    cluster.resume(pod);
    return to === undefined ? -Infinity : Math.min(here - to.cost, 100 * UNIT);
  }

  private move(pod: number, gain: number, reason: Move['reason']): boolean {
    const { cluster, placer } = this;
    const podClass = cluster.classOfPod(pod);
    const from = cluster.pods.nodeOf(pod);
    // The new one must fit while the old one still runs: replacements start first.
    const best = placer.compare(podClass);
    const to = best?.winner.node === from ? best.runnerUp?.node : best?.winner.node;
    if (to === undefined || to === from) return false;
    if (reason === 'frees-node' && cluster.nodes.isEmpty(to)) return false;
    cluster.suspend(pod);
    this.standIns.set(pod, cluster.place(podClass, to));
    this.moves.push({ pod, podClass, from, to, gain: gain / UNIT, reason });
    return true;
  }

  private takeBack(until: number): void {
    for (const { pod } of this.moves.splice(until).reverse()) {
      const standIn = this.standIns.get(pod);
      if (standIn !== undefined) this.cluster.remove(standIn);
      this.standIns.delete(pod);
      this.cluster.resume(pod);
    }
  }

  /** Share of the node that is in use, of the resource that is used most. */
  private useOf(node: number): number {
    const { nodes } = this.cluster;
    const use = (column: number): number =>
      1 - (nodes.free[column]?.[node] ?? 0) * (nodes.perUnit[column]?.[node] ?? 0);
    return Math.max(use(CPU), use(MEMORY));
  }
}
