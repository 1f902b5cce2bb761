import { duplicateFields } from './duplicate-fields';

it.each<[string, readonly string[]]>([
  ['{}', []],
  ['[]', []],
  ['"text"', []],
  ['{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}', []],
  ['{"a":1,"a":2}', ['a']],
  ['{"a":1,"a":2,"a":3}', ['a']],
  ['{"spec":{"a":1,"b":[],"a":2}}', ['spec.a']],
  ['{"spec":{"containers":[{"name":"x"},{"name":"y","image":"i","image":"j"}]}}', ['spec.containers[1].image']],
  ['{"a":[[1,2],[{"b":1,"b":2}]]}', ['a[1][0].b']],
  ['{"a":{"x":1},"a":{"x":2,"x":3}}', ['a', 'a.x']],
  ['{"a":"a\\",\\"a\\":1","b":"{\\"b\\":1}"}', []],
  ['{"a":1,"\\u0061":2}', ['a']],
  [' { "a" : "x" , "a" : "y" } ', ['a']],
])('finds in %s the duplicates %j', (json, expected) => {
  expect(() => JSON.parse(json) as unknown).not.toThrow();
  expect(duplicateFields(json)).toEqual(expected);
});
