import type { NodeConstraint } from './node-constraint';
import { untolerated } from './tolerations';

/** Every taint with effect NoSchedule or NoExecute must be tolerated. */
export const toleratesTaints: NodeConstraint = {
  name: 'tolerates-taints',
  allows: ({ tolerations }, { taints }) => untolerated(tolerations, taints) === undefined,
  refusal: ({ tolerations }, { taints }) => {
    const taint = untolerated(tolerations, taints);
    const shown = `{${taint?.key ?? ''}: ${taint?.value ?? ''}}`;
    return {
      reason: `node(s) had untolerated taint ${shown}`,
      detail: `taint ${shown} with effect ${taint?.effect ?? ''}`,
      remedy: `a toleration of taint ${shown}`,
    };
  },
};
