import type { PodSpec, PodStatus } from '../../../shared/api/objects';
import { qosClassOf } from '../../../shared/pod/qos-class';

/** What a new pod is, whatever its maker says. Nobody but its gates keeps a gated one from being placed. */
export function firstStatus(spec: PodSpec | undefined): PodStatus {
  const gated = {
    type: 'PodScheduled',
    status: 'False',
    reason: 'SchedulingGated',
    message: 'Scheduling is blocked due to non-empty scheduling gates',
  };
  return {
    phase: 'Pending',
    ...((spec?.schedulingGates ?? []).length === 0 ? {} : { conditions: [gated] }),
    ...(spec?.containers === undefined ? {} : { qosClass: qosClassOf(spec) }),
  };
}
