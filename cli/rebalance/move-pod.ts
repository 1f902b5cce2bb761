import type { Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { isNotFound } from '../../shared/status-error';
import type { Resource } from '../client/resources';
import { UsageError, pathOf } from '../client/resources';
import { KNOWN } from '../client/known-types';
import type { Context } from '../commands/command';
import { evictPod } from '../drain/evict-pod';

const LOOK_MS = 300;
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
/** The lowest there is: of all pods of its owner this one goes first. */
const GOES_FIRST = '-2147483648';

/** Who keeps the number of a pod and its like. */
export interface Owner {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name: string;
}

/** Where the replacement of a moved pod runs. */
export interface Moved {
  readonly name: string;
  readonly node: string;
}

interface Workload {
  readonly spec?: { readonly replicas?: number };
}

/** Of a pod that cannot be started a second time before the first has ended: it is evicted, and its controller makes it anew. */
export async function evictAndWait(context: Context, pod: Pod, deadlineMs: number): Promise<Moved | undefined> {
  await evictPod(context, pod, {
    gracePeriodSeconds: undefined,
    deadlineMs,
    disableEviction: false,
    skipWaitSeconds: 0,
  });
  const { namespace = 'default', name } = pod.metadata;
  return untilReady(context, deadlineMs, async () => {
    const again = await readPod(context, namespace, name);
    return again !== undefined && isReady(again) ? [again] : [];
  });
}

/**
 * Starts one pod more, waits until it is ready, and lets this one go instead of any other. Gives the number back whatever
 * happens. Throws UsageError where the replacement does not become ready in time: then the pod stays.
 */
export async function replaceFirst(context: Context, pod: Pod, owner: Owner, deadlineMs: number): Promise<Moved> {
  const { namespace = 'default', name } = pod.metadata;
  const path = pathOf(owner.resource, owner.namespace, owner.name);
  const workload = (await context.client().json<Workload>({ path })).value;
  const replicas = workload.spec?.replicas ?? 1;
  const { uid: controller } = controllerOf(pod) ?? {};
  const podsOf = async (): Promise<readonly Pod[]> => {
    const { value } = await context
      .client()
      .json<{ readonly items: readonly Pod[] }>({ path: pathOf(KNOWN.pod, namespace) });
    return value.items.filter(
      (each) => each.metadata.deletionTimestamp === undefined && controllerOf(each)?.uid === controller,
    );
  };
  const known = new Set((await podsOf()).map(({ metadata }) => metadata.uid));
  const scaleTo = (count: number) => patch(context, `${path}/scale`, { spec: { replicas: count } });
  await patch(context, pathOf(KNOWN.pod, namespace, name), {
    metadata: { annotations: { [DELETION_COST]: GOES_FIRST } },
  });
  let moved: Moved | undefined;
  try {
    await scaleTo(replicas + 1);
    moved = await untilReady(context, deadlineMs, async () =>
      (await podsOf()).filter((each) => !known.has(each.metadata.uid) && isReady(each)),
    );
  } finally {
    // The pod that goes is the one that costs least: without a replacement that must be the new one.
    if (moved === undefined) {
      await patch(context, pathOf(KNOWN.pod, namespace, name), {
        metadata: { annotations: { [DELETION_COST]: null } },
      });
    }
    await scaleTo(replicas);
  }
  if (moved === undefined)
    throw new UsageError(
      `the replacement of pod ${namespace}/${name} did not become ready in time: kubectl-lite why tells more`,
    );
  await untilReady(context, deadlineMs, async () => {
    const left = await readPod(context, namespace, name);
    return left === undefined || left.metadata.uid !== pod.metadata.uid || left.metadata.deletionTimestamp !== undefined
      ? [pod]
      : [];
  });
  return moved;
}

/** Who made it and counts it. */
export const controllerOf = ({ metadata }: Pod) =>
  metadata.ownerReferences?.find(({ controller }) => controller === true);

const isReady = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status: is }) => type === 'Ready' && is === 'True');

/** The first that `found` finds; undefined when time is up. */
async function untilReady(
  context: Context,
  deadlineMs: number,
  found: () => Promise<readonly Pod[]>,
): Promise<Moved | undefined> {
  for (;;) {
    const [pod] = await found();
    if (pod !== undefined) return { name: pod.metadata.name, node: pod.spec.nodeName ?? '' };
    if (systemClock.monotonic() > deadlineMs) return undefined;
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}

const patch = (context: Context, path: string, body: object): Promise<unknown> =>
  context.client().json({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' });

async function readPod(context: Context, namespace: string, name: string): Promise<Pod | undefined> {
  try {
    return (await context.client().json<Pod>({ path: pathOf(KNOWN.pod, namespace, name) })).value;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
