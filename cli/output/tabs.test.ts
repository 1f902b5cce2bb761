import { alignTabs } from './tabs';

it.each([
  ['Name:\tweb\nNamespace:\tdefault\n', 'Name:       web\nNamespace:  default\n'],
  // A line without a cell ends the column.
  ['A:\tx\nplain\nLonger:\ty\n', 'A:  x\nplain\nLonger:  y\n'],
  ['Labels:\ta=b\n\tc=d\n', 'Labels:  a=b\n         c=d\n'],
  [
    'a\tb\tc\nlonger\tb\tc\nx\tmuch longer\tc\n',
    'a       b            c\nlonger  b            c\nx       much longer  c\n',
  ],
  ['', ''],
])('%j becomes %j', (text, aligned) => {
  expect(alignTabs(text)).toBe(aligned);
});
