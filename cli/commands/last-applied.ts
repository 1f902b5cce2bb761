import type { ApiObject, StoredObject } from '../api-object';
import { UsageError } from '../client/resources';
import { editCancelled, editObject } from '../edit/edit-object';
import type { Named } from '../found';
import { forEach, namedObjects, placeOfManifest, readNamed } from '../found';
import { givenManifests } from '../given-manifests';
import { ChangeReport } from '../output/change-report';
import { toYaml } from '../output/yaml';
import { lastAppliedOf, LAST_APPLIED } from '../three-way-patch';
import { sendPatch } from '../write-object';
import type { Command, Context, Flags } from './command';
import { isSet, text, words } from './command';
import { choosing, dryRunOf, reading, writing } from './flag-groups';

export const viewLastApplied: Command = {
  name: 'view-last-applied',
  usage: 'view-last-applied [types..]',
  describe: 'what an object was last applied as',
  build: (yargs) =>
    choosing(reading(yargs)).option('output', { alias: 'o', type: 'string', default: 'yaml', describe: 'yaml|json' }),
  run: view,
};

export const editLastApplied: Command = {
  name: 'edit-last-applied',
  usage: 'edit-last-applied [types..]',
  describe: 'change in your editor what an object was last applied as, without changing the object',
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-client-side-apply')).option('windows-line-endings', {
      type: 'boolean',
      hidden: true,
    }),
  run: edit,
};

export const setLastApplied: Command = {
  name: 'set-last-applied',
  usage: 'set-last-applied',
  describe: 'note manifests as what objects were last applied as, without changing the objects',
  build: (yargs) =>
    reading(writing(yargs, 'kubectl-client-side-apply')).option('create-annotation', {
      type: 'boolean',
      describe: 'also where nothing was noted yet',
    }),
  run: set,
};

async function view(context: Context, flags: Flags): Promise<void> {
  const output = text(flags, 'output') ?? 'yaml';
  if (output !== 'yaml' && output !== 'json')
    throw new UsageError(`Unexpected -o output mode: ${output}, the flag 'output' must be one of yaml|json`);
  const named = await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true });
  const noted = await Promise.all(named.map((each) => notedOf(context, each)));
  for (const text of noted) {
    if (text === undefined) continue;
    const applied: unknown = JSON.parse(text);
    context.out(output === 'yaml' ? toYaml(applied) : `${JSON.stringify(applied, null, 2)}\n`);
  }
}

const notedOf = async (context: Context, named: Named): Promise<string | undefined> =>
  (await readNamed(context, named)).metadata.annotations?.[LAST_APPLIED];

async function edit(context: Context, flags: Flags): Promise<number | void> {
  const { output: format, ...asName } = flags;
  const report = new ChangeReport(context, asName);
  for (const named of await namedObjects(context, flags, words(flags, 'types'), { typeAloneIsAll: true })) {
    const noted = await notedOf(context, named);
    if (noted === undefined)
      throw new UsageError(
        `no last-applied-configuration annotation found on resource: ${named.name}: apply set-last-applied --create-annotation makes one`,
      );
    const code = await editObject(context, {
      object: JSON.parse(noted) as ApiObject,
      asJson: format === 'json',
      submit: async (edited) => {
        const wanted = lastAppliedOf(edited);
        if (wanted === noted) return editCancelled(context, 'no changes made');
        report.tell(named.resource, await note(context, flags, named, wanted), 'edited');
        return 0;
      },
    });
    if (code !== 0) return code;
  }
}

const note = (context: Context, flags: Flags, named: Named, wanted: string): Promise<StoredObject> =>
  sendPatch(context, flags, named, 'merge', { metadata: { annotations: { [LAST_APPLIED]: wanted } } });

async function set(context: Context, flags: Flags): Promise<number | void> {
  const report = new ChangeReport(context, flags);
  return forEach(context, await givenManifests(context, flags), async (manifest) => {
    const { resource, namespace } = await placeOfManifest(context, manifest);
    const named = { resource, namespace, name: manifest.object.metadata?.name ?? '' };
    const metadata = { ...manifest.object.metadata, ...(namespace === undefined ? {} : { namespace }) };
    const wanted = lastAppliedOf({ ...manifest.object, metadata } as ApiObject, { withEmpty: false });
    const noted = await notedOf(context, named);
    if (noted === undefined && !isSet(flags, 'create-annotation'))
      throw new UsageError(
        `no last-applied-configuration annotation found on resource: ${named.name}, to create the annotation, run the command with --create-annotation`,
      );
    if (noted === wanted) return context.out(`set-last-applied ${named.name}: no changes required.\n`);
    const changed = dryRunOf(flags) === 'client' ? manifest.object : await note(context, flags, named, wanted);
    report.tell(resource, changed, 'configured');
  });
}
