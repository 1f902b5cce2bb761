import { matchesLabels, parseLabelSelector } from '../../shared/selectors/label-selector';
import type { ApiObject } from '../api-object';
import { applyObject, liveOf, serverSideApply } from '../apply/apply-object';
import { fileNameOf, shownForDiff, unifiedDiff } from '../apply/diff-text';
import type { Side } from '../apply/external-diff';
import { externalDiff } from '../apply/external-diff';
import { prunable } from '../apply/prune';
import { UsageError } from '../client/resources';
import type { Named } from '../found';
import { inNamespace, placeOfManifest } from '../found';
import { givenManifests, namesManifests } from '../given-manifests';
import { errorText } from '../output/error-text';
import type { Command, Context, Flags } from './command';
import { isSet, list, text } from './command';
import { reading } from './flag-groups';

/** Exit codes: nothing differs, something does, it could not be told. */
const SAME = 0;
const DIFFERS = 1;
const FAILED = 2;

export const diff: Command = {
  name: 'diff',
  usage: 'diff',
  describe: 'what apply would change (exit code 1 if anything)',
  build: (yargs) =>
    reading(yargs)
      .option('selector', { alias: 'l', type: 'string', describe: 'only manifests with these labels' })
      .option('server-side', { type: 'boolean', describe: 'of a server-side apply' })
      .option('force-conflicts', { type: 'boolean', describe: 'with --server-side: take over fields of others' })
      .option('field-manager', {
        type: 'string',
        default: 'kubectl-client-side-apply',
        describe: 'who would own the fields',
      })
      .option('prune', { type: 'boolean', describe: 'also what apply --prune would delete' })
      .option('prune-allowlist', { type: 'string', array: true, describe: 'GROUP/VERSION/KIND that is pruned' })
      .option('show-managed-fields', { type: 'boolean', describe: 'with managedFields' })
      .option('concurrency', { type: 'number', default: 1, hidden: true }),
  run: async (context, flags) => {
    try {
      return await run(context, flags);
    } catch (error) {
      context.note(errorText(error, context.palette));
      return FAILED;
    }
  },
};

async function run(context: Context, flags: Flags): Promise<number> {
  if (!namesManifests(flags)) throw new UsageError('must specify one of -f and -k');
  const selector = parseLabelSelector(text(flags, 'selector') ?? '');
  const asked = { ...flags, 'dry-run': 'server', validate: undefined };
  const sides: Side[] = [];
  const add = (named: Named, live: ApiObject | undefined, merged: ApiObject | undefined): void => {
    const { before, after } = shownForDiff(live, merged, isSet(flags, 'show-managed-fields'));
    if (before !== after) sides.push({ file: fileNameOf(named), before, after });
  };
  const goals: Named[] = [];
  for (const manifest of await givenManifests(context, flags)) {
    if (!matchesLabels(selector, manifest.object.metadata?.labels)) continue;
    const { resource, namespace } = await placeOfManifest(context, manifest);
    const named = { resource, namespace, name: manifest.object.metadata?.name ?? '' };
    goals.push(named);
    const object = inNamespace(manifest.object, namespace);
    const live = await liveOf(context, named);
    const merged = isSet(flags, 'server-side')
      ? await serverSideApply(context, asked, named, object)
      : await applyObject(context, asked, named, object, live, { sends: true, remembers: false });
    add(named, live, merged.object);
  }
  if (isSet(flags, 'prune')) {
    const namespaces = [...new Set(goals.flatMap(({ namespace }) => namespace ?? []))];
    const request = {
      selector: text(flags, 'selector'),
      allowlist: list(flags, 'prune-allowlist'),
      namespaces,
      applied: goals,
    };
    for (const each of await prunable(context, request)) add(each, each.object, undefined);
  }
  const external = context.environment.variables['KUBECTL_EXTERNAL_DIFF'];
  if (external !== undefined && external.trim() !== '') return externalDiff(context, external, sides);
  for (const { file, before, after } of sides) context.out(unifiedDiff(file, before, after, context.palette));
  return sides.length > 0 ? DIFFERS : SAME;
}
