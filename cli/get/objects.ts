import { isNotFound } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import { pathOf, resultName } from '../client/resources';
import type { Context, Flags } from '../commands/command';
import { count, isSet, text } from '../commands/command';
import { errorText } from '../output/error-text';
import { format } from '../output/format';
import { tellHint } from '../output/hints';
import { sortByPath } from '../output/table';
import type { Query } from './query';
import { watchQuery } from './query';

/** Prints the objects in an output format, and with --watch each again when it changes. Returns the exit code. */
export async function showObjects(
  context: Context,
  flags: Flags,
  queries: readonly Query[],
  output: string,
): Promise<number | void> {
  const found: StoredObject[] = [];
  let failed = false;
  let version = '';
  for (const query of queries) {
    if (query.names.length === 0) {
      const { items, resourceVersion } = await listAll(context, flags, query);
      found.push(...items);
      version = resourceVersion;
      continue;
    }
    const { resource, namespace, subresource } = query;
    for (const name of query.names) {
      try {
        const path = pathOf(resource, namespace, name, subresource);
        const { value } = await context.client().json<StoredObject>({ path });
        found.push(value);
        version = value.metadata.resourceVersion;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        if (isSet(flags, 'ignore-not-found')) continue;
        failed = true;
        context.note(errorText(error, context.palette));
        tellHint(context, error);
      }
    }
  }
  const isOne = queries.length === 1 && queries[0]?.names.length === 1;
  const sortBy = text(flags, 'sort-by');
  const ordered = sortBy === undefined ? found : sortByPath(found, sortBy, (object) => object);
  const isSilent = (isOne || failed) && ordered.length === 0;
  if (!isSilent && !isSet(flags, 'watch-only'))
    context.out(await shown(context, flags, output, ordered, isOne ? ordered[0] : listOf(ordered)));
  const [first] = queries;
  if ((isSet(flags, 'watch') || isSet(flags, 'watch-only')) && first !== undefined)
    await follow(context, flags, first, version, output);
  return failed ? 1 : undefined;
}

const listOf = (items: readonly StoredObject[]): object => ({
  apiVersion: 'v1',
  kind: 'List',
  metadata: { resourceVersion: '' },
  items,
});

async function listAll(
  context: Context,
  flags: Flags,
  { resource, namespace, query }: Query,
): Promise<{ readonly items: readonly StoredObject[]; readonly resourceVersion: string }> {
  const items: StoredObject[] = [];
  let token: string | undefined;
  let resourceVersion = '';
  do {
    const { value } = await context.client().json<ObjectList>({
      path: pathOf(resource, namespace),
      query: { ...query, limit: count(flags, 'chunk-size'), continue: token },
    });
    for (const item of value.items)
      items.push({ ...item, apiVersion: item.apiVersion ?? value.apiVersion, kind: item.kind ?? resource.kind });
    resourceVersion = value.metadata.resourceVersion ?? '';
    token = value.metadata.continue;
  } while (token !== undefined && token !== '');
  return { items, resourceVersion };
}

async function shown(
  context: Context,
  flags: Flags,
  output: string,
  objects: readonly StoredObject[],
  value: unknown,
): Promise<string> {
  const resources = await context.resources();
  return format(output, value, objects, {
    nameOf: ({ apiVersion = '', kind = '', metadata }) => {
      const resource = resources.byKind(apiVersion, kind);
      return `${resource === undefined ? kind.toLowerCase() : resultName(resource)}/${metadata?.name ?? ''}`;
    },
    template: text(flags, 'template'),
    noHeaders: isSet(flags, 'no-headers'),
    showManagedFields: isSet(flags, 'show-managed-fields'),
    cwd: context.environment.cwd,
  });
}

async function follow(
  context: Context,
  flags: Flags,
  query: Query,
  resourceVersion: string,
  output: string,
): Promise<void> {
  const { signal } = context.environment;
  const events = context.client().watch<StoredObject>({
    path: pathOf(query.resource, query.namespace),
    query: { ...watchQuery(query), resourceVersion },
    signal,
  });
  try {
    for await (const { type, object } of events) {
      if (type === 'BOOKMARK') continue;
      if (query.names.length > 0 && !query.names.includes(object.metadata.name)) continue;
      const value = isSet(flags, 'output-watch-events') ? { type, object } : object;
      if (output === 'yaml') context.out('---\n');
      context.out(await shown(context, { ...flags, 'no-headers': true }, output, [object], value));
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
