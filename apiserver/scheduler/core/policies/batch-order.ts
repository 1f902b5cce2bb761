import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { BatchOptions } from './policy';

/** A pod refused that often goes before those who have not waited. */
const LONG_WAIT = 3;

/** The higher, the more the largest share alone decides. */
const DOMINANT_NORM = 4;

/**
 * How large a pod is: its dominant share of the cluster, with its other shares as a small addition (a norm of the
 * shares). What the cluster has none of counts as all of it.
 */
export function sizeOf(
  { nodes }: Cluster,
  { columns, amounts, weights, devices }: PodClass,
  norm = DOMINANT_NORM,
): number {
  const shareOf = (column: number, amount: number): number => {
    const total = nodes.totals[column] ?? 0;
    return total === 0 ? 1 : amount / total;
  };
  let sum = shareOf(0, weights[0]) ** norm + shareOf(1, weights[1]) ** norm;
  for (let index = 0; index < columns.length; index++) {
    const column = columns[index] ?? 0;
    if (column > 2) sum += shareOf(column, amounts[index] ?? 0) ** norm;
  }
  if (devices !== undefined) {
    const column = nodes.resources.indexOf(devices.resource);
    sum += (column < 0 ? 1 : shareOf(column, (devices.count * devices.milli) / 1_000)) ** norm;
  }
  return sum ** (1 / norm);
}

/** Indexes of a batch in the order in which its pods are placed; equals as they came. */
export function orderBy(
  batch: readonly PodClass[],
  ...figures: ((podClass: PodClass, index: number) => number)[]
): readonly number[] {
  const keys = figures.map((figure) => Float64Array.from(batch, figure));
  return Array.from(batch.keys()).sort((a, b) => {
    for (const key of keys) {
      const order = (key[b] ?? 0) - (key[a] ?? 0);
      if (order !== 0) return order;
    }
    return a - b;
  });
}

/** 1 for who has waited long. */
export const waited =
  ({ refusals }: BatchOptions) =>
  (_: PodClass, index: number): number =>
    (refusals?.[index] ?? 0) >= LONG_WAIT ? 1 : 0;

/** Sizes worked out once a class. */
export function sizes(cluster: Cluster, norm?: number): (podClass: PodClass) => number {
  const known = new Map<PodClass, number>();
  return (podClass) => {
    const before = known.get(podClass);
    if (before !== undefined) return before;
    const size = sizeOf(cluster, podClass, norm);
    known.set(podClass, size);
    return size;
  };
}
