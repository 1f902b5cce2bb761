import { layoutColumns } from './columns';

it('makes each column as wide as its widest cell, with three blanks between and none at the end', () => {
  expect(
    layoutColumns([
      ['NAME', 'AGE'],
      ['a-long-name', '1d'],
      ['b', ''],
    ]),
  ).toBe('NAME          AGE\na-long-name   1d\nb\n');
});

it('cuts the widest column so that lines fit a terminal', () => {
  const table = layoutColumns(
    [
      ['NAME', 'MESSAGE'],
      ['a', 'x'.repeat(100)],
    ],
    { width: 40 },
  );
  expect(table.split('\n').map((line) => line.length)).toEqual([13, 40, 0]);
  expect(table).toContain('…');
});

const WIDE = [
  ['NAME', 'READY', 'STATUS', 'IP', 'NODE', 'NOMINATED NODE', 'READINESS GATES'],
  ['web-7795fbdc6d-lrrw2', '1/1', 'ImagePullBackOff', '100.101.0.5', 'worker-1', '<none>', '<none>'],
];

it('leaves out columns that say nothing before it cuts any', () => {
  expect(layoutColumns(WIDE, { width: 80 })).toBe(
    'NAME                  READY  STATUS            IP           NODE\nweb-7795fbdc6d-lrrw2  1/1    ImagePullBackOff  100.101.0.5  worker-1\n',
  );
  expect(layoutColumns(WIDE.slice(1), { width: 70, headers: false })).not.toContain('<none>');
});

it.each([40, 50, 60, 70, 80, 100, 120])('fits a terminal of %i columns, and cuts names last', (width) => {
  const lines = layoutColumns(WIDE, { width }).trimEnd().split('\n');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
  if (width >= 60) expect(lines[1]).toContain('web-7795fbdc6d-lrrw2');
});

it('colours cells after they were measured', () => {
  const paint = (cell: string, row: number): string => (row === 0 ? `<${cell}>` : cell);
  expect(
    layoutColumns(
      [
        ['A', 'B'],
        ['aaaa', 'b'],
      ],
      { paint },
    ),
  ).toBe('<A>      <B>\naaaa   b\n');
});

it('colours what is cut by what it was', () => {
  const paint = (cell: string, _row: number, _column: number, whole: string): string =>
    whole === 'ImagePullBackOff' ? `<${cell}>` : cell;
  expect(layoutColumns(WIDE, { width: 60, paint })).toMatch(/<Image\S*…>/);
});

it('makes no column narrower than kubectl does', () => {
  expect(layoutColumns([['1/1', '0', 'x', '5s']])).toBe('1/1   0     x     5s\n');
});
