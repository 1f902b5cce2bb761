import type { DaemonSet, Node, Pod } from '../../../shared/api/objects';
import { REVISION_HASH } from '../workloads/revision-history';
import { nodeOf, placeOn } from './daemon-pods';

/** A node with the pods that the set has there, the first of which counts: scheduled before not, old before young. */
export interface NodePods {
  readonly node: string;
  /** Whether the set is to have a pod there. */
  readonly shouldRun: boolean;
  /** Whether a pod that is there may stay. */
  readonly mayStay: boolean;
  readonly pods: readonly Pod[];
}

export function nodePodsOf(set: DaemonSet, pods: readonly Pod[], nodes: readonly Node[]): readonly NodePods[] {
  const byNode = new Map<string, Pod[]>();
  for (const pod of pods) {
    if (isOver(pod) && isDeleting(pod)) continue;
    const node = nodeOf(pod) ?? '';
    const there = byNode.get(node);
    if (there === undefined) byNode.set(node, [pod]);
    else there.push(pod);
  }
  return nodes.map((node) => {
    const { name } = node.metadata;
    return { node: name, ...placeOn(set, node), pods: (byNode.get(name) ?? []).sort(firstCounts) };
  });
}

function firstCounts(a: Pod, b: Pod): number {
  const [isPlaced, isOtherPlaced] = [(a.spec.nodeName ?? '') !== '', (b.spec.nodeName ?? '') !== ''];
  if (isPlaced !== isOtherPlaced) return isPlaced ? -1 : 1;
  const difference = Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp);
  return difference !== 0 ? difference : a.metadata.name < b.metadata.name ? -1 : 1;
}

export const isOver = ({ status }: Pod): boolean => status?.phase === 'Failed' || status?.phase === 'Succeeded';
export const isDeleting = ({ metadata }: Pod): boolean => metadata.deletionTimestamp !== undefined;
export const isOfRevision = ({ metadata }: Pod, hash: string): boolean => metadata.labels?.[REVISION_HASH] === hash;
