import { toleratesTaint } from './tolerations';
import type { Filter } from './filter';

const CORDON = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };

/** A cordoned node takes no new pods, save those that tolerate the cordon. */
export const nodeSchedulable: Filter = {
  name: 'node-schedulable',
  cures: ['node'],
  check: (pod, { node }) =>
    node.spec?.unschedulable === true && !(pod.spec.tolerations ?? []).some((each) => toleratesTaint(each, CORDON))
      ? { reason: 'node(s) were unschedulable', detail: 'it is cordoned: kubectl-lite uncordon releases it' }
      : undefined,
};
