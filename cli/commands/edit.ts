import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StatusError } from '../../shared/status-error';
import type { ApiObject, StoredObject } from '../api-object';
import { UsageError, pathOf } from '../client/resources';
import { editText } from '../edit/edit-text';
import type { Named } from '../found';
import { namedObjects } from '../found';
import { ManifestError, parseManifests } from '../manifests';
import { ChangeReport } from '../output/change-report';
import { errorText } from '../output/error-text';
import { toJson, withoutManagedFields } from '../output/format';
import { createPalette } from '../output/palette';
import { toYaml } from '../output/yaml';
import { threeWayPatch } from '../three-way-patch';
import { sendChange } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, selecting, text, words } from './command';
import { reading, validating, writing } from './flag-groups';

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export const edit: Command = {
  name: 'edit',
  usage: 'edit [types..]',
  describe: 'change objects in your editor (KUBE_EDITOR, EDITOR)',
  build: (yargs) =>
    reading(selecting(validating(writing(yargs, 'kubectl-edit'))))
      .option('subresource', { type: 'string', describe: 'status alone' })
      .option('output-patch', { type: 'boolean', describe: 'print the patch that was sent' }),
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

interface Attempt {
  readonly after: ApiObject;
  readonly before: StoredObject;
}

/** Opens the editor until what comes back is valid or the person gives up. Returns the exit code. */
async function editOne(context: Context, flags: Flags, named: Named): Promise<number> {
  const { resource, namespace, name } = named;
  const subresource = text(flags, 'subresource');
  const { value } = await context.client().json<StoredObject>({ path: pathOf(resource, namespace, name, subresource) });
  const before = (isSet(flags, 'show-managed-fields') ? value : withoutManagedFields(value)) as StoredObject;
  const asJson = text(flags, 'output') === 'json';
  const original = `${HEADER}${asJson ? toJson(before) : toYaml(before)}`;
  let shown = original;
  let problem = '';
  for (;;) {
    const edited = await editText(context.environment, shown, 'edit');
    if (isSameText(edited, original) && problem === '') return cancelled(context, 'Edit cancelled, no changes made.');
    if (withoutComments(edited).trim() === '') return cancelled(context, 'Edit cancelled, saved file was empty.');
    if (problem !== '' && isSameText(edited, shown)) {
      const kept = keep(edited);
      context.note(
        `error: Edit cancelled, no valid changes were saved.\nA copy of your changes has been stored to "${kept}"\n`,
      );
      return 1;
    }
    try {
      return await submit(context, flags, named, { before, after: parsed(edited, before) });
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof ManifestError)) throw error;
      problem = errorText(error, createPalette(false)).trimEnd();
      context.note(errorText(error, context.palette));
      shown = `${HEADER}${problem.replace(/^/gm, '# ')}\n#\n${withoutComments(edited)}`;
    }
  }
}

const withoutComments = (edited: string): string => edited.replace(/^#.*\n?/gm, '');
const isSameText = (a: string, b: string): boolean => withoutComments(a).trim() === withoutComments(b).trim();

function cancelled(context: Context, why: string): number {
  context.note(`${why}\n`);
  return 0;
}

/** The edited object. Throws ManifestError where it is none, or another one. */
function parsed(edited: string, { kind, metadata }: StoredObject): ApiObject {
  const [manifest, ...more] = parseManifests(edited, 'the edited text');
  if (manifest === undefined || more.length > 0) throw new ManifestError('the edited text must hold one object');
  const { object } = manifest;
  if (
    object.kind !== kind ||
    object.metadata?.name !== metadata.name ||
    object.metadata.namespace !== metadata.namespace
  )
    throw new ManifestError(`kind, name and namespace may not be changed: this is ${kind} "${metadata.name}"`);
  return object;
}

async function submit(context: Context, flags: Flags, named: Named, { before, after }: Attempt): Promise<number> {
  const patch = threeWayPatch(before, after, before);
  if (patch === undefined) return cancelled(context, 'Edit cancelled, no changes made.');
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

/** So that nothing that was typed is lost. */
function keep(edited: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'kubectl-lite-edit-')), 'object.yaml');
  writeFileSync(file, edited, { mode: 0o600 });
  return file;
}
