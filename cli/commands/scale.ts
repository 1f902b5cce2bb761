import { systemClock } from '../../shared/clock';
import type { StoredObject } from '../api-object';
import { UsageError, pathOf } from '../client/resources';
import type { Named } from '../found';
import { forEach, namedObjects, readNamed } from '../found';
import { ChangeReport } from '../output/change-report';
import { replaceObject, sendPatch } from '../write-object';
import type { Command, Context, Flags } from './command';
import { count, seconds, text, words } from './command';
import { choosing, dryRunOf, reading, writing } from './flag-groups';

const LOOK_MS = 200;

type Scale = StoredObject & {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly replicas?: number };
};

export const scale: Command = {
  name: 'scale',
  usage: 'scale [types..]',
  describe: 'run more or fewer pods of a kind',
  build: (yargs) =>
    reading(choosing(writing(yargs, 'kubectl-scale')))
      .option('replicas', { type: 'number', describe: 'how many' })
      .option('current-replicas', { type: 'number', describe: 'only if there are so many' })
      .option('resource-version', { type: 'string', describe: 'only if nobody has changed it since' })
      .option('timeout', { type: 'string', default: '0s', describe: 'how long to wait until there are so many' }),
  run,
  next: (flags) => `kubectl-lite rollout status ${words(flags, 'types').join(' ')}`,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const replicas = count(flags, 'replicas');
  if (replicas === undefined) throw new UsageError('required flag(s) "replicas" not set');
  if (!Number.isInteger(replicas) || replicas < 0)
    throw new UsageError('The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0');
  const report = new ChangeReport(context, flags);
  const named = await namedObjects(context, flags, words(flags, 'types'));
  if (named.length === 0) throw new UsageError('no objects passed to scale');
  const wait = seconds(flags, 'timeout') ?? 0;
  return forEach(context, named, async (each) => {
    const before = await readNamed(context, each);
    if (dryRunOf(flags) === 'client') return report.tell(each.resource, before, 'scaled');
    await setReplicas(context, flags, each, replicas);
    if (wait > 0 && dryRunOf(flags) === 'none') await untilScaled(context, each, replicas, wait);
    report.tell(each.resource, report.showsObjects ? await readNamed(context, each) : before, 'scaled');
  });
}

async function setReplicas(context: Context, flags: Flags, named: Named, replicas: number): Promise<void> {
  const expected = count(flags, 'current-replicas');
  const resourceVersion = text(flags, 'resource-version');
  const at = { ...named, subresource: 'scale' };
  if ((expected === undefined || expected < 0) && resourceVersion === undefined) {
    await sendPatch(context, flags, at, 'merge', { spec: { replicas } });
    return;
  }
  const present = await readScale(context, named);
  const there = present.spec?.replicas ?? 0;
  if (expected !== undefined && expected >= 0 && there !== expected)
    throw new UsageError(`Expected replicas to be ${expected}, was ${there}`);
  if (resourceVersion !== undefined && present.metadata.resourceVersion !== resourceVersion)
    throw new UsageError(`Expected resource version to be ${resourceVersion}, was ${present.metadata.resourceVersion}`);
  await replaceObject(context, flags, at, { ...present, spec: { ...present.spec, replicas } });
}

const readScale = async (context: Context, { resource, namespace, name }: Named): Promise<Scale> =>
  (await context.client().json<Scale>({ path: pathOf(resource, namespace, name, 'scale') })).value;

async function untilScaled(context: Context, named: Named, replicas: number, timeoutSeconds: number): Promise<void> {
  const deadlineMs = systemClock.monotonic() + timeoutSeconds * 1_000;
  while ((await readScale(context, named)).status?.replicas !== replicas) {
    if (systemClock.monotonic() > deadlineMs)
      throw new UsageError(`timed out waiting for "${named.name}" to be synced`);
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}
