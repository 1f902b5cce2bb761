const NARROWEST = 20;

/**
 * Lines that a terminal of this width shows whole: what is longer goes on below, under the last of the columns (that are
 * two blanks apart). A line whose last column begins too far right stays as it is.
 */
export function foldLines(text: string, width: number | undefined): string {
  if (width === undefined) return text;
  return text
    .split('\n')
    .map((line) => (line.length > width ? foldLine(line, width) : line))
    .join('\n');
}

function foldLine(line: string, width: number): string {
  const starts = [...line.matchAll(/ {2,}(?=\S)/g)].map((gap) => gap.index + gap[0].length);
  const indent = starts.filter((start) => start <= width - NARROWEST).at(-1) ?? 0;
  const lines: string[] = [];
  let current = line.slice(0, indent);
  for (const word of line.slice(indent).split(' ')) {
    const isStart = current.length <= indent;
    if (!isStart && current.length + 1 + word.length > width) {
      lines.push(current.trimEnd());
      current = `${' '.repeat(indent)}${word}`;
    } else current += isStart ? word : ` ${word}`;
  }
  return [...lines, current].join('\n');
}
