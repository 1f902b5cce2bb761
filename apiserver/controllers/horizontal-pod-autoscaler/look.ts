import type { HorizontalPodAutoscalerCondition } from 'kubernetes-types/autoscaling/v2';
import type { HorizontalPodAutoscaler } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import type { EventRecorder } from '../../events/event-recorder';
import type { Because } from './scaling-pace';

const SOURCE = { component: 'horizontal-pod-autoscaler' };

type Status = NonNullable<HorizontalPodAutoscaler['status']>;
type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited';
type Truth = 'True' | 'False';

/** One look at an autoscaler: the status it leads to. */
export class Look {
  status: Status;

  constructor(
    private readonly autoscaler: HorizontalPodAutoscaler,
    readonly nowMs: number,
    private readonly events: EventRecorder,
  ) {
    this.status = { currentReplicas: 0, desiredReplicas: 0, ...autoscaler.status };
  }

  set(type: ConditionType, status: Truth, { reason, message }: Because): void {
    const conditions = this.status.conditions ?? [];
    const before = conditions.find((each) => each.type === type);
    const lastTransitionTime = before?.status === status ? before.lastTransitionTime : toTimestamp(this.nowMs);
    const condition = { type, status, lastTransitionTime, reason, message } as HorizontalPodAutoscalerCondition;
    this.status = {
      ...this.status,
      conditions:
        before === undefined
          ? [...conditions, condition]
          : conditions.map((each) => (each.type === type ? condition : each)),
    };
  }

  tell(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.events.record(this.autoscaler, { type, reason, message }, SOURCE);
  }
}
