import type { Pod } from '../../../shared/api/objects';
import { toTimestamp } from '../../../shared/clock';
import { keyOf } from '../../registry/client';
import type { TestControllers } from './test-controllers';

/** Plays the agents: says of pods that they run, are ready, or have ended. */
export async function report(
  { client, clock, idle }: TestControllers,
  pods: readonly Pod[],
  state: 'ready' | 'unready' | 'Succeeded' | 'Failed',
): Promise<void> {
  for (const pod of pods) {
    const isEnded = state === 'Succeeded' || state === 'Failed';
    const lastTransitionTime = toTimestamp(clock.now());
    await client.modify(
      'Pod',
      keyOf(pod),
      (current) => ({
        ...current,
        status: {
          ...current.status,
          phase: isEnded ? state : 'Running',
          conditions: [{ type: 'Ready', status: state === 'ready' ? 'True' : 'False', lastTransitionTime }],
        },
      }),
      { subresource: 'status' },
    );
  }
  await idle();
}
