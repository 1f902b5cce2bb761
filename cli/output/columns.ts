const GAP = 3;
/** Between columns where a terminal is too narrow for more. */
const NARROW_GAP = 2;
/** No cell of kubectl's, with what follows it, is narrower. */
const MIN_CELL = 6;
/** How far columns are narrowed, step by step: first those of no names, then all. */
const FLOORS = [12, 8];
const LAST_FLOORS = [16, 8, 4];

interface Layout {
  /** Of a terminal, into which lines are made to fit. */
  readonly width?: number;
  readonly gap?: number;
  /** Whether the first row is the heading; true where nothing is said. */
  readonly headers?: boolean;
  /** The column by which a person names things: the last to be cut. The first where nothing is said. */
  readonly names?: number;
  /** Colours a cell after it was measured, and maybe cut; `whole`: as it was. */
  readonly paint?: (cell: string, row: number, column: number, whole: string) => string;
}

/**
 * Rows in columns as kubectl spaces them: each as wide as its widest cell, three blanks (`gap`) between, none at the end,
 * and with its gap at least six wide. Where a terminal is too narrow for that, columns that say nothing are left out, then
 * cells are cut.
 */
export function layoutColumns(rows: readonly (readonly string[])[], options: Layout = {}): string {
  const natural = widthsOf(rows);
  const { columns, widths, gap } = fitted(rows, natural, options);
  const last = columns.at(-1);
  return rows
    .map((row, rowIndex) => {
      const cells = columns.flatMap((column) => {
        const cell = row[column];
        if (cell === undefined) return [];
        const width = widths[column] ?? 0;
        const shown = cell.length > width ? `${cell.slice(0, Math.max(0, width - 1))}…` : cell;
        const isLast = column === last || column === row.length - 1;
        const padding = isLast ? '' : ' '.repeat(Math.max(width + gap, MIN_CELL) - shown.length);
        return [`${options.paint?.(shown, rowIndex, column, cell) ?? shown}${padding}`];
      });
      return `${cells.join('').trimEnd()}\n`;
    })
    .join('');
}

function widthsOf(rows: readonly (readonly string[])[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  return widths;
}

interface Fitted {
  /** Those that are shown. */
  readonly columns: readonly number[];
  readonly widths: readonly number[];
  readonly gap: number;
}

function fitted(rows: readonly (readonly string[])[], natural: readonly number[], options: Layout): Fitted {
  const { width, gap = GAP, names = 0 } = options;
  const all = [...natural.keys()];
  if (width === undefined || isFitting(all, natural, gap, width)) return { columns: all, widths: natural, gap };
  const narrow = Math.min(gap, NARROW_GAP);
  const cells = options.headers === false ? rows : rows.slice(1);
  const isIdle = (column: number): boolean =>
    column !== names && cells.every((row) => ['', '<none>', '<unset>'].includes(row[column] ?? ''));
  let columns: readonly number[] = all;
  for (const column of all.toReversed())
    if (!isFitting(columns, natural, narrow, width) && isIdle(column) && cells.length > 0)
      columns = columns.filter((each) => each !== column);
  const widths = [...natural];
  const others = columns.filter((column) => column !== names);
  for (const floor of FLOORS) narrowTo(width, { columns, widths, gap: narrow }, others, floor);
  for (const floor of LAST_FLOORS) narrowTo(width, { columns, widths, gap: narrow }, columns, floor);
  return { columns, widths, gap: narrow };
}

function totalOf(columns: readonly number[], widths: readonly number[], gap: number): number {
  const cells = columns.slice(0, -1).reduce((sum, column) => sum + Math.max((widths[column] ?? 0) + gap, MIN_CELL), 0);
  return cells + (widths[columns.at(-1) ?? 0] ?? 0);
}

const isFitting = (columns: readonly number[], widths: readonly number[], gap: number, width: number): boolean =>
  totalOf(columns, widths, gap) <= width;

/** Takes from the widest of a group, one after the other, until the line fits or all are at the floor. */
function narrowTo(
  width: number,
  { columns, widths, gap }: { readonly columns: readonly number[]; readonly widths: number[]; readonly gap: number },
  group: readonly number[],
  floor: number,
): void {
  for (;;) {
    const excess = totalOf(columns, widths, gap) - width;
    const [widest, second] = group.toSorted((a, b) => (widths[b] ?? 0) - (widths[a] ?? 0));
    const present = widest === undefined ? 0 : (widths[widest] ?? 0);
    if (excess <= 0 || widest === undefined || present <= floor) return;
    const next = second === undefined ? floor : (widths[second] ?? 0);
    widths[widest] = Math.max(floor, present - excess, next < present ? next : present - 1);
  }
}
