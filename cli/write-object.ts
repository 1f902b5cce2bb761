import type { ApiObject, StoredObject } from './api-object';
import type { Resource } from './client/resources';
import { pathOf } from './client/resources';
import type { Context, Flags } from './commands/command';
import { dryRunOf, writeQuery } from './commands/flag-groups';
import type { ChangeReport } from './output/change-report';
import type { Named } from './found';
import { threeWayPatch, withLastApplied } from './three-way-patch';
import { StatusError } from '../shared/status-error';

/** Creates an object, or with --dry-run=client only says so, and reports it. Throws StatusError. */
export async function createObject(
  context: Context,
  flags: Flags,
  {
    resource,
    object: given,
    namespace,
    report,
    remember = false,
    verb = 'created',
  }: {
    readonly resource: Resource;
    readonly object: ApiObject;
    /** Where, if it does not say so itself. */
    readonly namespace?: string | undefined;
    readonly report: Pick<ChangeReport, 'tell'>;
    /** Whether to keep the manifest for a later apply. */
    readonly remember?: boolean;
    /** What is said of it. */
    readonly verb?: string;
  },
): Promise<ApiObject> {
  const object = remember ? withLastApplied(given) : given;
  if (dryRunOf(flags) === 'client') {
    report.tell(resource, object, verb);
    return object;
  }
  const { value } = await context.client().json<StoredObject>({
    method: 'POST',
    path: pathOf(
      resource,
      resource.namespaced ? (object.metadata?.namespace ?? namespace ?? context.namespace) : undefined,
    ),
    query: writeQuery(flags),
    body: object,
  });
  report.tell(resource, value, verb);
  return value;
}

export type PatchType = 'strategic' | 'merge' | 'json';

const CONTENT_TYPES: Readonly<Record<PatchType, string>> = {
  strategic: 'application/strategic-merge-patch+json',
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
};

type Place = Pick<Named, 'resource' | 'namespace' | 'name'>;

/** Sends a patch by the flags of the command. Throws StatusError. */
export async function sendPatch(
  context: Context,
  flags: Flags,
  { resource, namespace, name, subresource }: Place & { readonly subresource?: string | undefined },
  type: PatchType,
  body: unknown,
): Promise<StoredObject> {
  const { value } = await context.client().json<StoredObject>({
    method: 'PATCH',
    path: pathOf(resource, namespace, name, subresource),
    query: writeQuery(flags),
    body,
    contentType: CONTENT_TYPES[type],
  });
  return value;
}

/**
 * Sends what leads from `before` to `after`, as a merge patch where the server knows no merge keys (custom kinds).
 * Undefined: there was nothing to send. Throws StatusError.
 */
export async function sendChange(
  context: Context,
  flags: Flags,
  place: Place & { readonly subresource?: string | undefined },
  before: ApiObject,
  after: ApiObject,
): Promise<StoredObject | undefined> {
  const patch = threeWayPatch(before, after, before);
  if (patch === undefined) return undefined;
  return sendPatch(context, flags, place, 'strategic', patch).catch((error: unknown) => {
    if (error instanceof StatusError && error.reason === 'UnsupportedMediaType')
      return sendPatch(context, flags, place, 'merge', threeWayPatch(before, after, before, 'merge'));
    throw error;
  });
}

/** Puts a whole object in the place of one that is there. Throws StatusError. */
export async function replaceObject(
  context: Context,
  flags: Flags,
  { resource, namespace, name, subresource }: Place & { readonly subresource?: string | undefined },
  object: ApiObject,
): Promise<StoredObject> {
  const { value } = await context.client().json<StoredObject>({
    method: 'PUT',
    path: pathOf(resource, namespace, name, subresource),
    query: writeQuery(flags),
    body: object,
  });
  return value;
}
