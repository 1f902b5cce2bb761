import { foldLines } from './fold-lines';

it.each<[string, number | undefined, string]>([
  ['short', 40, 'short'],
  ['a long line that nobody folds', undefined, 'a long line that nobody folds'],
  [
    '  Warning  Failed  5s  kubelet  the image could not be pulled from there',
    52,
    '  Warning  Failed  5s  kubelet  the image could not\n                                be pulled from there',
  ],
  ['Message:  one two three four five six', 30, 'Message:  one two three four\n          five six'],
])('%j at a width of %s', (line, width, folded) => {
  expect(foldLines(line, width)).toBe(folded);
});
