import { StatusError, isNotFound } from '../../shared/status-error';
import type { ApiObject, StoredObject } from '../api-object';
import { pathOf } from '../client/resources';
import type { Context, Flags } from '../commands/command';
import { isSet } from '../commands/command';
import { dryRunOf, writeQuery } from '../commands/flag-groups';
import type { Named } from '../found';
import { readNamed } from '../found';
import { LAST_APPLIED, lastAppliedOf, threeWayPatch, withLastApplied } from '../three-way-patch';
import { sendPatch } from '../write-object';

export interface Applied {
  readonly result: 'created' | 'configured' | 'unchanged' | 'serverside-applied';
  readonly object: ApiObject;
}

/** What is there now; undefined: nothing. */
export const liveOf = (context: Context, named: Named): Promise<StoredObject | undefined> =>
  readNamed(context, named).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });

/**
 * Brings what is there (`live`) to what a manifest says, and remembers the manifest in it. With a client's dry run
 * nothing is sent. Throws StatusError.
 */
export async function applyObject(
  context: Context,
  flags: Flags,
  named: Named,
  object: ApiObject,
  live: StoredObject | undefined,
  options: { readonly sends: boolean; readonly remembers: boolean } = { sends: true, remembers: true },
): Promise<Applied> {
  const wanted = options.remembers ? withLastApplied(object) : withAnnotations(object);
  if (live === undefined) {
    if (!options.sends) return { result: 'created', object: wanted };
    const { value } = await context.client().json<StoredObject>({
      method: 'POST',
      path: pathOf(named.resource, named.namespace),
      query: writeQuery(flags),
      body: options.remembers ? wanted : object,
    });
    return { result: 'created', object: value };
  }
  const remembered = live.metadata.annotations?.[LAST_APPLIED];
  if (remembered === undefined && options.remembers && live.metadata.deletionTimestamp === undefined)
    context.note(
      `Warning: resource ${named.resource.plural}/${named.name} is missing the ${LAST_APPLIED} annotation which is required by kubectl-lite apply. kubectl-lite apply should only be used on resources created declaratively by either kubectl-lite create --save-config or kubectl-lite apply. The missing annotation will be patched automatically.\n`,
    );
  const last = remembered === undefined ? {} : (JSON.parse(remembered) as Record<string, unknown>);
  const { status: _status, ...goal } = wanted;
  const patch = threeWayPatch(last, goal, live);
  if (patch === undefined) return { result: 'unchanged', object: live };
  if (!options.sends) return { result: 'configured', object: live };
  const value = await sendPatch(context, flags, named, 'strategic', patch).catch((error: unknown) => {
    // Custom kinds have no merge keys: there a list is one value.
    if (error instanceof StatusError && error.reason === 'UnsupportedMediaType')
      return sendPatch(context, flags, named, 'merge', threeWayPatch(last, goal, live, 'merge'));
    throw error;
  });
  // A dry run changes no version, whatever it would change.
  const isSame = dryRunOf(flags) === 'none' && value.metadata.resourceVersion === live.metadata.resourceVersion;
  return { result: isSame ? 'unchanged' : 'configured', object: value };
}

/** What was applied before always had annotations: none here must not mean that all go. */
const withAnnotations = (object: ApiObject): ApiObject => ({
  ...object,
  metadata: { ...object.metadata, annotations: object.metadata?.annotations ?? {} },
});

/** Has the server bring the object to what a manifest says, field by field for this manager. Throws StatusError. */
export async function serverSideApply(
  context: Context,
  flags: Flags,
  named: Named,
  object: ApiObject,
): Promise<Applied> {
  const { value } = await context.client().json<StoredObject>({
    method: 'PATCH',
    path: pathOf(named.resource, named.namespace, named.name),
    query: { ...writeQuery(flags), force: isSet(flags, 'force-conflicts') || undefined },
    body: object,
    contentType: 'application/apply-patch+yaml',
  });
  return { result: 'serverside-applied', object: value };
}

const CLIENT_SIDE = 'kubectl-client-side-apply';

/**
 * What kubectl's client-side apply has owned until now belongs to the server-side manager from here on, so that what the
 * manifest no longer says goes away. Throws StatusError.
 */
export async function moveToServerSide(
  context: Context,
  flags: Flags,
  named: Named & { readonly object: ApiObject },
  manager: string,
): Promise<void> {
  const before = await liveOf(context, named);
  if (before?.metadata.annotations?.[LAST_APPLIED] !== undefined) await rememberOnServer(context, flags, named);
  const live = await liveOf(context, named);
  const fields = live?.metadata.managedFields ?? [];
  const old = fields.findIndex((each) => each.manager === CLIENT_SIDE && each.operation === 'Update');
  if (live === undefined || old < 0) return;
  const isManaged = fields.some((each) => each.manager === manager && each.operation === 'Apply');
  const change = isManaged
    ? [{ op: 'remove', path: `/metadata/managedFields/${old}` }]
    : [
        { op: 'replace', path: `/metadata/managedFields/${old}/manager`, value: manager },
        { op: 'replace', path: `/metadata/managedFields/${old}/operation`, value: 'Apply' },
      ];
  await sendPatch(context, { ...flags, validate: undefined }, named, 'json', change);
}

/** The remembered manifest stays true beside server-side apply, for a client-side one to come. */
async function rememberOnServer(
  context: Context,
  flags: Flags,
  named: Named & { readonly object: ApiObject },
): Promise<void> {
  const { apiVersion, kind, metadata } = named.object;
  const annotations = { [LAST_APPLIED]: lastAppliedOf(named.object) };
  const asked = { ...flags, 'field-manager': 'kubectl-last-applied', 'force-conflicts': true };
  const namespace = metadata?.namespace === undefined ? {} : { namespace: metadata.namespace };
  const body = { apiVersion, kind, metadata: { name: named.name, ...namespace, annotations } };
  await serverSideApply(context, asked, named, body);
}

/** A conflict of server-side apply with what can be done about it. */
export function conflictText(error: StatusError): string {
  const causes = error.details?.causes ?? [];
  const conflicts = causes.filter(({ reason }) => reason === 'FieldManagerConflict');
  if (conflicts.length === 0) return error.message;
  return `${error.message}
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the \`--force-conflicts\` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts`;
}
