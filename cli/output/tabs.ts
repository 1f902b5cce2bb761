const PADDING = 2;

/**
 * Text whose cells end with tabs in columns, as Go's text/tabwriter sets it for kubectl (padding 2): a column is as
 * wide as the widest of the cells that stand below each other without a gap; what follows the last tab is in no column.
 */
export function alignTabs(text: string): string {
  const lines = text.split('\n').map((line) => line.split('\t'));
  const result: string[] = [];
  setBlock(lines, 0, lines.length, [], result);
  return result.join('\n');
}

function setBlock(
  lines: readonly (readonly string[])[],
  from: number,
  to: number,
  widths: readonly number[],
  result: string[],
): void {
  const column = widths.length;
  const has = (index: number): boolean => column < (lines[index]?.length ?? 0) - 1;
  for (let index = from; index < to;) {
    if (!has(index)) {
      result.push(setLine(lines[index] ?? [], widths));
      index += 1;
      continue;
    }
    let end = index;
    let width = 0;
    for (; end < to && has(end); end++) width = Math.max(width, (lines[end]?.[column]?.length ?? 0) + PADDING);
    setBlock(lines, index, end, [...widths, width], result);
    index = end;
  }
}

const setLine = (cells: readonly string[], widths: readonly number[]): string =>
  cells.map((cell, column) => (column === cells.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('');
