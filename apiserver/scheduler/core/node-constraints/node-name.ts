import type { NodeConstraint } from './node-constraint';

/** A pod that names its node goes there or nowhere. */
export const isNamedNode: NodeConstraint = {
  name: 'is-named-node',
  allows: ({ nodeName }, { name }) => nodeName === undefined || nodeName === name,
  refusal: ({ nodeName }) => ({
    reason: "node(s) didn't match the requested node name",
    detail: `the pod asks for node ${nodeName ?? ''}`,
    remedy: 'another spec.nodeName',
  }),
};
