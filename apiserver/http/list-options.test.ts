import { checkListOptions, checkWatchOptions } from './list-options';

const query = (text: string): URLSearchParams => new URLSearchParams(text);

it.each([
  '',
  'resourceVersion=0',
  'resourceVersion=5&limit=2',
  'resourceVersion=5&resourceVersionMatch=Exact',
  'resourceVersion=0&resourceVersionMatch=NotOlderThan',
])('lets a list with %p pass', (text) => {
  expect(() => checkListOptions(query(text))).not.toThrow();
});

it.each([
  ['resourceVersionMatch=Exact', 'resourceVersionMatch is forbidden unless resourceVersion is provided'],
  ['resourceVersion=0&resourceVersionMatch=Exact', 'is forbidden for resourceVersion "0"'],
  ['resourceVersion=5&resourceVersionMatch=Newest', 'Unsupported value: "Newest"'],
  ['resourceVersion=5&resourceVersionMatch=Exact&continue=x', 'is forbidden when continue is provided'],
  ['sendInitialEvents=true', 'sendInitialEvents is forbidden for list'],
])('answers 422 to a list with %p', (text, message) => {
  expect(() => checkListOptions(query(text))).toThrow(
    expect.objectContaining({ code: 422, message: expect.stringContaining(message) as string }),
  );
});

it.each(['', 'resourceVersion=5', 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'])(
  'lets a watch with %p pass',
  (text) => {
    expect(() => checkWatchOptions(query(text))).not.toThrow();
  },
);

it.each([
  ['sendInitialEvents=true', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
  ['sendInitialEvents=false', 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'],
  ['resourceVersionMatch=NotOlderThan', 'is forbidden for watch unless sendInitialEvents is provided'],
  ['sendInitialEvents=true&resourceVersionMatch=Exact', 'Unsupported value: "Exact"'],
])('answers 422 to a watch with %p', (text, message) => {
  expect(() => checkWatchOptions(query(text))).toThrow(
    expect.objectContaining({ code: 422, message: expect.stringContaining(message) as string }),
  );
});
