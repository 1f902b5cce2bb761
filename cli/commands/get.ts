import { stringify } from 'yaml';
import { StatusError } from '../../shared/status-error';
import type { ObjectList, StoredObject } from '../api-object';
import type { Resource } from '../client/resources';
import { UsageError, pathOf, resultName } from '../client/resources';
import { evaluateTemplate, select } from '../../shared/json-path';
import { layoutColumns } from '../output/columns';
import { colourStatus } from '../output/palette';
import { parseTargets } from '../targets';
import type { Command, Context, Flags } from './command';
import { count, isSet, selecting, text, words } from './command';

interface Table {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[] | null;
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object: { readonly metadata: StoredObject['metadata'] };
  }[];
}

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const PAGE = 500;

/** One type with its chosen names, ready to be asked for. */
interface Query {
  readonly resource: Resource;
  readonly names: readonly string[];
  readonly namespace: string | undefined;
  readonly query: Readonly<Record<string, string | number | undefined>>;
}

export const get: Command = {
  name: 'get',
  usage: 'get [types..]',
  describe: 'show objects',
  build: (yargs) =>
    selecting(yargs)
      .option('output', { alias: 'o', type: 'string', describe: 'json|yaml|wide|name|jsonpath=…|custom-columns=…' })
      .option('watch', { alias: 'w', type: 'boolean', describe: 'then show changes' })
      .option('show-labels', { type: 'boolean', describe: 'add a column of labels' })
      .option('sort-by', { type: 'string', describe: 'JSONPath to sort by' })
      .option('no-headers', { type: 'boolean', describe: 'leave out the heading' })
      .option('raw', { type: 'string', describe: 'print what a path of the server answers' })
      .option('ignore-not-found', { type: 'boolean', describe: 'print nothing for what is not there' }),
  run,
  next: (flags) => {
    const [type = ''] = words(flags, 'types');
    return /^(po|pod|pods)$/.test(type) ? 'kubectl-lite describe pod NAME' : undefined;
  },
};

async function run(context: Context, flags: Flags): Promise<number | void> {
  const raw = text(flags, 'raw');
  if (raw !== undefined) {
    context.out((await context.client().text({ path: raw })).text);
    return;
  }
  const targets = parseTargets(await context.resources(), words(flags, 'types'));
  const output = text(flags, 'output') ?? '';
  const queries = targets.map(({ resource, names }): Query => ({
    resource,
    names,
    namespace: resource.namespaced && !isSet(flags, 'all-namespaces') ? context.namespace : undefined,
    query: {
      labelSelector: text(flags, 'selector'),
      fieldSelector: text(flags, 'field-selector'),
      limit: count(flags, 'chunk-size'),
    },
  }));
  if (output === '' || output === 'wide') return showTables(context, flags, queries, output === 'wide');
  return showObjects(context, flags, queries, output);
}

async function showTables(
  context: Context,
  flags: Flags,
  queries: readonly Query[],
  wide: boolean,
): Promise<number | void> {
  let shown = 0;
  let failed = false;
  const several = queries.length > 1;
  const last: { query?: Query; version?: string } = {};
  for (const query of queries) {
    for (const table of await tablesOf(context, query, isSet(flags, 'ignore-not-found'), (error) => {
      failed = true;
      context.note(`Error from server (${error.reason}): ${error.message}\n`);
    })) {
      last.query = query;
      last.version = table.metadata.resourceVersion ?? '';
      if (table.rows.length === 0) continue;
      if (several && shown > 0) context.out('\n');
      context.out(
        layout(context, flags, query.resource, table, { wide, several, headers: !isSet(flags, 'no-headers') }),
      );
      shown += 1;
    }
  }
  if (shown === 0 && !failed && !isSet(flags, 'watch')) {
    const inNamespace = queries[0]?.namespace === undefined ? '' : ` in ${queries[0].namespace} namespace`;
    context.note(`No resources found${inNamespace}\n`);
  }
  if (isSet(flags, 'watch') && last.query !== undefined)
    await follow(context, flags, last.query, last.version ?? '', { wide, headers: shown === 0 });
  return failed ? 1 : undefined;
}

/** One table of a whole type, or one that joins the named objects. */
async function tablesOf(
  { client }: Context,
  { resource, names, namespace, query }: Query,
  ignoreNotFound: boolean,
  onMissing: (error: StatusError) => void,
): Promise<readonly Table[]> {
  if (names.length === 0) {
    const pages: Table[] = [];
    let token: string | undefined;
    do {
      const { value } = await client().json<Table>({
        path: pathOf(resource, namespace),
        query: { ...query, limit: PAGE, continue: token },
        accept: TABLE,
      });
      pages.push(value);
      token = value.metadata.continue;
    } while (token !== undefined && token !== '');
    return [joined(pages)];
  }
  const tables: Table[] = [];
  for (const name of names) {
    try {
      tables.push((await client().json<Table>({ path: pathOf(resource, namespace, name), accept: TABLE })).value);
    } catch (error) {
      if (!(error instanceof StatusError) || error.reason !== 'NotFound') throw error;
      if (!ignoreNotFound) onMissing(error);
    }
  }
  return tables.length === 0 ? [] : [joined(tables)];
}

const joined = (tables: readonly Table[]): Table => ({
  metadata: tables.at(-1)?.metadata ?? {},
  columnDefinitions: tables[0]?.columnDefinitions ?? [],
  rows: tables.flatMap(({ rows }) => rows),
});

interface Look {
  readonly wide: boolean;
  readonly several?: boolean;
  readonly headers: boolean;
}

function layout(
  context: Context,
  flags: Flags,
  resource: Resource,
  table: Table,
  { wide, several = false, headers }: Look,
): string {
  const columns = (table.columnDefinitions ?? [])
    .map((column, index) => ({ ...column, index }))
    .filter(({ priority }) => wide || priority === 0);
  const everywhere = isSet(flags, 'all-namespaces') && resource.namespaced;
  const labels = isSet(flags, 'show-labels');
  const head = [
    ...(everywhere ? ['NAMESPACE'] : []),
    ...columns.map(({ name }) => name.toUpperCase()),
    ...(labels ? ['LABELS'] : []),
  ];
  const rows = sorted(table, text(flags, 'sort-by')).map(({ cells, object }) => [
    ...(everywhere ? [object.metadata.namespace ?? ''] : []),
    ...columns.map(({ index, name }) => {
      const cell = String(cells[index] ?? '<none>');
      return several && name === 'Name' ? `${resultName(resource)}/${cell}` : cell;
    }),
    ...(labels ? [labelsOf(object.metadata.labels)] : []),
  ]);
  const statusColumn = head.indexOf('STATUS');
  const { stdout } = context.environment;
  return layoutColumns(headers ? [head, ...rows] : rows, {
    ...(stdout.isTTY === true && stdout.columns !== undefined ? { width: stdout.columns } : {}),
    paint: (cell, row, column) => {
      if (headers && row === 0) return context.palette.dim(cell);
      return column === statusColumn ? colourStatus(context.palette, cell) : cell;
    },
  });
}

const labelsOf = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',') || '<none>';

function sorted(table: Table, path: string | undefined): Table['rows'] {
  if (path === undefined) return table.rows;
  const key = (row: Table['rows'][number]): unknown => select(path.replace(/^\{|\}$/g, ''), row.object)[0] ?? '';
  return [...table.rows].sort((a, b) => compare(key(a), key(b)));
}

const compare = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });

/** Prints a row for each change until interrupted. */
async function follow(
  context: Context,
  flags: Flags,
  query: Query,
  resourceVersion: string,
  look: Look,
): Promise<void> {
  const { resource, names, namespace } = query;
  const named = names[0] === undefined ? {} : { fieldSelector: `metadata.name=${names[0]}` };
  let columns: Table['columnDefinitions'] = null;
  let headers = look.headers && !isSet(flags, 'no-headers');
  const events = context.client().watch<Table>({
    path: pathOf(resource, namespace),
    query: { ...query.query, ...named, resourceVersion },
    accept: TABLE,
    signal: context.environment.signal,
  });
  try {
    for await (const { type, object } of events) {
      columns = object.columnDefinitions ?? columns;
      if (type === 'BOOKMARK' || object.rows.length === 0) continue;
      context.out(layout(context, flags, resource, { ...object, columnDefinitions: columns }, { ...look, headers }));
      headers = false;
    }
  } catch (error) {
    if (!context.environment.signal.aborted) throw error;
  }
}

async function showObjects(context: Context, flags: Flags, queries: readonly Query[], output: string): Promise<void> {
  const objects: StoredObject[] = [];
  for (const { resource, names, namespace, query } of queries) {
    if (names.length === 0) {
      const { value } = await context.client().json<ObjectList>({ path: pathOf(resource, namespace), query });
      const apiVersion = value.apiVersion;
      objects.push(
        ...value.items.map((item) => ({
          ...item,
          apiVersion: item.apiVersion ?? apiVersion,
          kind: item.kind ?? resource.kind,
        })),
      );
    } else {
      for (const name of names)
        objects.push((await context.client().json<StoredObject>({ path: pathOf(resource, namespace, name) })).value);
    }
  }
  const isOne = queries.length === 1 && queries[0]?.names.length === 1;
  const ordered = sortObjects(objects, text(flags, 'sort-by'));
  const value = isOne
    ? ordered[0]
    : { apiVersion: 'v1', kind: 'List', metadata: { resourceVersion: '' }, items: ordered };
  context.out(format(output, value, ordered, await context.resources(), isSet(flags, 'no-headers')));
}

const sortObjects = (objects: readonly StoredObject[], path: string | undefined): readonly StoredObject[] =>
  path === undefined
    ? objects
    : [...objects].sort((a, b) =>
        compare(select(path.replace(/^\{|\}$/g, ''), a)[0] ?? '', select(path.replace(/^\{|\}$/g, ''), b)[0] ?? ''),
      );

type Finder = { byKind(apiVersion: string, kind: string): Resource | undefined };

/** Objects in one of kubectl's output formats. Throws UsageError for one that is none. */
export function format(
  output: string,
  value: unknown,
  objects: readonly StoredObject[],
  resources: Finder,
  noHeaders = false,
): string {
  const [kind = '', ...rest] = output.split('=');
  const argument = rest.join('=');
  switch (kind) {
    case 'json':
      return `${JSON.stringify(value, null, 4)}\n`;
    case 'yaml':
      return stringify(value, { lineWidth: 0 });
    case 'name':
      return objects
        .map((object) => {
          const resource = resources.byKind(object.apiVersion, object.kind);
          return `${resource === undefined ? object.kind.toLowerCase() : resultName(resource)}/${object.metadata.name}\n`;
        })
        .join('');
    case 'jsonpath':
      return evaluateTemplate(argument, value);
    case 'custom-columns': {
      const columns = argument.split(',').map((column) => {
        const [head = '', path = ''] = column.split(/:(.*)/s);
        return { head, path };
      });
      const rows = objects.map((object) =>
        columns.map(({ path }) => {
          const found = select(path.replace(/^\{|\}$/g, ''), object);
          return found.length === 0
            ? '<none>'
            : found.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(',');
        }),
      );
      return layoutColumns(noHeaders ? rows : [columns.map(({ head }) => head), ...rows]);
    }
    default:
      throw new UsageError(
        `-o ${output}: must be json, yaml, wide, name, jsonpath=TEMPLATE or custom-columns=NAME:PATH,…`,
      );
  }
}
