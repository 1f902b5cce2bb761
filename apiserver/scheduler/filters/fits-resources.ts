import type { Filter } from './filter';
import { formatResource } from '../resources';

/** Requests of all pods of a node stay within its allocatable, for every resource, extended ones too. */
export const fitsResources: Filter = {
  name: 'fits-resources',
  cures: ['node', 'pod-gone'],
  check: (_, { allocatable, requested, pods }, requests) => {
    const maxPods = allocatable.get('pods') ?? Infinity;
    if (pods.size + 1 > maxPods) return { reason: 'Too many pods', detail: `it runs ${pods.size} of ${maxPods} pods` };
    for (const [name, amount] of requests) {
      const free = (allocatable.get(name) ?? 0) - (requested.get(name) ?? 0);
      if (amount <= free || amount === 0) continue;
      return {
        reason: `Insufficient ${name}`,
        detail: `Insufficient ${name}: ${formatResource(name, amount)} requested, ${formatResource(name, Math.max(0, free))} of ${formatResource(name, allocatable.get(name) ?? 0)} free`,
      };
    }
    return undefined;
  },
};
