import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { StatusError } from '../../shared/status-error';
import type { ApiObject } from '../api-object';
import type { Context } from '../commands/command';
import { ManifestError, parseManifests } from '../manifests';
import { errorText } from '../output/error-text';
import { toJson } from '../output/format';
import { createPalette } from '../output/palette';
import { toYaml } from '../output/yaml';
import { editText } from './edit-text';

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`;

export interface Editing {
  readonly object: ApiObject;
  readonly asJson: boolean;
  /** Takes what the person made of it. Returns the exit code. Throws StatusError and ManifestError: then it is edited again. */
  readonly submit: (edited: ApiObject) => Promise<number>;
}

/** Opens the editor until what comes back is taken or the person gives up. Returns the exit code. */
export async function editObject(context: Context, { object, asJson, submit }: Editing): Promise<number> {
  const original = `${HEADER}${asJson ? toJson(object) : toYaml(object)}`;
  let shown = original;
  let problem = '';
  for (;;) {
    const edited = await editText(context.environment, shown, 'edit');
    if (isSameText(edited, original) && problem === '') return editCancelled(context, 'no changes made');
    if (withoutComments(edited).trim() === '') return editCancelled(context, 'saved file was empty');
    if (problem !== '' && isSameText(edited, shown)) {
      const kept = keep(edited);
      context.note(
        `error: Edit cancelled, no valid changes were saved.\nA copy of your changes has been stored to "${kept}"\n`,
      );
      return 1;
    }
    try {
      return await submit(parsed(edited, object));
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof ManifestError)) throw error;
      problem = errorText(error, createPalette(false)).trimEnd();
      context.note(errorText(error, context.palette));
      shown = `${HEADER}${problem.replace(/^/gm, '# ')}\n#\n${withoutComments(edited)}`;
    }
  }
}

/** Says why nothing is done, which is no failure. */
export function editCancelled(context: Context, why: string): number {
  context.note(`Edit cancelled, ${why}.\n`);
  return 0;
}

const withoutComments = (edited: string): string => edited.replace(/^#.*\n?/gm, '');
const isSameText = (a: string, b: string): boolean => withoutComments(a).trim() === withoutComments(b).trim();

/** The edited object. Throws ManifestError where it is none, or another one. */
function parsed(edited: string, { kind = '', metadata }: ApiObject): ApiObject {
  const [manifest, ...more] = parseManifests(edited, 'the edited text');
  if (manifest === undefined || more.length > 0) throw new ManifestError('the edited text must hold one object');
  const { object } = manifest;
  if (
    object.kind !== kind ||
    object.metadata?.name !== metadata?.name ||
    object.metadata?.namespace !== metadata?.namespace
  )
    throw new ManifestError(`kind, name and namespace may not be changed: this is ${kind} "${metadata?.name ?? ''}"`);
  return object;
}

/** So that nothing that was typed is lost. */
function keep(edited: string): string {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'kubectl-lite-edit-')), 'object.yaml');
  writeFileSync(file, edited, { mode: 0o600 });
  return file;
}
