import type { NodeConstraint } from './node-constraint';

const ARCH = 'kubernetes.io/arch';

/** The pod's images must exist for the node's processor. A node that does not name it is taken at any. */
export const runsImages: NodeConstraint = {
  name: 'runs-images',
  allows: ({ architectures }, { labels }) =>
    architectures === undefined || labels[ARCH] === undefined || architectures.includes(labels[ARCH]),
  refusal: ({ architectures }, { labels }) => ({
    reason: "node(s) didn't match the pod's image architecture",
    detail:
      architectures === undefined || architectures.length === 0
        ? `it is ${labels[ARCH] ?? ''}, an image is for other processors`
        : `it is ${labels[ARCH] ?? ''}, the images are for ${architectures.join(', ')}`,
    remedy: `images for ${labels[ARCH] ?? ''}`,
  }),
};
