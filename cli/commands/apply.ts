import { StatusError } from '../../shared/status-error';
import { matchesLabels, parseLabelSelector } from '../../shared/selectors/label-selector';
import type { ApiObject, StoredObject } from '../api-object';
import { applyObject, conflictText, liveOf, moveToServerSide, serverSideApply } from '../apply/apply-object';
import { fileNameOf, shownForDiff, unifiedDiff } from '../apply/diff-text';
import type { Prunable } from '../apply/prune';
import { prunable } from '../apply/prune';
import { UsageError } from '../client/resources';
import { confirm } from '../confirm';
import { deleteObject, untilGone } from '../delete-object';
import type { Named } from '../found';
import { forEach, inNamespace, placeOfManifest } from '../found';
import { givenManifests, namesManifests } from '../given-manifests';
import type { Manifest } from '../manifests';
import { ManifestError } from '../manifests';
import { ChangeReport } from '../output/change-report';
import { concernsOneObject, errorText } from '../output/error-text';
import { untilReady } from '../wait-ready';
import type { Command, Context, Flags } from './command';
import { count, isSet, list, seconds, text } from './command';
import { dryRunOf, reading, validating, writing } from './flag-groups';
import { editLastApplied, setLastApplied, viewLastApplied } from './last-applied';

const WAIT_SECONDS = 120;

export const apply: Command = {
  name: 'apply',
  usage: 'apply',
  describe: 'create or change objects to be as manifests say',
  build: (yargs) =>
    reading(validating(writing(yargs, 'kubectl-client-side-apply')))
      .option('selector', { alias: 'l', type: 'string', describe: 'only manifests with these labels' })
      .option('all', { type: 'boolean', describe: 'with --prune: whatever its labels' })
      .option('server-side', { type: 'boolean', describe: 'let the server merge, field by field' })
      .option('force-conflicts', { type: 'boolean', describe: 'with --server-side: take over fields of others' })
      .option('force', { type: 'boolean', describe: 'delete and create anew what cannot be changed' })
      .option('overwrite', { type: 'boolean', default: true, hidden: true })
      .option('openapi-patch', { type: 'boolean', default: true, hidden: true })
      .option('cascade', {
        type: 'string',
        default: 'background',
        describe: 'of what is deleted: background, foreground or orphan',
      })
      .option('grace-period', {
        type: 'number',
        default: -1,
        describe: 'of what is deleted: seconds that containers get to end',
      })
      .option('prune', {
        type: 'boolean',
        describe: 'delete what was applied before and no manifest says any more, after showing it',
      })
      .option('prune-allowlist', { type: 'string', array: true, describe: 'GROUP/VERSION/KIND that is pruned' })
      .option('yes', { alias: 'y', type: 'boolean', describe: 'with --prune: do not ask' })
      .option('wait', { type: 'boolean', describe: 'until all is ready' })
      .option('timeout', {
        type: 'string',
        default: '0s',
        describe: `how long --wait takes at most; 0s: ${WAIT_SECONDS}s`,
      }),
  subcommands: [viewLastApplied, setLastApplied, editLastApplied],
  run,
  next: (flags) => (text(flags, 'dry-run') === 'none' ? 'kubectl-lite get pods -w' : undefined),
};

/** A manifest and the object that it is about. */
interface Goal extends Named {
  readonly manifest: Manifest;
  readonly object: ApiObject;
}

async function run(context: Context, given: Flags): Promise<number | void> {
  const flags = withManager(given);
  if (!namesManifests(flags))
    throw new UsageError('must specify one of -f and -k (--filename FILE, --kustomize FOLDER)');
  const dryRun = dryRunOf(flags);
  if (isSet(flags, 'server-side') && dryRun === 'client')
    throw new UsageError("--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)");
  if (isSet(flags, 'force-conflicts') && !isSet(flags, 'server-side'))
    throw new UsageError('--force-conflicts only works with --server-side');
  if (isSet(flags, 'prune') && !isSet(flags, 'all') && text(flags, 'selector') === undefined)
    throw new UsageError(
      'all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector',
    );
  const selector = parseLabelSelector(text(flags, 'selector') ?? '');
  const manifests = (await givenManifests(context, flags, 'apply')).filter(({ object }) =>
    matchesLabels(selector, object.metadata?.labels),
  );
  if (manifests.length === 0) throw new UsageError('no objects passed to apply');
  const report = new ChangeReport(context, flags);
  const tellFailure = (error: Error, manifest: Manifest): void => context.note(failureText(context, error, manifest));
  const goals = await goalsOf(context, manifests, tellFailure);
  let failed = goals.length < manifests.length;
  const doomed = isSet(flags, 'prune') ? await toPrune(context, flags, goals) : [];
  if (isSet(flags, 'prune') && !(await agreesToPrune(context, flags, goals, doomed))) return 1;
  const applied: ApiObject[] = [];
  for (const goal of goals) {
    try {
      const { result, object } = await applyOne(context, flags, goal);
      report.tell(goal.resource, object, result);
      applied.push(object);
    } catch (error) {
      if (!concernsOneObject(error)) throw error;
      failed = true;
      tellFailure(error, goal.manifest);
    }
  }
  if (!failed) failed = (await pruneAll(context, flags, doomed, report)) !== undefined;
  if (failed) return 1;
  const timeout = seconds(flags, 'timeout') ?? 0;
  if (isSet(flags, 'wait') && dryRun === 'none')
    return untilReady(context, applied as readonly StoredObject[], timeout === 0 ? WAIT_SECONDS : timeout);
}

/** Server-side apply has a manager of its own, unless another is named. */
function withManager(flags: Flags): Flags {
  const isUsual = text(flags, 'field-manager') === 'kubectl-client-side-apply';
  return isSet(flags, 'server-side') && isUsual ? { ...flags, 'field-manager': 'kubectl' } : flags;
}

async function goalsOf(
  context: Context,
  manifests: readonly Manifest[],
  tellFailure: (error: Error, manifest: Manifest) => void,
): Promise<readonly Goal[]> {
  const goals: Goal[] = [];
  for (const manifest of manifests) {
    try {
      const { resource, namespace } = await placeOfManifest(context, manifest);
      const name = manifest.object.metadata?.name ?? '';
      if (name === '')
        throw new ManifestError(
          manifest.object.metadata?.generateName === undefined
            ? `${manifest.where}: metadata.name is missing`
            : `${manifest.where}: from ${manifest.object.metadata.generateName}: cannot use generate name with apply`,
        );
      goals.push({ resource, namespace, name, manifest, object: inNamespace(manifest.object, namespace) });
    } catch (error) {
      if (!concernsOneObject(error)) throw error;
      tellFailure(error, manifest);
    }
  }
  return goals;
}

async function applyOne(context: Context, flags: Flags, goal: Goal) {
  if (isSet(flags, 'server-side')) {
    if (dryRunOf(flags) === 'none') await moveToServerSide(context, flags, goal, text(flags, 'field-manager') ?? '');
    return serverSideApply(context, flags, goal, goal.object);
  }
  const live = await liveOf(context, goal);
  const sends = dryRunOf(flags) !== 'client';
  try {
    return await applyObject(context, flags, goal, goal.object, live, { sends, remembers: true });
  } catch (error) {
    const cannotChange = error instanceof StatusError && (error.reason === 'Invalid' || error.reason === 'Conflict');
    if (!isSet(flags, 'force') || !cannotChange || dryRunOf(flags) !== 'none') throw error;
    const { metadata } = await deleteObject(context, goal, {
      cascade: text(flags, 'cascade') ?? 'background',
      gracePeriodSeconds: 0,
      dryRun: false,
    });
    await untilGone(context, goal, metadata.uid, seconds(flags, 'timeout') ?? 0);
    return { ...(await applyObject(context, flags, goal, goal.object, undefined)), result: 'configured' as const };
  }
}

function failureText(context: Context, error: Error, manifest: Manifest): string {
  const { bad } = context.palette;
  if (error instanceof ManifestError || error instanceof UsageError) return errorText(error, context.palette);
  if (!(error instanceof StatusError)) return `${bad('error')}: ${manifest.where}: ${error.message}\n`;
  const message = error.reason === 'Conflict' ? conflictText(error) : error.message;
  return `${bad('error')}: ${placeOf(manifest, error)}: Error from server (${error.reason}): ${message}\n`;
}

/** Where the field stands that a refusal names, as near as the manifest tells. */
function placeOf(manifest: Manifest, error: StatusError): string {
  const named = error.details?.causes?.[0]?.field ?? /field "([^"]+)"/.exec(error.message)?.[1];
  return (named === undefined ? undefined : manifest.whereIs(named)) ?? manifest.where;
}

const toPrune = (context: Context, flags: Flags, goals: readonly Goal[]): Promise<readonly Prunable[]> =>
  prunable(context, {
    selector: text(flags, 'selector'),
    allowlist: list(flags, 'prune-allowlist'),
    namespaces: [...new Set(goals.flatMap(({ namespace }) => namespace ?? []))],
    applied: goals,
  });

/** Shows what would change and what would go, and asks where something would. Throws UsageError where nobody can answer. */
async function agreesToPrune(
  context: Context,
  flags: Flags,
  goals: readonly Goal[],
  doomed: readonly Prunable[],
): Promise<boolean> {
  if (dryRunOf(flags) !== 'none' || doomed.length === 0) return true;
  for (const goal of goals) context.note(await changeText(context, flags, goal));
  for (const each of doomed) {
    const { before, after } = shownForDiff(each.object, undefined, false);
    context.note(unifiedDiff(fileNameOf(each), before, after, context.palette));
  }
  if (isSet(flags, 'yes')) return true;
  if (context.environment.stdin.isTTY !== true)
    throw new UsageError(
      `--prune would delete ${doomed.length} object(s), shown above: say --yes to agree where nobody can be asked`,
    );
  return confirm(context.environment, `Delete ${doomed.length} object(s)?`);
}

async function changeText(context: Context, flags: Flags, goal: Goal): Promise<string> {
  const live = await liveOf(context, goal);
  const asked = { ...flags, 'dry-run': 'server' };
  const merged = isSet(flags, 'server-side')
    ? await serverSideApply(context, asked, goal, goal.object)
    : await applyObject(context, asked, goal, goal.object, live, { sends: true, remembers: false });
  const { before, after } = shownForDiff(live, merged.object, false);
  return unifiedDiff(fileNameOf(goal), before, after, context.palette);
}

const pruneAll = (
  context: Context,
  flags: Flags,
  doomed: readonly Prunable[],
  report: ChangeReport,
): Promise<number | undefined> =>
  forEach(context, doomed, async (each) => {
    const dryRun = dryRunOf(flags);
    const grace = count(flags, 'grace-period') ?? -1;
    if (dryRun !== 'client')
      await deleteObject(context, each, {
        cascade: text(flags, 'cascade') ?? 'background',
        gracePeriodSeconds: grace < 0 ? undefined : grace,
        dryRun: dryRun === 'server',
      });
    report.tell(each.resource, each.object, 'pruned');
  });
