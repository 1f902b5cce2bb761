import { toYaml } from './yaml';

const LONG =
  'this is a long text that goes on and on and on and on and on and on and on until it is longer than eighty columns, and then some';

/** Each as kubectl 1.35 printed it. */
it.each([
  [{ b: 1, a2: 'x', a10: 'x', a: 'x' }, 'a: x\na2: x\na10: x\nb: 1\n'],
  [
    { list: [{ b: 1, a: [1, [2]] }, 'x', {}, []], none: [] },
    'list:\n- a:\n  - 1\n  - - 2\n  b: 1\n- x\n- {}\n- []\nnone: []\n',
  ],
  [{ a: { b: { c: null } }, e: {} }, 'a:\n  b:\n    c: null\ne: {}\n'],
  [{ k: 'line\nline2\n' }, 'k: |\n  line\n  line2\n'],
  [{ k: 'line\nline2' }, 'k: |-\n  line\n  line2\n'],
  [{ k: 'line\n\n' }, 'k: |+\n  line\n\n'],
  [{ k: ' lead\nx' }, 'k: |2-\n   lead\n  x\n'],
  [{ k: 'trail \nx' }, 'k: "trail \\nx"\n'],
  [{ d: { k: LONG } }, `d:\n  k: ${LONG.replace('until it', 'until\n    it')}\n`],
  [
    { d: { k: `with: colon ${LONG}` } },
    `d:\n  k: 'with: colon ${LONG.replace('and on and on until', 'and\n    on and on until')}'\n`,
  ],
  [{ d: { k: `tab\t${LONG}` } }, `d:\n  k: "tab\\t${LONG.replace('and on until', 'and\n    on until')}"\n`],
  [['a', { b: 1 }], '- a\n- b: 1\n'],
  ['x', 'x\n'],
])('prints %j', (value, text) => {
  expect(toYaml(value)).toBe(text);
});

it.each([
  ['80:80', '80:80'],
  ['2024-01-01T00:00:00Z', '"2024-01-01T00:00:00Z"'],
  ['0x10', '"0x10"'],
  ['1e3', '"1e3"'],
  ['', '""'],
  ['null', '"null"'],
  ['1_000', '"1_000"'],
  ['yes', '"yes"'],
  ['1.5', '"1.5"'],
  ['1.5.1', '1.5.1'],
  ['a #b', "'a #b'"],
  ['-', "'-'"],
  ['- x', "'- x'"],
  ['-x', '-x'],
  ["it's", "it's"],
  ["'q'", "'''q'''"],
  ['é & <b>', 'é & <b>'],
  ['*', "'*'"],
  ['a:b', 'a:b'],
  ['{a}', "'{a}'"],
  ['100m', '100m'],
  ['bell\x07', '"bell\\a"'],
])('writes %j as %s', (text, written) => {
  expect(toYaml({ k: text })).toBe(`k: ${written}\n`);
});
