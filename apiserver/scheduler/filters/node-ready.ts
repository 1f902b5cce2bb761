import type { Filter } from './filter';

/** The node's agent must be connected and well. */
export const nodeReady: Filter = {
  name: 'node-ready',
  cures: ['node'],
  check: (_pod, { node }) => {
    const ready = node.status?.conditions?.find((condition) => condition.type === 'Ready');
    if (ready?.status === 'True') return undefined;
    return {
      reason: 'node(s) were not ready',
      detail: ready === undefined ? 'it has not reported yet' : (ready.message ?? ready.reason ?? 'it is not ready'),
    };
  },
};
