import type { Argv } from 'yargs';
import type { Node, Pod } from '../../shared/api/objects';
import { systemClock } from '../../shared/clock';
import { UsageError } from '../client/resources';
import { evictPod } from '../drain/evict-pod';
import { leavingPods } from '../drain/leaving-pods';
import type { Named } from '../found';
import { forEach, namedObjects, readNamed } from '../found';
import { sendPatch } from '../write-object';
import type { Command, Context, Flags } from './command';
import { count, isSet, seconds, text, words } from './command';
import { dryRunOf } from './flag-groups';

const nodeFlags = (yargs: Argv): Argv =>
  yargs
    .option('selector', { alias: 'l', type: 'string', describe: 'nodes with these labels' })
    .option('dry-run', { type: 'string', default: 'none', describe: 'none, client or server' });

const scheduling = (name: string, unschedulable: boolean): Command => ({
  name,
  usage: `${name} [nodes..]`,
  describe: unschedulable ? 'let nodes take no new pods' : 'let nodes take pods again',
  build: nodeFlags,
  run: async (context, flags) =>
    forEach(context, await chosenNodes(context, flags, name), (node) =>
      setSchedulable(context, flags, node, unschedulable),
    ),
});

export const cordon = scheduling('cordon', true);
export const uncordon = scheduling('uncordon', false);

/** Throws UsageError where none is named. */
async function chosenNodes(context: Context, flags: Flags, command: string): Promise<readonly Named[]> {
  const names = words(flags, 'nodes');
  const isSelected = text(flags, 'selector') !== undefined;
  if (names.length === 0 && !isSelected)
    throw new UsageError(`USAGE: ${command} NODE [flags]\nSee 'kubectl-lite ${command} -h' for help and examples`);
  if (names.length > 0 && isSelected)
    throw new UsageError('error: cannot specify both a node name and a --selector option');
  return namedObjects(context, flags, names.some((name) => name.includes('/')) ? names : ['nodes', ...names]);
}

const dryRunText = (flags: Flags): string =>
  ({ none: '', client: ' (dry run)', server: ' (server dry run)' })[dryRunOf(flags)];

async function setSchedulable(context: Context, flags: Flags, named: Named, unschedulable: boolean): Promise<void> {
  const node = (await readNamed(context, named)) as unknown as Node;
  const verb = unschedulable ? 'cordoned' : 'uncordoned';
  const isAlready = (node.spec?.unschedulable ?? false) === unschedulable;
  if (!isAlready && dryRunOf(flags) !== 'client')
    await sendPatch(context, flags, named, 'merge', { spec: { unschedulable: unschedulable ? true : null } });
  context.out(`node/${named.name} ${isAlready ? 'already ' : ''}${verb}${dryRunText(flags)}\n`);
}

export const drain: Command = {
  name: 'drain',
  usage: 'drain [nodes..]',
  describe: 'cordon nodes and evict their pods',
  build: (yargs) =>
    nodeFlags(yargs)
      .option('force', { type: 'boolean', describe: 'also pods that nobody would make anew' })
      .option('ignore-daemonsets', { type: 'boolean', describe: 'leave pods of DaemonSets' })
      .option('delete-emptydir-data', { type: 'boolean', describe: 'also pods whose emptyDir data is lost with them' })
      .option('disable-eviction', { type: 'boolean', describe: 'delete pods, whatever disruption budgets say' })
      .option('pod-selector', { type: 'string', describe: 'only pods with these labels' })
      .option('grace-period', { type: 'number', default: -1, describe: 'seconds that containers get to end' })
      .option('skip-wait-for-delete-timeout', {
        type: 'number',
        default: 0,
        describe: 'do not wait for pods that are being deleted for longer than these seconds',
      })
      .option('chunk-size', { type: 'number', default: 500, hidden: true })
      .option('timeout', { type: 'string', default: '0s', describe: 'how long at most; 0s: without end' }),
  run: runDrain,
  next: (flags) => `kubectl-lite uncordon ${words(flags, 'nodes').join(' ')}`,
};

async function runDrain(context: Context, flags: Flags): Promise<number | void> {
  const nodes = await chosenNodes(context, flags, 'drain');
  const timeout = seconds(flags, 'timeout') ?? 0;
  const deadlineMs = timeout === 0 ? Infinity : systemClock.monotonic() + timeout * 1_000;
  const cordoned = await forEach(context, nodes, (node) => setSchedulable(context, flags, node, true));
  if (cordoned !== undefined) return cordoned;
  return forEach(context, nodes, async ({ name }) => {
    await drainOne(context, flags, name, deadlineMs);
    context.out(`node/${name} drained${dryRunText(flags)}\n`);
  });
}

async function drainOne(context: Context, flags: Flags, node: string, deadlineMs: number): Promise<void> {
  const { value } = await context.client().json<{ items: Pod[] }>({
    path: '/api/v1/pods',
    query: { fieldSelector: `spec.nodeName=${node}`, labelSelector: text(flags, 'pod-selector') },
  });
  const { pods, warnings, problems } = leavingPods(value.items, {
    force: isSet(flags, 'force'),
    ignoreDaemonSets: isSet(flags, 'ignore-daemonsets'),
    deleteEmptyDirData: isSet(flags, 'delete-emptydir-data'),
  });
  if (problems.length > 0)
    throw new UsageError(
      `unable to drain node "${node}" due to error: ${problems.length > 1 ? `[${problems.join(', ')}]` : (problems[0] ?? '')}`,
    );
  if (warnings.length > 0) context.note(`Warning: ${warnings.join('; ')}\n`);
  if (dryRunOf(flags) !== 'none') {
    for (const { metadata } of pods)
      context.out(`evicting pod ${metadata.namespace}/${metadata.name}${dryRunText(flags)}\n`);
    return;
  }
  const grace = count(flags, 'grace-period') ?? -1;
  await Promise.all(
    pods.map((pod) =>
      evictPod(context, pod, {
        gracePeriodSeconds: grace < 0 ? undefined : grace,
        deadlineMs,
        disableEviction: isSet(flags, 'disable-eviction'),
        skipWaitSeconds: count(flags, 'skip-wait-for-delete-timeout') ?? 0,
      }),
    ),
  );
}
