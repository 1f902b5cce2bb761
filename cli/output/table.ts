import { select } from '../../shared/json-path';
import type { StoredObject } from '../api-object';
import { layoutColumns } from './columns';
import type { Palette } from './palette';
import { colourStatus } from './palette';

/** Objects as rows, whose columns the server chooses (meta.k8s.io/v1 Table). */
export interface Table {
  readonly metadata: { readonly resourceVersion?: string; readonly continue?: string };
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[] | null;
  readonly rows: readonly {
    readonly cells: readonly unknown[];
    readonly object: { readonly metadata: StoredObject['metadata'] };
  }[];
}

export interface TableLook {
  readonly wide: boolean;
  readonly headers: boolean;
  /** With a column of namespaces. */
  readonly namespaces: boolean;
  /** What names begin with, where several types are shown. */
  readonly namePrefix: string;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
  readonly sortBy: string | undefined;
  /** Of the terminal. */
  readonly width: number | undefined;
}

export function layoutTable(table: Table, look: TableLook, palette: Palette): string {
  const columns = (table.columnDefinitions ?? [])
    .map((column, index) => ({ ...column, index }))
    .filter(({ priority }) => look.wide || priority === 0);
  const head = [
    ...(look.namespaces ? ['NAMESPACE'] : []),
    ...columns.map(({ name }) => name.toUpperCase()),
    ...look.labelColumns.map((label) => (label.split('/').at(-1) ?? label).toUpperCase()),
    ...(look.showLabels ? ['LABELS'] : []),
  ];
  const rows = sorted(table.rows, look.sortBy).map(({ cells, object: { metadata } }) => [
    ...(look.namespaces ? [metadata.namespace ?? ''] : []),
    ...columns.map(({ index, name }) => {
      const cell = cellText(cells[index]);
      return name === 'Name' ? `${look.namePrefix}${cell}` : cell;
    }),
    ...look.labelColumns.map((label) => metadata.labels?.[label] ?? ''),
    ...(look.showLabels ? [labelsText(metadata.labels)] : []),
  ]);
  const statusColumn = head.indexOf('STATUS');
  return layoutColumns(look.headers ? [head, ...rows] : rows, {
    ...(look.width === undefined ? {} : { width: look.width }),
    headers: look.headers,
    names: Math.max(0, head.indexOf('NAME')),
    paint: (cell, row, column, whole) => {
      if (look.headers && row === 0) return palette.dim(cell);
      return column === statusColumn ? colourStatus(palette, whole, cell) : cell;
    },
  });
}

const cellText = (cell: unknown): string => {
  if (cell === null || cell === undefined) return '<none>';
  return typeof cell === 'string'
    ? (cell.split('\n')[0] ?? '')
    : typeof cell === 'object'
      ? JSON.stringify(cell)
      : String(cell as number);
};

const labelsText = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .sort()
    .join(',') || '<none>';

function sorted(rows: Table['rows'], path: string | undefined): Table['rows'] {
  return path === undefined ? rows : sortByPath(rows, path, ({ object }) => object);
}

/** In the order of what a JSONPath finds in each. */
export function sortByPath<T>(items: readonly T[], path: string, objectOf: (item: T) => unknown): readonly T[] {
  const inner = path.replace(/^\{|\}$/g, '');
  const where = inner.startsWith('.') ? inner : `.${inner}`;
  const key = (item: T): unknown => select(where, objectOf(item))[0] ?? '';
  return [...items].sort((a, b) => compare(key(a), key(b)));
}

const compare = (a: unknown, b: unknown): number =>
  typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
