import { isNotFound } from '../../shared/status-error';
import type { ApiObject, StoredObject } from '../api-object';
import { UsageError, resultName } from '../client/resources';
import { deleteObject, untilGone } from '../delete-object';
import type { Named } from '../found';
import { forEach, inNamespace, placeOfManifest, readNamed } from '../found';
import { givenManifests, namesManifests } from '../given-manifests';
import type { Manifest } from '../manifests';
import { ChangeReport } from '../output/change-report';
import { withLastApplied } from '../three-way-patch';
import { createObject, replaceObject } from '../write-object';
import type { Command, Context, Flags } from './command';
import { count, isSet, seconds, text } from './command';
import { dryRunOf, reading, validating, writing } from './flag-groups';

export const replace: Command = {
  name: 'replace',
  usage: 'replace',
  describe: 'put manifests in the place of objects that are there',
  build: (yargs) =>
    reading(validating(writing(yargs, 'kubectl-replace')))
      .option('force', { type: 'boolean', describe: 'delete the old object and create the new one' })
      .option('cascade', {
        type: 'string',
        default: 'background',
        describe: 'with --force: background, foreground or orphan',
      })
      .option('grace-period', {
        type: 'number',
        default: -1,
        describe: 'with --force: seconds that containers get to end',
      })
      .option('timeout', { type: 'string', default: '0s', describe: 'with --force: how long to wait at most' })
      .option('subresource', { type: 'string', describe: 'status or scale alone' }),
  run,
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  if (!namesManifests(flags)) throw new UsageError('must specify one of -f and -k');
  const isForced = isSet(flags, 'force');
  if (!isForced && (count(flags, 'grace-period') ?? -1) >= 0)
    throw new UsageError('--grace-period must have --force specified');
  const report = new ChangeReport(context, flags);
  const manifests = await givenManifests(context, flags);
  return forEach(
    context,
    manifests,
    async (manifest) => {
      const { resource, namespace } = await placeOfManifest(context, manifest);
      const given = inNamespace(manifest.object, namespace);
      const object = isSet(flags, 'save-config') ? withLastApplied(given) : given;
      const named = { resource, namespace, name: nameOf(manifest), manifest };
      if (isForced) return anew(context, flags, named, object, report);
      if (dryRunOf(flags) === 'client') return report.tell(resource, object, 'replaced');
      const at = { ...named, subresource: text(flags, 'subresource') };
      report.tell(
        resource,
        await replaceObject(context, flags, at, await atPresentVersion(context, named, object)),
        'replaced',
      );
    },
    ({ where }) => `error when replacing "${where}"`,
  );
}

function nameOf({ object, where }: Manifest): string {
  const name = object.metadata?.name ?? '';
  if (name === '') throw new UsageError(`${where}: metadata.name is missing: replace changes objects that are there`);
  return name;
}

/** A manifest that names no version is of the present one. */
async function atPresentVersion(context: Context, named: Named, object: ApiObject): Promise<ApiObject> {
  if (object.metadata?.resourceVersion !== undefined) return object;
  const { metadata } = await readNamed(context, named);
  return { ...object, metadata: { ...object.metadata, resourceVersion: metadata.resourceVersion } };
}

async function anew(
  context: Context,
  flags: Flags,
  named: Named,
  object: ApiObject,
  report: ChangeReport,
): Promise<void> {
  if (dryRunOf(flags) !== 'none') throw new UsageError('--dry-run can not be used when --force is set');
  const gracePeriodSeconds = count(flags, 'grace-period') ?? -1;
  let deleted: StoredObject | undefined;
  try {
    deleted = await deleteObject(context, named, {
      cascade: text(flags, 'cascade') ?? 'background',
      gracePeriodSeconds: gracePeriodSeconds < 0 ? 0 : gracePeriodSeconds,
      dryRun: false,
    });
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
  if (deleted !== undefined) {
    context.out(
      `${resultName(named.resource)} "${named.name}" deleted${named.namespace === undefined ? '' : ` from ${named.namespace} namespace`}\n`,
    );
    await untilGone(context, named, deleted.metadata.uid, seconds(flags, 'timeout') ?? 0);
  }
  await createObject(context, flags, {
    resource: named.resource,
    object,
    namespace: named.namespace,
    report,
    verb: 'replaced',
  });
}
