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
  expect(table.split('\n').map((line) => line.length)).toEqual([14, 40, 0]);
  expect(table).toContain('…');
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

it('makes no column narrower than kubectl does', () => {
  expect(layoutColumns([['1/1', '0', 'x', '5s']])).toBe('1/1   0     x     5s\n');
});
