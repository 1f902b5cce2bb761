import type { ApiObject, ObjectList, StoredObject } from './api-object';
import type { Resource } from './client/resources';
import { UsageError, pathOf } from './client/resources';
import type { Context, Flags } from './commands/command';
import { isSet, text } from './commands/command';
import { givenManifests, namesManifests } from './given-manifests';
import type { Manifest } from './manifests';
import { ManifestError } from './manifests';
import { concernsOneObject, errorText } from './output/error-text';
import { tellHint } from './output/hints';
import { parseTargets } from './targets';

/** An object that a command line names, not yet read. */
export interface Named {
  readonly resource: Resource;
  readonly namespace: string | undefined;
  readonly name: string;
  /** Where its manifest stands, and the manifest, where one names it. */
  readonly manifest?: Manifest;
}

/** The type and the namespace of a manifest's object. Throws ManifestError. */
export async function placeOfManifest(
  context: Context,
  { object, where }: Manifest,
): Promise<{ readonly resource: Resource; readonly namespace: string | undefined }> {
  const { apiVersion, kind, metadata } = object;
  const resource = (await context.resources()).byKind(apiVersion, kind);
  if (resource === undefined)
    throw new ManifestError(
      `resource mapping not found for name: "${metadata?.name ?? ''}" namespace: "${metadata?.namespace ?? ''}" from "${where}": no matches for kind "${kind}" in version "${apiVersion}"\nensure CRDs are installed first`,
    );
  if (!resource.namespaced) return { resource, namespace: undefined };
  const own = metadata?.namespace;
  if (own !== undefined && own !== '' && context.isNamespaceGiven && own !== context.namespace)
    throw new ManifestError(
      `${where}: the namespace from the provided object "${own}" does not match the namespace "${context.namespace}". You must pass '--namespace=${own}' to perform this operation.`,
    );
  return { resource, namespace: own === undefined || own === '' ? context.namespace : own };
}

/**
 * The objects that -f, names, or a selector name. `emptyIs`: whether a type alone stands for all of its objects.
 * Throws UsageError where a command line names none.
 */
export async function namedObjects(
  context: Context,
  flags: Flags,
  given: readonly string[],
  options: { readonly typeAloneIsAll?: boolean; readonly defaultType?: string } = {},
): Promise<readonly Named[]> {
  if (namesManifests(flags)) {
    const manifests = await givenManifests(context, flags);
    return Promise.all(
      manifests.map(async (manifest) => ({
        ...(await placeOfManifest(context, manifest)),
        name: manifest.object.metadata?.name ?? '',
        manifest,
      })),
    );
  }
  const labelSelector = text(flags, 'selector');
  const fieldSelector = text(flags, 'field-selector');
  const named: Named[] = [];
  for (const { resource, names } of parseTargets(await context.resources(), given)) {
    const namespace = resource.namespaced && !isSet(flags, 'all-namespaces') ? context.namespace : undefined;
    if (names.length > 0) {
      if (labelSelector !== undefined) throw new UsageError('name cannot be provided when a selector is specified');
      named.push(...names.map((name) => ({ resource, namespace, name })));
      continue;
    }
    const isChosen = labelSelector !== undefined || fieldSelector !== undefined || isSet(flags, 'all');
    if (!isChosen && options.typeAloneIsAll !== true)
      throw new UsageError(
        'resource(s) were provided, but no name was specified: name some, or say -l SELECTOR or --all',
      );
    const { value } = await context
      .client()
      .json<ObjectList>({ path: pathOf(resource, namespace), query: { labelSelector, fieldSelector } });
    named.push(
      ...value.items.map(({ metadata }) => ({
        resource,
        namespace: resource.namespaced ? metadata.namespace : undefined,
        name: metadata.name,
      })),
    );
  }
  return named;
}

/** kubectl writes the namespace in effect into what it sends. */
export const inNamespace = (object: ApiObject, namespace: string | undefined): ApiObject =>
  namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } };

export const readNamed = async (
  context: Context,
  { resource, namespace, name, subresource }: Named & { readonly subresource?: string | undefined },
): Promise<StoredObject> =>
  (await context.client().json<StoredObject>({ path: pathOf(resource, namespace, name, subresource) })).value;

/** As it is on the server, or for `--local` as its manifest says. */
export async function liveOrLocal(
  context: Context,
  flags: Flags,
  named: Named & { readonly subresource?: string | undefined },
): Promise<ApiObject> {
  if (!isSet(flags, 'local')) return readNamed(context, named);
  if (named.manifest === undefined) throw new UsageError('--local takes manifests: say -f FILE');
  return named.manifest.object;
}

/** Does something to each; what fails is told and does not keep the others from it. Returns the exit code. */
export async function forEach<T>(
  context: Context,
  items: readonly T[],
  action: (item: T) => Promise<void>,
  doing?: (item: T) => string,
): Promise<number | undefined> {
  let failed = false;
  for (const item of items) {
    try {
      await action(item);
    } catch (error) {
      if (!concernsOneObject(error)) throw error;
      failed = true;
      context.note(errorText(error, context.palette, doing?.(item)));
      tellHint(context, error);
    }
  }
  return failed ? 1 : undefined;
}
