import type { Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { isActive } from '../workloads/pod-state';

/** How long a pod that is about to be taken away may stand without being deleted. */
const STALE_MS = 120_000;

const targetSince = ({ status }: Pod): string | undefined =>
  status?.conditions?.find(({ type, status: is }) => type === 'DisruptionTarget' && is === 'True')?.lastTransitionTime;

/** Takes the condition DisruptionTarget back from pods that were to be taken away and stayed. */
export class StaleDisruptionController implements Controller {
  readonly name = 'stale-disruption';
  readonly watches = [
    watching('Pod', ({ type, object, previous }) =>
      type === 'DELETED' ||
      targetSince(object) === undefined ||
      (previous !== undefined && targetSince(previous) !== undefined)
        ? []
        : [keyOf(object)],
    ),
  ];

  constructor(private readonly deps: { readonly client: Client; readonly clock: Clock }) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client, clock } = this.deps;
    const pod = client.view('Pod').get(key);
    const since = pod === undefined ? undefined : targetSince(pod);
    if (pod === undefined || since === undefined || !isActive(pod)) return done;
    const waitMs = Date.parse(since) + STALE_MS - clock.now();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const options = { subresource: 'status', uid: pod.metadata.uid } as const;
    await client
      .modify('Pod', key, (current) => withoutTarget(current, clock.now()), options)
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
    return done;
  }
}

const withoutTarget = (pod: Pod, nowMs: number): Pod => ({
  ...pod,
  status: {
    ...pod.status,
    conditions: (pod.status?.conditions ?? []).map(({ type, ...condition }) =>
      type === 'DisruptionTarget'
        ? { type, status: 'False', lastTransitionTime: toTimestamp(nowMs) }
        : { type, ...condition },
    ),
  },
});
