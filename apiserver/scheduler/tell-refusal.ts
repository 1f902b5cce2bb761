import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { toTimestamp } from '../../shared/clock';
import type { EventRecorder } from '../events/event-recorder';
import type { Client } from '../registry/client';
import { keyOf } from '../registry/client';
import type { PodRefusal } from './batch-decider';
import { schedulerNameOf } from './profiles';
import { observedGeneration } from '../registry/observed-generation';

export interface TellOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/**
 * Writes why a pod is pending into its condition PodScheduled, with the node that is made room on for it; an Event tells
 * of what is new. The same refusal again is silent.
 */
export async function tellRefusal(
  pod: Pod,
  { message: reason, note, eviction, preemption }: PodRefusal,
  { client, clock, events }: TellOptions,
): Promise<void> {
  const tail = eviction === undefined && preemption !== undefined ? ` ${preemption}` : '';
  const message = `${reason}${tail}`;
  const nominated = eviction === undefined ? {} : { nominatedNodeName: eviction.nodeName };
  let isNews = false;
  await client.modify(
    'Pod',
    keyOf(pod),
    (current) => {
      const others = (current.status?.conditions ?? []).filter((each) => each.type !== 'PodScheduled');
      const old = current.status?.conditions?.find((each) => each.type === 'PodScheduled');
      if ((current.spec.nodeName ?? '') !== '') return undefined;
      isNews = old?.message !== message || old.reason !== 'Unschedulable';
      if (!isNews && eviction === undefined) return undefined;
      const since = old?.status === 'False' ? old.lastTransitionTime : undefined;
      const condition = {
        type: 'PodScheduled',
        status: 'False',
        reason: 'Unschedulable',
        message,
        lastTransitionTime: since ?? toTimestamp(clock.now()),
        ...observedGeneration(current.metadata),
      };
      return { ...current, status: { ...current.status, ...nominated, conditions: [...others, condition] } };
    },
    { subresource: 'status', uid: pod.metadata.uid },
  );
  if (!isNews) return;
  events.record(
    pod,
    { type: 'Warning', reason: 'FailedScheduling', message: `${note}${tail}` },
    { component: schedulerNameOf(pod) },
  );
}
