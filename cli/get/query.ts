import type { Resource } from '../client/resources';
import { UsageError } from '../client/resources';
import type { Context, Flags } from '../commands/command';
import { isSet, text, words } from '../commands/command';
import { namedObjects } from '../found';
import { namesManifests } from '../given-manifests';
import { parseTargets } from '../targets';

/** One type with its chosen names, ready to be asked for. */
export interface Query {
  readonly resource: Resource;
  /** Empty: all that the query leaves. */
  readonly names: readonly string[];
  readonly namespace: string | undefined;
  readonly query: Readonly<Record<string, string | number | undefined>>;
  readonly subresource: string | undefined;
}

/** What a command line of `get` asks for. Throws UsageError. */
export async function listQueries(context: Context, flags: Flags): Promise<readonly Query[]> {
  const subresource = text(flags, 'subresource');
  if (namesManifests(flags)) {
    const named = await namedObjects(context, flags, []);
    return named.map(({ resource, namespace, name }) => ({
      resource,
      names: [name],
      namespace,
      query: {},
      subresource,
    }));
  }
  const everywhere = isSet(flags, 'all-namespaces');
  const query = { labelSelector: text(flags, 'selector'), fieldSelector: text(flags, 'field-selector') };
  return parseTargets(await context.resources(), words(flags, 'types')).map(({ resource, names }) => {
    if (names.length > 0 && resource.namespaced && everywhere)
      throw new UsageError('a resource cannot be retrieved by name across all namespaces');
    if (names.length > 0 && query.labelSelector !== undefined)
      throw new UsageError('name cannot be provided when a selector is specified');
    if (names.length === 0 && subresource !== undefined)
      throw new UsageError('subresource cannot be used when bulk resources are specified');
    const namespace = resource.namespaced && !everywhere ? context.namespace : undefined;
    return { resource, names, namespace, query, subresource };
  });
}

/** What a watch of a query asks for: of several names the watch is of all and the rest is left out. */
export const watchQuery = ({ query, names }: Query): Query['query'] =>
  names.length === 1 ? { ...query, fieldSelector: `metadata.name=${names[0] ?? ''}` } : query;
