import type { Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { StatusError, isNotFound } from '../../shared/status-error';
import { UsageError } from '../client/resources';
import type { Context } from '../commands/command';

const RETRY_MS = 5_000;
const LOOK_MS = 300;

export interface EvictOptions {
  readonly gracePeriodSeconds: number | undefined;
  /** In monotonic time. */
  readonly deadlineMs: number;
  /** Delete it instead, whatever its disruption budget says. */
  readonly disableEviction: boolean;
  /** Not to wait for a pod that is being deleted for longer than this; 0: for every one. */
  readonly skipWaitSeconds: number;
}

/** Asks again while a disruption budget forbids it, then waits until the pod is gone. Throws UsageError when time is up. */
export async function evictPod(context: Context, pod: Pod, options: EvictOptions): Promise<void> {
  const { namespace, name, uid } = pod.metadata;
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const { signal } = context.environment;
  const inTime = (): void => {
    if (systemClock.monotonic() > options.deadlineMs)
      throw new UsageError(
        `error when waiting for pod "${name}" in namespace "${namespace}" to terminate: global timeout reached`,
      );
  };
  context.note(`evicting pod ${namespace}/${name}\n`);
  for (;;) {
    try {
      await askToLeave(context, path, pod, options);
      break;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof StatusError) || error.reason !== 'TooManyRequests') throw error;
      context.note(`error when evicting pods/"${name}" -n "${namespace}" (will retry after 5s): ${error.message}\n`);
      inTime();
      await systemClock.sleep(RETRY_MS, signal);
    }
  }
  const deletedMs = Date.parse(pod.metadata.deletionTimestamp ?? '');
  const isSkipped = options.skipWaitSeconds > 0 && systemClock.now() - deletedMs > options.skipWaitSeconds * 1_000;
  while (!isSkipped && (await isThere(context, path, uid))) {
    inTime();
    await systemClock.sleep(LOOK_MS, signal);
  }
  context.out(`pod/${name} evicted\n`);
}

async function askToLeave(context: Context, path: string, { metadata }: Pod, options: EvictOptions): Promise<void> {
  const { namespace, name } = metadata;
  const { gracePeriodSeconds, disableEviction } = options;
  const deleteOptions = gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds };
  if (disableEviction) {
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions };
    await context.client().json({ method: 'DELETE', path, body });
    return;
  }
  await context.client().json({
    method: 'POST',
    path: `${path}/eviction`,
    body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name }, deleteOptions },
  });
}

const isThere = (context: Context, path: string, uid: string): Promise<boolean> =>
  context
    .client()
    .json<Pod>({ path })
    .then(
      ({ value }) => value.metadata.uid === uid,
      (error: unknown) => {
        if (isNotFound(error)) return false;
        throw error;
      },
    );
