import { controllerOf } from '../../controllers/workloads/ownership';
import type { Invariant } from './invariant';
import { podName } from './invariant';

/** Never two pods of one StatefulSet identity run, wherever, whatever the store says of them. */
export const oneOfEachIdentity: Invariant = {
  name: 'one-of-each-identity',
  onStarted(machine, pod, { machines }) {
    if (controllerOf(pod)?.kind !== 'StatefulSet') return undefined;
    for (const other of machines) {
      const twin = other
        .running()
        .find((container) => podName(container.pod) === podName(pod) && container.pod !== pod);
      if (twin === undefined) continue;
      return `${podName(pod)} (${pod.metadata.uid}) started on ${machine.name} while ${twin.pod.metadata.uid} runs on ${other.name}`;
    }
    return undefined;
  },
};
