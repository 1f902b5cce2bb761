import type { Node, Pod } from '../../../shared/api/objects';
import { milliOf } from '../../../shared/quantity';
import type { Invariant } from './invariant';
import { podName } from './invariant';

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

const requested = (pod: Pod, resource: string): number =>
  pod.spec.containers.reduce((sum, { resources }) => sum + milliOf(resources?.requests?.[resource] ?? '0'), 0);

/** What is bound to a node never asks for more than the node has. */
export const noNodeOvercommitted: Invariant = {
  name: 'no-node-overcommitted',
  onChange({ resource, object, previous, isDeletion }, { store }) {
    if (resource !== 'pods' || isDeletion) return undefined;
    const pod = object as unknown as Pod;
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '' || ((previous as unknown as Pod | undefined)?.spec.nodeName ?? '') !== '') return undefined;
    const node: Node | undefined = store.all('Node').find(({ metadata }) => metadata.name === nodeName);
    // A DaemonSet's pod may come to a node that is just leaving, and any pod to one that has just been there before.
    if (node?.status?.allocatable === undefined) return undefined;
    const pods = store.all('Pod').filter((each) => each.spec.nodeName === nodeName && !isOver(each));
    for (const resource of ['cpu', 'memory']) {
      const sum = pods.reduce((total, each) => total + requested(each, resource), 0);
      const room = milliOf(node.status?.allocatable?.[resource] ?? '0');
      if (sum > room) return `${podName(pod)} bound to ${nodeName}: ${sum} ${resource} asked of ${room}`;
    }
    return pods.length > Number(node.status?.allocatable?.['pods'] ?? 110)
      ? `${podName(pod)} bound to ${nodeName}: ${pods.length} pods`
      : undefined;
  },
};
