import { isNotFound } from '../../shared/status-error';
import { UsageError, resultName } from '../client/resources';
import { confirm } from '../confirm';
import { deleteObject, untilGone } from '../delete-object';
import type { Named } from '../found';
import { forEach, namedObjects } from '../found';
import type { Command, Context, Flags } from './command';
import { count, isSet, seconds, selecting, text, words } from './command';
import { dryRunOf, reading } from './flag-groups';

export const remove: Command = {
  name: 'delete',
  usage: 'delete [types..]',
  describe: 'delete objects by name, label or manifest',
  build: (yargs) =>
    reading(selecting(yargs))
      .option('all', { type: 'boolean', describe: 'everything of the type' })
      .option('cascade', { type: 'string', default: 'background', describe: 'background, foreground or orphan' })
      .option('dry-run', { type: 'string', default: 'none', describe: 'none, client or server' })
      .option('force', { type: 'boolean', describe: 'at once, without waiting for the node' })
      .option('grace-period', { type: 'number', default: -1, describe: 'seconds that containers get to end' })
      .option('ignore-not-found', { type: 'boolean', describe: 'what is not there is no error' })
      .option('interactive', { alias: 'i', type: 'boolean', describe: 'ask first' })
      .option('now', { type: 'boolean', describe: 'with a grace period of one second' })
      .option('output', { alias: 'o', type: 'string', describe: 'name: print TYPE/NAME' })
      .option('wait', { type: 'boolean', default: true, describe: 'until it is gone' })
      .option('timeout', { type: 'string', default: '0s', describe: 'how long to wait at most; 0s: without end' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const output = text(flags, 'output');
  if (output !== undefined && output !== 'name')
    throw new UsageError(`unexpected -o output mode: ${output}. We only support '-o name'`);
  const dryRun = dryRunOf(flags);
  const grace = gracePeriod(flags);
  const doomed = await chosen(context, flags);
  if (doomed.length === 0) {
    context.out('No resources found\n');
    return;
  }
  if (isSet(flags, 'force') && dryRun === 'none')
    context.note(
      'Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n',
    );
  if (isSet(flags, 'interactive') && !(await agrees(context, doomed))) return;
  if (context.isNamespaceGiven && doomed.some(({ resource }) => !resource.namespaced))
    context.note('Warning: deleting cluster-scoped resources, not scoped to the provided namespace\n');
  const waiting: { readonly named: Named; readonly uid: string | undefined }[] = [];
  const code = await forEach(context, doomed, async (named) => {
    try {
      const uid =
        dryRun === 'client'
          ? undefined
          : (
              await deleteObject(context, named, {
                cascade: text(flags, 'cascade') ?? 'background',
                gracePeriodSeconds: grace,
                dryRun: dryRun === 'server',
              })
            ).metadata.uid;
      context.out(
        `${outcome(named, flags)}${dryRun === 'client' ? ' (dry run)' : dryRun === 'server' ? ' (server dry run)' : ''}\n`,
      );
      waiting.push({ named, uid });
    } catch (error) {
      if (!isNotFound(error) || !isSet(flags, 'ignore-not-found')) throw error;
    }
  });
  const timeout = seconds(flags, 'timeout') ?? 0;
  if (flags.wait !== false && dryRun === 'none')
    for (const { named, uid } of waiting) await untilGone(context, named, uid, timeout);
  return code;
}

function gracePeriod(flags: Flags): number | undefined {
  const given = count(flags, 'grace-period') ?? -1;
  const [force, now] = [isSet(flags, 'force'), isSet(flags, 'now')];
  if (now && given !== -1) throw new UsageError('--now and --grace-period cannot be specified together');
  if (now) return 1;
  if (given === 0 && !force) return 1;
  if (force && given > 0)
    throw new UsageError('--force and --grace-period greater than 0 cannot be specified together');
  return given >= 0 ? given : force ? 0 : undefined;
}

function outcome({ resource, name, namespace }: Named, flags: Flags): string {
  if (text(flags, 'output') === 'name') return `${resultName(resource)}/${name}`;
  const done = isSet(flags, 'force') ? 'force deleted' : 'deleted';
  return `${resultName(resource)} "${name}" ${done}${namespace === undefined ? '' : ` from ${namespace} namespace`}`;
}

async function chosen(context: Context, flags: Flags): Promise<readonly Named[]> {
  const given = words(flags, 'types');
  const selects = text(flags, 'selector') !== undefined || text(flags, 'field-selector') !== undefined;
  if (isSet(flags, 'all') && selects && text(flags, 'selector') !== undefined)
    throw new UsageError("setting 'all' parameter but found a non empty selector: say one of them");
  return namedObjects(context, flags, given);
}

async function agrees(context: Context, doomed: readonly Named[]): Promise<boolean> {
  context.out('You are about to delete the following ');
  context.out(`${doomed.length} resource(s):\n`);
  for (const { resource, name } of doomed) context.out(`${resultName(resource)}/${name}\n`);
  const yes = await confirm(context.environment, 'Do you want to continue?');
  if (!yes) context.out('deletion is cancelled\n');
  return yes;
}
