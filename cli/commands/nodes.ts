import type { Node, Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { StatusError, isNotFound } from '../../shared/status-error';
import { UsageError } from '../client/resources';
import type { Command, Context, Flags } from './command';
import { count, isSet, parseSeconds, text } from './command';

const RETRY_MS = 2_000;
const LOOK_MS = 300;

const nodePath = (name: string): string => `/api/v1/nodes/${encodeURIComponent(name)}`;

const scheduling = (name: string, unschedulable: boolean): Command => ({
  name,
  usage: `${name} <node>`,
  describe: unschedulable ? 'let a node take no new pods' : 'let a node take pods again',
  build: (yargs) => yargs,
  run: async (context, flags) => {
    await setSchedulable(context, text(flags, 'node') ?? '', unschedulable);
  },
});

export const cordon = scheduling('cordon', true);
export const uncordon = scheduling('uncordon', false);

async function setSchedulable(context: Context, name: string, unschedulable: boolean): Promise<void> {
  const { value } = await context.client().json<Node>({ path: nodePath(name) });
  const verb = unschedulable ? 'cordoned' : 'uncordoned';
  if ((value.spec?.unschedulable ?? false) === unschedulable) {
    context.out(`node/${name} already ${verb}\n`);
    return;
  }
  const body = { spec: { unschedulable: unschedulable ? true : null } };
  await context
    .client()
    .json({ method: 'PATCH', path: nodePath(name), body, contentType: 'application/merge-patch+json' });
  context.out(`node/${name} ${verb}\n`);
}

export const drain: Command = {
  name: 'drain',
  usage: 'drain <node>',
  describe: 'cordon a node and evict its pods',
  build: (yargs) =>
    yargs
      .option('force', { type: 'boolean', describe: 'also pods that nobody would make anew' })
      .option('ignore-daemonsets', { type: 'boolean', describe: 'leave pods of DaemonSets' })
      .option('delete-emptydir-data', { type: 'boolean', describe: 'also pods whose emptyDir data is lost with them' })
      .option('pod-selector', { type: 'string', describe: 'only pods with these labels' })
      .option('grace-period', { type: 'number', describe: 'seconds that containers get to end' })
      .option('timeout', { type: 'string', default: '0s', describe: 'how long at most; 0s: without end' }),
  run: runDrain,
};

async function runDrain(context: Context, flags: Flags): Promise<number | void> {
  const node = text(flags, 'node') ?? '';
  await setSchedulable(context, node, true);
  const { value } = await context.client().json<{ items: Pod[] }>({
    path: '/api/v1/pods',
    query: { fieldSelector: `spec.nodeName=${node}`, labelSelector: text(flags, 'pod-selector') },
  });
  const living = value.items.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const kindOfOwner = ({ metadata }: Pod): string | undefined =>
    metadata.ownerReferences?.find(({ controller }) => controller === true)?.kind;
  const leaving = living.filter((pod) => !(kindOfOwner(pod) === 'DaemonSet' && isSet(flags, 'ignore-daemonsets')));
  const names = (pods: readonly Pod[]): string =>
    pods.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`).join(', ');
  const alone = leaving.filter((pod) => kindOfOwner(pod) === undefined);
  if (alone.length > 0 && !isSet(flags, 'force'))
    throw new UsageError(`nobody would make these pods anew (use --force to delete them): ${names(alone)}`);
  const scratch = leaving.filter(({ spec }) => spec.volumes?.some(({ emptyDir }) => emptyDir !== undefined));
  if (scratch.length > 0 && !isSet(flags, 'delete-emptydir-data'))
    throw new UsageError(`these pods have emptyDir data (use --delete-emptydir-data to lose it): ${names(scratch)}`);
  const seconds = parseSeconds(text(flags, 'timeout') ?? '0s') ?? 0;
  const deadlineMs = seconds === 0 ? Infinity : systemClock.monotonic() + seconds * 1_000;
  await Promise.all(leaving.map((pod) => evict(context, pod, count(flags, 'grace-period'), deadlineMs)));
  context.out(`node/${node} drained\n`);
}

/** Asks again while a disruption budget forbids it, then waits until the pod is gone. */
async function evict(
  context: Context,
  { metadata: { namespace, name, uid } }: Pod,
  gracePeriodSeconds: number | undefined,
  deadlineMs: number,
): Promise<void> {
  const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
  const inTime = (): void => {
    if (systemClock.monotonic() > deadlineMs) throw new UsageError(`timed out draining pod ${namespace}/${name}`);
  };
  context.out(`evicting pod ${namespace}/${name}\n`);
  for (;;) {
    try {
      const deleteOptions = gracePeriodSeconds === undefined ? {} : { deleteOptions: { gracePeriodSeconds } };
      await context.client().json({
        method: 'POST',
        path: `${path}/eviction`,
        body: { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { namespace, name }, ...deleteOptions },
      });
      break;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!(error instanceof StatusError) || error.reason !== 'TooManyRequests') throw error;
      context.note(`pod ${namespace}/${name} may not be evicted yet: ${error.message}\n`);
      inTime();
      await systemClock.sleep(RETRY_MS, context.environment.signal);
    }
  }
  for (;;) {
    const present = await context
      .client()
      .json<Pod>({ path })
      .then(
        ({ value }) => value.metadata.uid === uid,
        (error: unknown) => {
          if (isNotFound(error)) return false;
          throw error;
        },
      );
    if (!present) break;
    inTime();
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
  context.out(`pod/${name} evicted\n`);
}
