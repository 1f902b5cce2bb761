import { formatAmount } from '../model/amounts';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';
import type { Constraint } from './constraint';

/** The first column of which the node has too little left, as an index into `podClass.columns`; -1: it fits. */
export function firstShort({ columns, amounts }: PodClass, node: number, { nodes }: Cluster): number {
  for (let index = 0; index < columns.length; index++) {
    const free = nodes.free[columns[index] ?? 0]?.[node] ?? 0;
    if ((amounts[index] ?? 0) > free) return index;
  }
  return -1;
}

/** Requests of all pods of a node stay within its allocatable, for every resource, extended ones too. */
export const fitsResources: Constraint = {
  name: 'fits-resources',
  cures: ['node', 'pod-gone'],
  curedByPreemption: true,
  concerns: () => true,
  allows: (podClass, node, cluster) => firstShort(podClass, node, cluster) < 0,
  refusal: (podClass, node, cluster) => {
    const index = firstShort(podClass, node, cluster);
    const column = podClass.columns[index] ?? 0;
    const name = cluster.nodes.resources[column] ?? '';
    const free = cluster.nodes.free[column]?.[node] ?? 0;
    const capacity = cluster.nodes.capacity[column]?.[node] ?? 0;
    if (name === 'pods') {
      return {
        reason: 'Too many pods',
        detail: `it runs ${capacity - free} of ${capacity} pods`,
        remedy: 'room for one more pod',
      };
    }
    const asked = formatAmount(name, podClass.amounts[index] ?? 0);
    return {
      isBeyondNode: podClass.columns.some(
        (each, at) => (podClass.amounts[at] ?? 0) > (cluster.nodes.capacity[each]?.[node] ?? 0),
      ),
      reason: `Insufficient ${name}`,
      detail: `Insufficient ${name}: ${asked} requested, ${formatAmount(name, Math.max(0, free))} of ${formatAmount(name, capacity)} free`,
      remedy: `${formatAmount(name, (podClass.amounts[index] ?? 0) - free)} more ${name} free`,
    };
  },
};
