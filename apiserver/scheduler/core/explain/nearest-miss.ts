import { constraints } from '../constraints/constraints';
import type { Cluster } from '../model/cluster';
import type { PodClass } from '../model/pod-class';

/** The node that came closest to taking a pod, and all that is in the way. */
export interface NearestMiss {
  readonly nodeName: string;
  /** What would have to be different, each as the end of "it would run there with …". */
  readonly remedies: readonly string[];
}

/**
 * The node that breaks the fewest rules; between equals the one with the most of what is asked for. Undefined: there are
 * no nodes, or one takes the pod.
 */
export function nearestMiss(cluster: Cluster, podClass: PodClass): NearestMiss | undefined {
  const concerned = constraints.filter((each) => each.concerns(podClass));
  let nearest: { readonly node: number; readonly broken: typeof constraints; readonly lack: number } | undefined;
  for (const [, node] of cluster.nodes.names()) {
    const broken = concerned.filter((each) => !each.allows(podClass, node, cluster));
    if (broken.length === 0) return undefined;
    const lack = lackOf(podClass, node, cluster);
    const isNearer =
      nearest === undefined ||
      broken.length < nearest.broken.length ||
      (broken.length === nearest.broken.length && lack < nearest.lack);
    if (isNearer) nearest = { node, broken, lack };
  }
  if (nearest === undefined) return undefined;
  const { node, broken } = nearest;
  return {
    nodeName: cluster.nodes.nameOf(node),
    remedies: broken.map((each) => each.refusal(podClass, node, cluster).remedy),
  };
}

/** How much of what the pod asks for is missing there, as a share of it, over all resources. */
function lackOf({ columns, amounts }: PodClass, node: number, { nodes }: Cluster): number {
  let lack = 0;
  for (let index = 0; index < columns.length; index++) {
    const amount = amounts[index] ?? 0;
    const free = nodes.free[columns[index] ?? 0]?.[node] ?? 0;
    lack += Math.max(0, amount - free) / amount;
  }
  return lack;
}
