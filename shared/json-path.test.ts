import { evaluateTemplate, select } from './json-path';

const value = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, status: { phase: 'Running', n: 1 } },
    { metadata: { name: 'b' }, status: { phase: 'Pending', n: 2 } },
    { metadata: { name: 'c' }, status: { phase: 'Running', n: 3 } },
  ],
};

it.each([
  ['{.kind}', 'List'],
  ['.kind', 'List'],
  ['kind', 'List'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'c'],
  ['{.items[*].metadata.name}', 'a b c'],
  ['{.items[0:2].metadata.name}', 'a b'],
  ['{.items[1:].metadata.name}', 'b c'],
  ['{..name}', 'a b c'],
  [`{.items[?(@.status.phase=="Running")].metadata.name}`, 'a c'],
  ['{.items[?(@.status.n>1)].metadata.name}', 'b c'],
  ['{.items[?(@.metadata.labels)].metadata.name}', 'a'],
  [`{.items[0].metadata.labels['app\\.kubernetes\\.io/name']}`, 'x'],
  ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
  ['{range .items[*]}{.metadata.name}={.status.phase}{"\\n"}{end}', 'a=Running\nb=Pending\nc=Running\n'],
  ['name: {.items[0].metadata.name}!', 'name: a!'],
  ['{.items[0,2].metadata.name}', 'a c'],
  [`{.items[1]['metadata', 'status']}`, '{"name":"b"} {"n":2,"phase":"Pending"}'],
  ['{.missing}', ''],
  ['{.items[9].metadata.name}', ''],
  ['{.items[0].metadata}', '{"labels":{"app.kubernetes.io/name":"x"},"name":"a"}'],
  ['{$.kind}', 'List'],
])('%s gives %j', (template, text) => {
  expect(evaluateTemplate(template, value)).toBe(text);
});

it.each([
  ['{range .items[*]}', '{range} without {end}'],
  ['{end}', '{end} without {range}'],
  ['{.items[}', 'cannot read'],
  ['{.items', 'unclosed action'],
  ['{.items[?(@.a=="b" && @.c=="d")]}', 'holds &&'],
])('%s is refused', (template, message) => {
  expect(() => evaluateTemplate(template, value)).toThrow(message);
});

it('never leads into a prototype', () => {
  expect(select('.constructor.name', value)).toEqual([]);
  expect(select('.__proto__', value)).toEqual([]);
});
