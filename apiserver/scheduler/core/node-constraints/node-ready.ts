import type { NodeConstraint } from './node-constraint';

/** The node's agent must be connected and well. */
export const nodeReady: NodeConstraint = {
  name: 'node-ready',
  allows: (_, { notReady }) => notReady === undefined,
  refusal: (_, { notReady }) => ({
    reason: 'node(s) were not ready',
    detail: notReady ?? '',
    remedy: 'the node ready',
  }),
};
