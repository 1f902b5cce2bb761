import { systemClock } from '../../shared/clock';
import { StatusError, isNotFound } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import type { Resource } from '../client/resources';
import { UsageError, pathOf, resultName } from '../client/resources';
import { readManifests } from '../manifests';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { count, isSet, parseSeconds, selecting, text, words } from './command';

const LOOK_MS = 150;

interface Doomed {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
}

export const remove: Command = {
  name: 'delete',
  usage: 'delete [types..]',
  describe: 'delete objects by name, label or manifest',
  build: (yargs) =>
    selecting(yargs)
      .option('filename', { alias: 'f', type: 'string', array: true, describe: 'file, folder or - for standard input' })
      .option('recursive', { alias: 'R', type: 'boolean', describe: 'also folders within folders' })
      .option('all', { type: 'boolean', describe: 'everything of the type' })
      .option('force', { type: 'boolean', describe: 'at once, without waiting for the node' })
      .option('grace-period', { type: 'number', describe: 'seconds that containers get to end' })
      .option('ignore-not-found', { type: 'boolean', describe: 'what is not there is no error' })
      .option('wait', { type: 'boolean', default: true, describe: 'until it is gone' })
      .option('timeout', { type: 'string', default: '0s', describe: 'how long to wait at most; 0s: without end' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const force = isSet(flags, 'force');
  const gracePeriodSeconds = count(flags, 'grace-period') ?? (force ? 0 : undefined);
  let failed = false;
  const waiting: { readonly doomed: Doomed; readonly uid: string | undefined }[] = [];
  for (const doomed of await choose(context, flags)) {
    try {
      const { value } = await context.client().json<StoredObject & { details?: { uid?: string } }>({
        method: 'DELETE',
        path: pathOf(doomed.resource, doomed.namespace, doomed.name),
        body: {
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          propagationPolicy: 'Background',
          ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
        },
      });
      context.out(`${resultName(doomed.resource)} "${doomed.name}" ${force ? 'force deleted' : 'deleted'}\n`);
      waiting.push({ doomed, uid: value.details?.uid ?? (value.metadata as { uid?: string } | undefined)?.uid });
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (isNotFound(error) && isSet(flags, 'ignore-not-found')) continue;
      failed = true;
      context.note(`Error from server (${error.reason}): ${error.message}\n`);
    }
  }
  if (flags.wait !== false) {
    const seconds = parseSeconds(text(flags, 'timeout') ?? '0s') ?? 0;
    const deadlineMs = seconds === 0 ? Infinity : systemClock.monotonic() + seconds * 1_000;
    for (const { doomed, uid } of waiting) await untilGone(context, doomed, uid, deadlineMs);
  }
  return failed ? 1 : undefined;
}

async function choose(context: Context, flags: Flags): Promise<readonly Doomed[]> {
  const files = words(flags, 'filename');
  const resources = await context.resources();
  if (files.length > 0) {
    const { stdin, cwd } = context.environment;
    const manifests = await readManifests(files, { stdin, cwd, recursive: isSet(flags, 'recursive') });
    return manifests.map(({ object, where }) => {
      const resource = resources.byKind(object.apiVersion, object.kind);
      if (resource === undefined)
        throw new UsageError(`${where}: the server has no kind "${object.kind}" in version "${object.apiVersion}"`);
      return {
        resource,
        namespace: resource.namespaced ? (object.metadata?.namespace ?? context.namespace) : undefined,
        name: object.metadata?.name ?? '',
      };
    });
  }
  const selector = text(flags, 'selector');
  const fieldSelector = text(flags, 'field-selector');
  const chosen: Doomed[] = [];
  for (const { resource, names } of parseTargets(resources, words(flags, 'types'))) {
    const namespace = resource.namespaced && !isSet(flags, 'all-namespaces') ? context.namespace : undefined;
    if (names.length > 0) {
      chosen.push(...names.map((name) => ({ resource, namespace, name })));
      continue;
    }
    if (selector === undefined && fieldSelector === undefined && !isSet(flags, 'all')) {
      throw new UsageError(
        'resource(s) were provided, but no name was specified: name some, or say -l SELECTOR or --all',
      );
    }
    const { value } = await context
      .client()
      .json<ObjectList>({ path: pathOf(resource, namespace), query: { labelSelector: selector, fieldSelector } });
    chosen.push(
      ...value.items.map(({ metadata }) => ({
        resource,
        namespace: resource.namespaced ? metadata.namespace : undefined,
        name: metadata.name,
      })),
    );
  }
  return chosen;
}

/** Also gone: another object by the same name. Throws UsageError when time is up. */
async function untilGone(
  context: Context,
  { resource, namespace, name }: Doomed,
  uid: string | undefined,
  deadlineMs: number,
): Promise<void> {
  for (;;) {
    try {
      const { value } = await context.client().json<StoredObject>({ path: pathOf(resource, namespace, name) });
      if (uid !== undefined && value.metadata.uid !== uid) return;
    } catch (error) {
      if (isNotFound(error)) return;
      throw error;
    }
    if (systemClock.monotonic() > deadlineMs)
      throw new UsageError(
        `timed out waiting for ${resultName(resource)} "${name}" to go: kubectl-lite describe ${resultName(resource)} ${name} tells what holds it`,
      );
    await systemClock.sleep(LOOK_MS, context.environment.signal);
  }
}
