import type { PodClass } from '../model/pod-class';

/** What makes one node better than another for a pod, as far as room is concerned; wishes and load are added to it. */
export interface Scorer {
  readonly name: string;
  /** Grows when costs may have changed on nodes on which nothing changed. */
  readonly version: number;
  /** A whole number; the lowest wins. Asked only where the pod fits. */
  cost(podClass: PodClass, node: number): number;
}
