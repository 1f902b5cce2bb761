import { StatusError } from '../../shared/status-error';
import { pathOf, resultName } from '../client/resources';
import type { Context, Flags } from '../commands/command';
import { count, isSet, list, text } from '../commands/command';
import { tableWidth } from '../environment';
import { errorText } from '../output/error-text';
import { tellHint } from '../output/hints';
import type { Table, TableLook } from '../output/table';
import { layoutTable } from '../output/table';
import { asTable } from './as-table';
import type { Query } from './query';
import { watchQuery } from './query';

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const PAGE = 500;

export async function showTables(
  context: Context,
  flags: Flags,
  queries: readonly Query[],
  wide: boolean,
): Promise<number | void> {
  const isWatching = isSet(flags, 'watch') || isSet(flags, 'watch-only');
  let shown = 0;
  let failed = false;
  const last: { query?: Query; version?: string } = {};
  const onMissing = (error: StatusError): void => {
    failed = true;
    context.note(errorText(error, context.palette));
    tellHint(context, error);
  };
  const found: { readonly query: Query; readonly table: Table }[] = [];
  for (const query of queries)
    for (const table of await tablesOf(context, flags, query, onMissing)) found.push({ query, table });
  // What is not there cannot be watched.
  if (failed && isWatching) return 1;
  const isSeveral = new Set(found.map(({ query }) => query.resource)).size > 1;
  const lookOf = ({ resource }: Query, headers: boolean): TableLook => ({
    wide,
    headers: headers && !isSet(flags, 'no-headers'),
    namespaces: isSet(flags, 'all-namespaces') && resource.namespaced,
    namePrefix: isSeveral || isSet(flags, 'show-kind') ? `${resultName(resource)}/` : '',
    showLabels: isSet(flags, 'show-labels'),
    labelColumns: list(flags, 'label-columns'),
    sortBy: text(flags, 'sort-by'),
    width: tableWidth(context.environment).width,
  });
  for (const { query, table } of found) {
    last.query = query;
    last.version = table.metadata.resourceVersion ?? '';
    if (table.rows.length === 0 || isSet(flags, 'watch-only')) continue;
    if (isSeveral && shown > 0 && !isSet(flags, 'no-headers')) context.out('\n');
    context.out(layoutTable(table, lookOf(query, true), context.palette));
    shown += 1;
  }
  if (shown === 0 && !failed && !isWatching && !isSet(flags, 'ignore-not-found')) {
    const namespace = queries[0]?.namespace;
    context.note(namespace === undefined ? 'No resources found\n' : `No resources found in ${namespace} namespace.\n`);
  }
  if (isWatching && last.query !== undefined)
    await follow(context, flags, last.query, last.version ?? '', lookOf(last.query, shown === 0));
  return failed ? 1 : undefined;
}

/** One table of a whole type, or one that joins the named objects. */
async function tablesOf(
  { client }: Context,
  flags: Flags,
  { resource, names, namespace, query, subresource }: Query,
  onMissing: (error: StatusError) => void,
): Promise<readonly Table[]> {
  const accept = flags['server-print'] === false ? 'application/json' : TABLE;
  // Only whole objects can be sorted by any field.
  const includeObject = text(flags, 'sort-by') === undefined ? undefined : 'Object';
  if (names.length === 0) {
    const pages: Table[] = [];
    let token: string | undefined;
    do {
      const { value } = await client().json<unknown>({
        path: pathOf(resource, namespace),
        query: { ...query, includeObject, limit: count(flags, 'chunk-size') ?? PAGE, continue: token },
        accept,
      });
      const page = asTable(value);
      pages.push(page);
      token = page.metadata.continue;
    } while (token !== undefined && token !== '');
    return [joined(pages)];
  }
  const tables: Table[] = [];
  for (const name of names) {
    try {
      const path = pathOf(resource, namespace, name, subresource);
      tables.push(asTable((await client().json<unknown>({ path, query: { includeObject }, accept })).value));
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
      if (!isSet(flags, 'ignore-not-found')) onMissing(error);
    }
  }
  return tables.length === 0 ? [] : [joined(tables)];
}

const joined = (tables: readonly Table[]): Table => ({
  metadata: tables.at(-1)?.metadata ?? {},
  columnDefinitions: tables[0]?.columnDefinitions ?? [],
  rows: tables.flatMap(({ rows }) => rows),
});

/** Prints a row for each change until interrupted. */
async function follow(
  context: Context,
  flags: Flags,
  query: Query,
  resourceVersion: string,
  look: TableLook,
): Promise<void> {
  const { signal } = context.environment;
  let columns: Table['columnDefinitions'] = null;
  let headers = look.headers;
  const events = context.client().watch<Table>({
    path: pathOf(query.resource, query.namespace),
    query: { ...watchQuery(query), resourceVersion },
    accept: TABLE,
    signal,
  });
  try {
    for await (const { type, object } of events) {
      columns = object.columnDefinitions ?? columns;
      const rows = object.rows.filter(
        ({ object: { metadata } }) => query.names.length === 0 || query.names.includes(metadata.name),
      );
      if (type === 'BOOKMARK' || rows.length === 0) continue;
      const saysEvent = isSet(flags, 'output-watch-events');
      const table: Table = {
        ...object,
        columnDefinitions: [...(saysEvent ? [{ name: 'Event', priority: 0 }] : []), ...(columns ?? [])],
        rows: rows.map((row) => ({ ...row, cells: [...(saysEvent ? [type] : []), ...row.cells] })),
      };
      context.out(layoutTable(table, { ...look, headers, sortBy: undefined }, context.palette));
      headers = false;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
