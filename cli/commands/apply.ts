import { StatusError, isNotFound } from '../../shared/status-error';
import type { StoredObject } from '../api-object';
import { pathOf, resultName } from '../client/resources';
import type { Manifest } from '../manifests';
import { ManifestError, readManifests } from '../manifests';
import { LAST_APPLIED, threeWayPatch, withLastApplied } from '../three-way-patch';
import { untilReady } from '../wait-ready';
import type { Command, Context, Flags } from './command';
import { count, isSet, text, words } from './command';

const MANAGER = 'kubectl-lite-apply';

export const apply: Command = {
  name: 'apply',
  usage: 'apply',
  describe: 'create or change objects to be as manifests say',
  build: (yargs) =>
    yargs
      .option('filename', {
        alias: 'f',
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'file, folder or - for standard input',
      })
      .option('recursive', { alias: 'R', type: 'boolean', describe: 'also folders within folders' })
      .option('dry-run', {
        type: 'string',
        choices: ['none', 'client', 'server'],
        default: 'none',
        describe: 'say what would happen',
      })
      .option('wait', { type: 'boolean', describe: 'until pods are ready' })
      .option('timeout', { type: 'number', default: 120, describe: 'seconds that --wait takes at most' }),
  run,
  next: (flags) => (text(flags, 'dry-run') === 'none' ? 'kubectl-lite get pods -w' : undefined),
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const { stdin, cwd } = context.environment;
  const manifests = await readManifests(words(flags, 'filename'), { stdin, cwd, recursive: isSet(flags, 'recursive') });
  const dryRun = text(flags, 'dry-run') ?? 'none';
  const applied: StoredObject[] = [];
  let failed = false;
  for (const manifest of manifests) {
    try {
      const { result, object, name } = await applyOne(context, manifest, dryRun);
      context.out(`${name} ${result}${dryRun === 'none' ? '' : ` (${dryRun} dry run)`}\n`);
      if (object !== undefined) applied.push(object);
    } catch (error) {
      if (!(error instanceof StatusError) && !(error instanceof ManifestError)) throw error;
      failed = true;
      const reason = error instanceof StatusError ? `Error from server (${error.reason}): ` : '';
      const where = placeOf(manifest, error);
      context.note(`${context.palette.bad('error')}: ${where}: ${reason}${error.message}\n`);
    }
  }
  if (failed) return 1;
  if (isSet(flags, 'wait')) return untilReady(context, applied, count(flags, 'timeout') ?? 120);
}

/** Where the field stands that a refusal names, as near as the manifest tells. */
function placeOf(manifest: Manifest, error: Error): string {
  const named =
    error instanceof StatusError
      ? (error.details?.causes?.[0]?.field ?? /field "([^"]+)"/.exec(error.message)?.[1])
      : undefined;
  return (named === undefined ? undefined : manifest.whereIs(named)) ?? manifest.where;
}

interface Applied {
  readonly name: string;
  readonly result: 'created' | 'configured' | 'unchanged';
  readonly object?: StoredObject;
}

async function applyOne(context: Context, { object, where }: Manifest, dryRun: string): Promise<Applied> {
  const resource = (await context.resources()).byKind(object.apiVersion, object.kind);
  if (resource === undefined)
    throw new ManifestError(`${where}: the server has no kind "${object.kind}" in version "${object.apiVersion}"`);
  const objectName = object.metadata?.name;
  if (objectName === undefined || objectName === '') throw new ManifestError(`${where}: metadata.name is missing`);
  const namespace = resource.namespaced ? (object.metadata?.namespace ?? context.namespace) : undefined;
  const name = `${resultName(resource)}/${objectName}`;
  const query = { fieldManager: MANAGER, fieldValidation: 'Strict', ...(dryRun === 'server' ? { dryRun: 'All' } : {}) };
  const client = context.client();
  const wanted = withLastApplied(object);
  const live = await client
    .json<StoredObject>({ path: pathOf(resource, namespace, objectName) })
    .then(({ value }) => value)
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
  if (live === undefined) {
    if (dryRun === 'client') return { name, result: 'created' };
    const { value, warnings } = await client.json<StoredObject>({
      method: 'POST',
      path: pathOf(resource, namespace),
      query,
      body: wanted,
    });
    warn(context, warnings);
    return { name, result: 'created', object: value };
  }
  const remembered = live.metadata.annotations?.[LAST_APPLIED];
  const last = remembered === undefined ? {} : (JSON.parse(remembered) as Record<string, unknown>);
  const { status: _status, ...goal } = wanted;
  const patch = threeWayPatch(last, goal, live);
  if (patch === undefined || dryRun === 'client')
    return { name, result: patch === undefined ? 'unchanged' : 'configured', object: live };
  const send = (contentType: string, body: unknown) =>
    client.json<StoredObject>({
      method: 'PATCH',
      path: pathOf(resource, namespace, objectName),
      query,
      body,
      contentType,
    });
  const { value, warnings } = await send('application/strategic-merge-patch+json', patch).catch((error: unknown) => {
    // Custom kinds have no merge keys: there a list is one value.
    if (error instanceof StatusError && error.reason === 'UnsupportedMediaType')
      return send('application/merge-patch+json', threeWayPatch(last, goal, live, 'merge'));
    throw error;
  });
  warn(context, warnings);
  return {
    name,
    result: value.metadata.resourceVersion === live.metadata.resourceVersion ? 'unchanged' : 'configured',
    object: value,
  };
}

function warn(context: Context, warnings: readonly string[]): void {
  for (const warning of warnings) context.note(`${context.palette.warn('Warning')}: ${warning}\n`);
}
