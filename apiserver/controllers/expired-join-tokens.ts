import type { Clock } from '../../shared/clock';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import { JOIN_TOKEN_NAMESPACE, JOIN_TOKEN_TYPE, bootstrapEndMs } from '../../shared/wire/bootstrap-secret';
import type { Client, ObjectKey } from '../registry/client';
import { keyOf } from '../registry/client';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

/** A timer cannot wait for a month. */
const LONGEST_WAIT_MS = 24 * 60 * 60 * 1_000;

/** Deletes join tokens that have expired (k8s.io/kubernetes/pkg/controller/bootstrap: the token cleaner). */
export class ExpiredJoinTokensController implements Controller {
  readonly name = 'expired-join-tokens';
  readonly watches = [
    watching('Secret', ({ type, object }) =>
      type !== 'DELETED' && object.type === JOIN_TOKEN_TYPE && object.metadata.namespace === JOIN_TOKEN_NAMESPACE
        ? [keyOf(object)]
        : [],
    ),
  ];

  constructor(private readonly deps: { readonly client: Client; readonly clock: Clock }) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client, clock } = this.deps;
    const secret = client.view('Secret').get(key);
    const endsMs = secret === undefined ? undefined : bootstrapEndMs(secret);
    if (secret === undefined || endsMs === undefined) return done;
    const restMs = endsMs - clock.now();
    if (restMs > 0) return { requeueAfterMs: Math.min(restMs, LONGEST_WAIT_MS) };
    const { uid, resourceVersion } = secret.metadata;
    await client
      .delete('Secret', key, { preconditions: { uid, resourceVersion } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
    return done;
  }
}
