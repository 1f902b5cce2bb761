import { toKyaml } from './kyaml';

/** Each as kubectl 1.35 printed it. */
it.each<[unknown, readonly string[]]>([
  [{ b: 1, a: 'x', 1: { c: true } }, ['{', '  "1": {', '    c: true,', '  },', '  a: "x",', '  b: 1,', '}']],
  [{ l: [], m: {}, o: [null] }, ['{', '  l: [],', '  m: {},', '  o: [', '    null,', '  ],', '}']],
  [{ l: [{ a: 1 }, {}] }, ['{', '  l: [{', '    a: 1,', '  }, {}],', '}']],
  [{ l: [[1], [{ a: 1 }], []] }, ['{', '  l: [[', '    1,', '  ], [{', '    a: 1,', '  }], []],', '}']],
  [{ l: ['a', { b: 1 }] }, ['{', '  l: [', '    "a",', '    {', '      b: 1,', '    },', '  ],', '}']],
  [{ s: 'a "b" \\ \u00a0\ttab' }, ['{', '  s: "a \\"b\\" \\\\ \\_\ttab",', '}']],
  [{ s: 'x\n  y\n\tz \n' }, ['{', '  s: "\\', '     x\\n\\', '    \\  y\\n\\', '    \\\tz \\n\\', '    ",', '}']],
  [{ s: '\nx' }, ['{', '  s: "\\', '     \\n\\', '     x\\', '    ",', '}']],
])('prints %j', (value, lines) => {
  expect(toKyaml(value)).toBe(`---\n${lines.join('\n')}\n`);
});

it.each(
  'T1 A/b E1 1a _ __ a-b a.b a/b-c.d a_b ab/c/d b1 e e1 i nil none o0 x0 z é'.split(' ').map((key) => [key, key]),
)('leaves the key %s as it is', (key) => {
  expect(toKyaml({ [key]: 1 })).toBe(`---\n{\n  ${key}: 1,\n}\n`);
});

it.each(
  '+a -a .a 0b1 F INF Inf. Infinity N NO Null tRUE _1 a- a. a:b a=b f 12 1.2 1_000 1e3 0o7 0x1 2026-01-01 on yEs'
    .split(' ')
    .map((key) => [key]),
)('quotes the key %s', (key) => {
  expect(toKyaml({ [key]: 1 })).toBe(`---\n{\n  "${key}": 1,\n}\n`);
});
