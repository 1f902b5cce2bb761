import type { Pod } from '../../shared/api/objects';
import { unitsOf } from '../environment/quantity';
import type { Signal, Supply, Threshold } from './thresholds';
import { amountOf, formatAmount } from './thresholds';

const RESOURCES: Readonly<Record<Signal, string>> = {
  'memory.available': 'memory',
  'nodefs.available': 'ephemeral-storage',
  'nodefs.inodesFree': 'inodes',
  'pid.available': 'pids',
};

/** What the node is short of, in the words of Kubernetes' kubelet. */
export const resourceOf = (signal: Signal): string => RESOURCES[signal];

/** Why a pod had to go, with the containers that used more than they asked for. */
export function evictionMessage(
  pod: Pod,
  {
    threshold,
    supply,
    usage,
  }: {
    readonly threshold: Threshold;
    readonly supply: Supply;
    /** Container name -> what it uses of it, where that is known. */
    readonly usage: ReadonlyMap<string, number>;
  },
): string {
  const { signal } = threshold;
  const resource = resourceOf(signal);
  const amount = (of: number): string => formatAmount(signal, of);
  const containers = pod.spec.containers.flatMap(({ name, resources }) => {
    const used = usage.get(name);
    const requested = unitsOf(resources?.requests?.[resource]);
    return used === undefined || used <= requested
      ? []
      : [
          `Container ${name} was using ${amount(used)}, request is ${amount(requested)}, has larger consumption of ${resource}. `,
        ];
  });
  return [
    `The node was low on resource: ${resource}. `,
    `Threshold quantity: ${amount(amountOf(threshold, supply))}, available: ${amount(supply.available)}. `,
    ...containers,
  ].join('');
}
