import type { Constraint } from './constraint';

/** A node whose memory is really in use takes nothing more, whatever its requests add up to. */
export const belowLoadCeiling: Constraint = {
  name: 'below-load-ceiling',
  cures: ['node'],
  curedByPreemption: false,
  concerns: () => true,
  allows: (_, node, cluster) => !cluster.load.isOverloaded(node),
  refusal: (_, node, cluster) => ({
    reason: 'node(s) were overloaded',
    detail: `${cluster.load.memoryPercentOf(node)}% of its memory is in use`,
    remedy: 'less memory in use on the node',
  }),
};
