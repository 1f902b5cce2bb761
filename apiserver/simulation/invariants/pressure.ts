import type { Node, Pod } from '../../../shared/api/objects';
import { controllerOf } from '../../controllers/workloads/ownership';
import type { Invariant } from './invariant';
import { NEWS_MS, podName } from './invariant';

const DISK_PRESSURE = 'node.kubernetes.io/disk-pressure';

/** A node that has said that its disk is full is given no more pods, save those that belong on every node. */
export function createFullNodesAreSpared(): Invariant {
  const fullSince = new Map<string, number>();
  return {
    name: 'full-nodes-are-spared',
    onChange({ resource, object, previous, isDeletion }, { nowMs }) {
      if (resource === 'nodes') {
        const { metadata, spec } = object as unknown as Node;
        const isFull = !isDeletion && spec?.taints?.some(({ key }) => key === DISK_PRESSURE) === true;
        if (!isFull) fullSince.delete(metadata.name);
        else if (!fullSince.has(metadata.name)) fullSince.set(metadata.name, nowMs());
        return undefined;
      }
      if (resource !== 'pods' || isDeletion || previous === undefined) return undefined;
      const [pod, before] = [object, previous] as unknown as [Pod, Pod];
      const nodeName = pod.spec.nodeName ?? '';
      if (nodeName === '' || (before.spec.nodeName ?? '') !== '' || controllerOf(pod)?.kind === 'DaemonSet')
        return undefined;
      const sinceMs = fullSince.get(nodeName);
      return sinceMs !== undefined && nowMs() - sinceMs > NEWS_MS
        ? `${podName(pod)} bound to ${nodeName}, whose disk has been full for ${Math.round((nowMs() - sinceMs) / 1_000)} s`
        : undefined;
    },
  };
}
