import type { Constraint } from './constraint';

/** A node that is really busy takes nothing more, whatever its requests add up to. */
export const belowLoadCeiling: Constraint = {
  name: 'below-load-ceiling',
  cures: ['node'],
  curedByPreemption: false,
  concerns: () => true,
  allows: (_, node, cluster) => !cluster.load.isOverloaded(node),
  refusal: (_, node, cluster) => ({
    reason: 'node(s) were overloaded',
    detail: `its processors or its memory are ${cluster.load.percentOf(node)}% busy`,
    remedy: 'less load on the node',
  }),
};
