import type { Part } from './part';

const WIDTH = 560;
const HEIGHT = 340;
const MARGIN = { left: 48, right: 190, top: 34, bottom: 40 };
const COLOURS = [
  '#d62728',
  '#1f77b4',
  '#2ca02c',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#7f7f7f',
  '#bcbd22',
  '#17becf',
  '#ff7f0e',
  '#000000',
];
/** Below this all policies allocate what arrives. */
const FROM = 70;

/** Allocation over arrivals, one panel a trace, as an SVG document. */
export function plot({ title, curves = new Map() }: Part): string {
  const panels = [...curves].map(([trace, lines], index) => panel(trace, lines, index * HEIGHT));
  const height = Math.max(HEIGHT, panels.length * HEIGHT);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH + 20}" height="${height + 24}" font-family="sans-serif" font-size="11"><rect width="100%" height="100%" fill="white"/><text x="8" y="16" font-size="12">${title}</text>${panels.join('')}</svg>\n`;
}

function panel(trace: string, lines: ReadonlyMap<string, readonly number[]>, top: number): string {
  const x = (percent: number): number =>
    MARGIN.left + ((WIDTH - MARGIN.left - MARGIN.right) * (percent - FROM)) / (130 - FROM);
  const y = (percent: number): number =>
    HEIGHT - MARGIN.bottom - ((HEIGHT - MARGIN.top - MARGIN.bottom) * (percent - FROM)) / (100 - FROM);
  const grid = [70, 80, 90, 100]
    .map(
      (value) =>
        `<line x1="${x(FROM)}" x2="${x(130)}" y1="${y(value)}" y2="${y(value)}" stroke="#ddd"/><text x="${x(FROM) - 28}" y="${y(value) + 4}">${value}</text>`,
    )
    .join('');
  const ticks = [70, 100, 130].map((value) => `<text x="${x(value) - 8}" y="${y(FROM) + 16}">${value}</text>`).join('');
  const drawn = [...lines].map(([name, values], index) => {
    const points = values.map((value, at) => [at, value] as const).filter(([at, value]) => at >= FROM && value >= FROM);
    const colour = COLOURS[index % COLOURS.length] ?? 'black';
    const dash = name.includes('published') ? ' stroke-dasharray="4 3"' : '';
    const path = points.map(([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    const label = `<text x="${x(130) + 8}" y="${MARGIN.top + 14 * index + 8}" fill="${colour}">${name} ${(values[130] ?? 0).toFixed(1)}</text>`;
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="1.5"${dash}/>${label}`;
  });
  return `<g transform="translate(0,${top + 16})"><text x="${MARGIN.left}" y="${MARGIN.top - 12}" font-weight="bold">${trace}</text>${grid}${ticks}${drawn.join('')}</g>`;
}
