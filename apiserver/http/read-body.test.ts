import { parseJson, parseYaml, readYaml } from './read-body';

const refused = expect.objectContaining({ code: 400 });

it('drops __proto__ keys, at any depth', () => {
  const value = parseJson(Buffer.from('{"a":{"__proto__":{"polluted":true}},"__proto__":{"polluted":true}}'));
  expect(JSON.stringify(value)).toBe('{"a":{}}');
  expect(Reflect.get({}, 'polluted')).toBeUndefined();
});

it.each(['{"a":', '', 'x', '{"a":1}}'])('refuses %p as JSON', (text) => {
  expect(() => parseJson(Buffer.from(text))).toThrow(refused);
});

it('refuses what is nested too deep, but counts no brackets inside strings', () => {
  expect(() => parseJson(Buffer.from('['.repeat(600) + ']'.repeat(600)))).toThrow(refused);
  expect(parseJson(Buffer.from(JSON.stringify('["\\"'.repeat(600))))).toBe('["\\"'.repeat(600));
});

it('reads YAML as Kubernetes does, in version 1.1', () => {
  expect(parseYaml(Buffer.from('a: yes\nb: 0644\nc: [x]\n'))).toEqual({ a: true, b: 420, c: ['x'] });
});

it('refuses YAML that unfolds to much more than it is', () => {
  const lines = ['a0: &a0 [x,x,x,x,x,x,x,x,x]'];
  for (let level = 1; level < 10; level++)
    lines.push(
      `a${level}: &a${level} [${Array<string>(9)
        .fill(`*a${level - 1}`)
        .join(',')}]`,
    );
  expect(() => parseYaml(Buffer.from(lines.join('\n')))).toThrow(refused);
});

it('says where YAML is broken', () => {
  expect(() => parseYaml(Buffer.from('a: [1\nb: 2'))).toThrow(/line/);
});

it('keeps the last of equal keys in YAML, and tells where they stand', () => {
  const yaml = 'a: 1\nb:\n  "c d": 1\n  "c d": 2\na: 3\n';
  expect(readYaml(Buffer.from(yaml))).toEqual({
    value: { a: 3, b: { 'c d': 2 } },
    problems: ['yaml: unmarshal errors:\n  line 4: key "c d" already set in map\n  line 5: key "a" already set in map'],
  });
});

it.each([
  ['JSON', '{"a":"yes","b":[1,"0644"]}', { a: 'yes', b: [1, '0644'] }, 0],
  ['YAML in braces', '{a: yes, b: [1, 0644]}', { a: true, b: [1, 420] }, 0],
  ['JSON with a key twice', '{"a":1,\n"a":2}', { a: 2 }, 1],
  ['JSON that would change prototypes', '{"__proto__":{"x":1},"a":1}', { a: 1 }, 0],
])('reads %s where YAML may come', (_, text, value, problems) => {
  const read = readYaml(Buffer.from(text));
  expect([read.value, read.problems.length]).toEqual([value, problems]);
});
