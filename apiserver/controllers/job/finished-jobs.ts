import type { Clock } from '../../../shared/clock';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { finishOf } from './outcome';

/** Deletes Jobs that have been over for their ttlSecondsAfterFinished. */
export class FinishedJobsController implements Controller {
  readonly name = 'ttl-after-finished';
  readonly watches = [watching('Job', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)]))];

  constructor(private readonly deps: { readonly client: Client; readonly clock: Clock }) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const job = this.deps.client.view('Job').get(key);
    if (job === undefined || job.metadata.deletionTimestamp !== undefined) return done;
    const ttl = job.spec?.ttlSecondsAfterFinished;
    const finishedAt = finishOf(job)?.lastTransitionTime;
    if (ttl === undefined || finishedAt === undefined) return done;
    const waitMs = Date.parse(finishedAt) + ttl * 1_000 - this.deps.clock.now();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const { uid, resourceVersion } = job.metadata;
    await this.deps.client
      .delete('Job', key, { propagationPolicy: 'Foreground', preconditions: { uid, resourceVersion } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
    return done;
  }
}
