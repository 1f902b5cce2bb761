import type { ApiObject, StoredObject } from '../api-object';
import { UsageError, pathOf } from '../client/resources';
import { editCancelled, editObject } from '../edit/edit-object';
import type { Named } from '../found';
import { namedObjects } from '../found';
import { ChangeReport } from '../output/change-report';
import { withoutManagedFields } from '../output/format';
import { threeWayPatch } from '../three-way-patch';
import { sendChange } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, selecting, text, words } from './command';
import { reading, validating, writing } from './flag-groups';

export const edit: Command = {
  name: 'edit',
  usage: 'edit [types..]',
  describe: 'change objects in your editor (KUBE_EDITOR, EDITOR)',
  build: (yargs) =>
    reading(selecting(validating(writing(yargs, 'kubectl-edit'))))
      .option('subresource', { type: 'string', describe: 'status alone' })
      .option('output-patch', { type: 'boolean', describe: 'print the patch that was sent' })
      .option('windows-line-endings', { type: 'boolean', hidden: true }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const named = await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true });
  if (named.length === 0) throw new UsageError('edit cancelled, no objects found');
  for (const each of named) {
    const code = await editOne(context, flags, each);
    if (code !== 0) return code;
  }
}

async function editOne(context: Context, flags: Flags, named: Named): Promise<number> {
  const { resource, namespace, name } = named;
  const subresource = text(flags, 'subresource');
  const { value } = await context.client().json<StoredObject>({ path: pathOf(resource, namespace, name, subresource) });
  const before = (isSet(flags, 'show-managed-fields') ? value : withoutManagedFields(value)) as StoredObject;
  return editObject(context, {
    object: before,
    asJson: text(flags, 'output') === 'json',
    submit: (after) => submit(context, flags, named, before, after),
  });
}

async function submit(
  context: Context,
  flags: Flags,
  named: Named,
  before: StoredObject,
  after: ApiObject,
): Promise<number> {
  const patch = threeWayPatch(before, after, before);
  if (patch === undefined) return editCancelled(context, 'no changes made');
  if (isSet(flags, 'output-patch')) context.out(`Patch: ${JSON.stringify(patch)}\n`);
  const output = text(flags, 'output');
  const report = new ChangeReport(
    context,
    output !== undefined && ['json', 'yaml', 'kyaml'].includes(output) ? { ...flags, output: '' } : flags,
  );
  const written = await sendChange(
    context,
    flags,
    { ...named, subresource: text(flags, 'subresource') },
    before,
    after,
  );
  report.tell(named.resource, written ?? before, 'edited');
  return 0;
}
