const GAP = 3;
/** No cell of kubectl's, with what follows it, is narrower. */
const MIN_CELL = 6;

/**
 * Rows in columns as kubectl spaces them: each as wide as its widest cell, three blanks (`gap`) between, none at the end,
 * and with its gap at least six wide.
 * `width` (a terminal's) cuts the widest column so that lines fit; `paint` colours a cell after it was measured.
 */
export function layoutColumns(
  rows: readonly (readonly string[])[],
  options: {
    readonly width?: number;
    readonly gap?: number;
    readonly paint?: (cell: string, row: number, column: number) => string;
  } = {},
): string {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, column) => (widths[column] = Math.max(widths[column] ?? 0, cell.length)));
  const gap = options.gap ?? GAP;
  const last = widths.length - 1;
  widths.forEach((width, column) => {
    if (column < last) widths[column] = Math.max(width, MIN_CELL - gap);
  });
  fit(widths, options.width, gap);
  return rows
    .map((row, rowIndex) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0;
        const shown = cell.length > width ? `${cell.slice(0, Math.max(0, width - 1))}…` : cell;
        const padding = column === row.length - 1 ? '' : ' '.repeat(width - shown.length + gap);
        return `${options.paint?.(shown, rowIndex, column) ?? shown}${padding}`;
      });
      return `${cells.join('').trimEnd()}\n`;
    })
    .join('');
}

/** Narrows the widest column until the line fits; nothing becomes narrower than ten. */
function fit(widths: number[], width: number | undefined, gap: number): void {
  if (width === undefined) return;
  const total = widths.reduce((sum, each) => sum + each, 0) + gap * (widths.length - 1);
  const widest = widths.indexOf(Math.max(...widths));
  if (total > width && widest >= 0) widths[widest] = Math.max(10, (widths[widest] ?? 0) - (total - width));
}
