import type { NodeConstraint } from './node-constraint';
import { toleratesAny } from './tolerations';

const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A cordoned node takes no new pods, save those that tolerate the cordon. */
export const nodeSchedulable: NodeConstraint = {
  name: 'node-schedulable',
  allows: ({ tolerations }, { isCordoned }) => !isCordoned || toleratesAny(tolerations, CORDON),
  refusal: () => ({
    reason: 'node(s) were unschedulable',
    detail: 'it is cordoned: kubectl-lite uncordon releases it',
    remedy: 'the node uncordoned',
  }),
};
