import type { PodClass } from '../model/pod-class';
import { IMPOSSIBLE } from '../scores/cost';

/** What makes one node better than another for a pod, as far as room is concerned; wishes and load are added to it. */
export interface Scorer {
  readonly name: string;
  /** Grows when costs may have changed on nodes on which nothing changed. */
  readonly version: number;
  /**
   * Adds to `costs` what the first `count` of `nodes` cost the pod, whole numbers by the same positions; the lowest wins.
   * Where `costs` has IMPOSSIBLE the pod does not fit: that stays.
   */
  addCosts(podClass: PodClass, nodes: Int32Array, count: number, costs: Int32Array): void;
}

/** `addCosts` of a scorer that knows what one node costs. */
export const nodeByNode =
  (costOf: (podClass: PodClass, node: number) => number): Scorer['addCosts'] =>
  (podClass, nodes, count, costs) => {
    for (let at = 0; at < count; at++) {
      if (costs[at] !== IMPOSSIBLE) costs[at] = (costs[at] ?? 0) + costOf(podClass, nodes[at] ?? 0);
    }
  };
