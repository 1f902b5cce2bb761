import type { StatusCause } from '../../shared/status-error';
import type { JsonSchema } from './json-schema';
import { ruleProblems } from './rule-problems';

const texts = (causes: readonly StatusCause[]): readonly string[] =>
  causes.map(({ field = '', message = '' }) => `${field}: ${message}`);

it('says which rule does not compile, and where it stands', () => {
  const schema = {
    type: 'object',
    'x-kubernetes-validations': [{ rule: 'self.a <' }, { rule: 'true', messageExpression: 'nobody' }],
  };
  expect(ruleProblems(schema, 'spec.schema')).toMatchObject([
    {
      field: 'spec.schema.x-kubernetes-validations[0].rule',
      message: expect.stringContaining('compilation failed: syntax error: Unexpected token') as string,
    },
    {
      field: 'spec.schema.x-kubernetes-validations[1].messageExpression',
      message: expect.stringContaining('nobody') as string,
    },
  ]);
});

const text = { type: 'string' };
const listOf = (items: JsonSchema, more: Partial<JsonSchema> = {}): JsonSchema => ({ type: 'array', items, ...more });
const withRule = (schema: JsonSchema, rule: string): JsonSchema => ({
  ...schema,
  'x-kubernetes-validations': [{ rule }],
});
const fields = (properties: Readonly<Record<string, JsonSchema>>): JsonSchema => ({ type: 'object', properties });

it.each<[string, JsonSchema, string]>([
  ['of the object', withRule(fields({ a: text }), 'self.z == "x"'), "undefined field 'z'"],
  [
    'of a list’s items',
    withRule(fields({ list: listOf(fields({ a: text })) }), 'self.list.all(i, i.b == "")'),
    "undefined field 'b'",
  ],
  [
    'of a map’s values',
    withRule(fields({ map: { type: 'object', additionalProperties: fields({ a: text }) } }), 'self.map["x"].b == ""'),
    "undefined field 'b'",
  ],
  ['of what was there', withRule(fields({ a: text }), 'oldSelf.b == self.a'), "undefined field 'b'"],
])('refuses a rule that reads a field that is not there: %s', (_what, schema, why) => {
  expect(texts(ruleProblems(schema, 'schema')).join()).toContain(why);
});

it.each<[string, JsonSchema]>([
  ['names that are no identifiers', withRule(fields({ 'a-b': text }), 'self.a__dash__b == ""')],
  ['the head of the object', withRule(fields({}), 'self.metadata.name == self.kind')],
  [
    'what a schema leaves open',
    withRule(fields({ any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }), 'self.any.thing == 1'),
  ],
  ['fields that may be missing', withRule(fields({ a: text }), '!has(self.a) || self.a.size() > 1')],
  ['int-or-string', withRule(fields({ port: { 'x-kubernetes-int-or-string': true } }), 'type(self.port) == int')],
])('takes a rule about %s', (_what, schema) => {
  expect(ruleProblems(schema, 'schema')).toEqual([]);
});

it.each<[string, JsonSchema, string | undefined]>([
  ['a list within a list, unbounded', fields({ x: listOf(withRule(listOf(text), 'self.all(s, s == "a")')) }), '100x'],
  [
    'the same, bounded',
    fields({ x: listOf(withRule(listOf(text, { maxItems: 10 }), 'self.all(s, s == "a")'), { maxItems: 10 }) }),
    undefined,
  ],
  [
    'every pair of an unbounded list',
    withRule(fields({ x: listOf(text) }), 'self.x.all(a, self.x.all(b, a != b))'),
    '100x',
  ],
  [
    'every pair of a short list',
    withRule(fields({ x: listOf(text, { maxItems: 64 }) }), 'self.x.all(a, self.x.exists_one(b, a == b))'),
    undefined,
  ],
  ['one look at each of an unbounded list', withRule(fields({ x: listOf(text) }), 'self.x.all(a, a != "")'), undefined],
  [
    'all items of an unbounded list of objects',
    fields({ x: listOf(withRule(fields({ a: text }), 'self.a != "b"')) }),
    undefined,
  ],
])('says what costs too much: %s', (_what, schema, factor) => {
  const problems = texts(ruleProblems(schema, 'schema'));
  if (factor === undefined) return expect(problems).toEqual([]);
  expect(problems).toEqual([
    expect.stringContaining(`Forbidden: estimated rule cost exceeds budget by factor of more than ${factor}`),
  ]);
});
