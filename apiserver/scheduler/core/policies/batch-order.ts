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

/** Pods of one class that are alike in all that decides their order. */
interface Run {
  readonly podClass: PodClass;
  readonly waited: number;
  readonly indexes: number[];
}

/** A figure by which a batch is put into order, the highest first. */
export type Figure = (run: Pick<Run, 'podClass' | 'waited'>) => number;

/** Indexes of a batch in the order in which its pods are placed; pods of one class stay together, the oldest first. */
export function orderBy(batch: readonly PodClass[], options: BatchOptions, ...figures: Figure[]): readonly number[] {
  const runs: (Run | undefined)[] = [];
  for (let index = 0; index < batch.length; index++) {
    const podClass = batch[index];
    if (podClass === undefined) continue;
    const waited = (options.refusals?.[index] ?? 0) >= LONG_WAIT ? 1 : 0;
    const key = 2 * podClass.id + waited;
    const run = runs[key];
    if (run === undefined) runs[key] = { podClass, waited, indexes: [index] };
    else run.indexes.push(index);
  }
  const ranked = runs.flatMap((run) =>
    run === undefined ? [] : [{ run, keys: figures.map((figure) => figure(run)) }],
  );
  ranked.sort((a, b) => {
    for (const [at, key] of a.keys.entries()) {
      const order = (b.keys[at] ?? 0) - key;
      if (order !== 0) return order;
    }
    return (a.run.indexes[0] ?? 0) - (b.run.indexes[0] ?? 0);
  });
  const order: number[] = [];
  for (const { run } of ranked) for (const index of run.indexes) order.push(index);
  return order;
}

/** Who has waited long. */
export const byWait: Figure = ({ waited }) => waited;

export const byPriority: Figure = ({ podClass }) => podClass.priority;

export const bySize =
  (cluster: Cluster, norm?: number): Figure =>
  ({ podClass }) =>
    sizeOf(cluster, podClass, norm);
