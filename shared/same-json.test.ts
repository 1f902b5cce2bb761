import { isSameJson } from './same-json';

it.each([
  ['equal scalars', 1, 1, true],
  ['different scalars', 1, '1', false],
  ['null and an object', null, {}, false],
  ['key order', { a: 1, b: { c: [1, 2] } }, { b: { c: [1, 2] }, a: 1 }, true],
  ['an undefined field and none', { a: 1, b: undefined }, { a: 1 }, true],
  ['list order', [1, 2], [2, 1], false],
  ['a longer list', [1], [1, 2], false],
  ['a list and an object', [], {}, false],
  ['another key', { a: 1 }, { b: 1 }, false],
])('compares %s', (_what, one, other, same) => {
  expect(isSameJson(one, other)).toBe(same);
  expect(isSameJson(other, one)).toBe(same);
});

it('does not care which realm made the object', () => {
  expect(isSameJson(structuredClone({ a: [{}] }), { a: [{}] })).toBe(true);
});
