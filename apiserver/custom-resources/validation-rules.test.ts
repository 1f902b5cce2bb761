import type { ApiObject } from '../../shared/api/objects';
import type { JsonSchema } from './json-schema';
import { validateValue } from './validate-value';
import { ValidationRules } from './validation-rules';

const integer = { type: 'integer' };
const SCHEMA: JsonSchema = {
  type: 'object',
  'x-kubernetes-validations': [{ rule: 'self.metadata.name != "forbidden"', message: 'that name is taken' }],
  properties: {
    spec: {
      type: 'object',
      'x-kubernetes-validations': [
        { rule: 'self.minReplicas <= self.maxReplicas', messageExpression: '"at least " + string(self.minReplicas)' },
        {
          rule: '!has(self.class) || self.class == oldSelf.class',
          message: 'class is immutable',
          fieldPath: '.class',
          reason: 'FieldValueForbidden',
        },
        { rule: 'oldSelf.orValue(self).maxReplicas <= 10', optionalOldSelf: true },
      ],
      properties: {
        minReplicas: integer,
        maxReplicas: integer,
        class: { type: 'string' },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            'x-kubernetes-validations': [{ rule: 'self.port == oldSelf.port', message: 'a port stays' }],
            properties: {
              name: { type: 'string' },
              port: { ...integer, 'x-kubernetes-validations': [{ rule: 'self > 0' }] },
            },
          },
        },
      },
    },
  },
};
const rules = new ValidationRules(SCHEMA);
const object = (spec: object, name = 'a'): ApiObject => ({
  metadata: { name },
  spec: { minReplicas: 1, maxReplicas: 3, ...spec },
});
const texts = (causes: ReturnType<ValidationRules['check']>) =>
  causes.map(({ field = '', message = '' }) => `${field}: ${message}`);

it.each<[ApiObject, readonly string[]]>([
  [object({}), []],
  [object({}, 'forbidden'), ['<nil>: Invalid value: "object": that name is taken']],
  [object({ minReplicas: 5 }), ['spec: Invalid value: "object": at least 5']],
  [
    object({
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 0 },
      ],
    }),
    ['spec.ports[1].port: Invalid value: "integer": failed rule: self > 0'],
  ],
  [
    { metadata: { name: 'a' }, spec: {} },
    [
      'spec: Invalid value: "object": rule: self.minReplicas <= self.maxReplicas: No such key: minReplicas',
      'spec: Invalid value: "object": rule: oldSelf.orValue(self).maxReplicas <= 10: No such key: maxReplicas',
    ],
  ],
])('judges %j', (value, expected) => {
  expect(texts(rules.check(value))).toEqual(expected);
});

it.each<[string, ApiObject, ApiObject, readonly string[]]>([
  ['nothing', object({ class: 'a' }), object({ class: 'a' }), []],
  [
    'what may not change',
    object({ class: 'a' }),
    object({ class: 'b' }),
    ['spec.class: Forbidden: class is immutable'],
  ],
  [
    'an item that is the same by its keys',
    object({
      ports: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    }),
    object({ ports: [{ name: 'b', port: 3 }] }),
    ['spec.ports[0]: Invalid value: "object": a port stays'],
  ],
  ['an item that is new', object({ ports: [{ name: 'a', port: 1 }] }), object({ ports: [{ name: 'b', port: 3 }] }), []],
])('judges a change of %s', (_what, before, after, expected) => {
  expect(texts(rules.check(after, before))).toEqual(expected);
});

it('comes to an end with every pattern', () => {
  expect(validateValue(`${'a'.repeat(5_000)}!`, { type: 'string', pattern: '^(a+)+$' }, 'spec')).toHaveLength(1);
});

it('asks rules with an optional older value of new objects too', () => {
  const rules = new ValidationRules({
    type: 'object',
    properties: { size: integer },
    'x-kubernetes-validations': [
      { rule: 'oldSelf.hasValue() || self.size < 5', optionalOldSelf: true, message: 'begin small' },
      { rule: 'self.size >= oldSelf.size', message: 'only grows' },
      { rule: 'self.size != 3 || "oldSelf" == ""', message: 'three is out' },
    ],
  });
  const sized = (size: number) => ({ size }) as ApiObject;
  expect(texts(rules.check(sized(9)))).toEqual(['<nil>: Invalid value: "object": begin small']);
  expect(texts(rules.check(sized(4)))).toEqual([]);
  expect(texts(rules.check(sized(9), sized(4)))).toEqual([]);
  expect(texts(rules.check(sized(1), sized(4)))).toEqual(['<nil>: Invalid value: "object": only grows']);
  // A word in a text is no look at what was there before.
  expect(texts(rules.check(sized(3)))).toEqual(['<nil>: Invalid value: "object": three is out']);
});

it('gives rules times as times', () => {
  const rules = new ValidationRules({
    type: 'object',
    properties: { from: { type: 'string', format: 'date-time' }, to: { type: 'string', format: 'date-time' } },
    'x-kubernetes-validations': [{ rule: 'self.from < self.to && self.to - self.from <= duration("24h")' }],
  });
  const range = (from: string, to: string) => ({ from, to }) as unknown as ApiObject;
  expect(rules.check(range('2024-01-01T00:00:00Z', '2024-01-01T12:00:00+02:00'))).toEqual([]);
  expect(rules.check(range('2024-01-01T00:00:00Z', '2024-01-03T00:00:00Z'))).toHaveLength(1);
});

describe('lists whose order does not matter', () => {
  const tags: JsonSchema = { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } };
  const ports: JsonSchema = {
    type: 'array',
    'x-kubernetes-list-type': 'map',
    'x-kubernetes-list-map-keys': ['port'],
    items: { type: 'object', properties: { port: integer, name: { type: 'string' } } },
  };
  const words: JsonSchema = { type: 'array', items: { type: 'string' } };
  const lists = { type: 'object', properties: { tags, more: tags, ports, words } };
  const web = { port: 80, name: 'web' };
  const tls = { port: 443, name: 'tls' };

  it.each<[string, object, boolean]>([
    ['self.tags == self.more', { tags: ['a', 'b'], more: ['b', 'a'] }, true],
    ['self.tags == self.more', { tags: ['a', 'b'], more: ['b', 'c'] }, false],
    ['self.tags != self.more', { tags: ['a', 'b'], more: ['b', 'a'] }, false],
    ['self.tags == ["b", "a"]', { tags: ['a', 'b'] }, true],
    ['self.words == ["b", "a"]', { words: ['a', 'b'] }, false],
    ['self.words != ["b", "a"] && 1 + 1 == 2 && "a" + "b" == "ab"', { words: ['a', 'b'] }, true],
    ['self.tags + self.more == ["a", "b", "c"]', { tags: ['a', 'b'], more: ['b', 'c'] }, true],
    ['self.ports == [{"port": 443, "name": "tls"}, {"port": 80, "name": "web"}]', { ports: [web, tls] }, true],
    ['self.ports == [{"port": 443, "name": "tls"}, {"port": 80, "name": "x"}]', { ports: [web, tls] }, false],
    ['(self.ports + [{"port": 80, "name": "x"}])[0].name == "x"', { ports: [web, tls] }, true],
    ['size(self.ports + [{"port": 80, "name": "x"}]) == 2 && self.ports[1].port == 443', { ports: [web, tls] }, true],
  ])('%s of %j: %s', (rule, value, holds) => {
    const rules = new ValidationRules({ ...lists, 'x-kubernetes-validations': [{ rule }] });
    expect(texts(rules.check(value as ApiObject))).toEqual(
      holds ? [] : [`<nil>: Invalid value: "object": failed rule: ${rule}`],
    );
  });

  it('are the same below what is compared, too', () => {
    const rules = new ValidationRules({
      type: 'object',
      properties: { spec: { ...lists, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] } },
    });
    const spec = (of: object) => ({ spec: of }) as ApiObject;
    expect(rules.check(spec({ ports: [tls, web] }), spec({ ports: [web, tls] }))).toEqual([]);
    expect(rules.check(spec({ ports: [tls] }), spec({ ports: [web, tls] }))).toHaveLength(1);
  });
});

it('does not refuse what stood before, where nothing of it changes', () => {
  const schema: JsonSchema = {
    type: 'object',
    properties: {
      size: { ...integer, 'x-kubernetes-validations': [{ rule: 'self < 5' }] },
      more: { type: 'string' },
      ports: SCHEMA.properties?.['spec']?.properties?.['ports'] ?? {},
    },
    'x-kubernetes-validations': [{ rule: 'self.size < 7', message: 'far too large' }],
  };
  const rules = new ValidationRules(schema);
  const old = { size: 9, ports: [{ name: 'a', port: 0 }] };
  const now = {
    size: 9,
    more: 'x',
    ports: [
      { name: 'b', port: 1 },
      { name: 'a', port: 0 },
    ],
  };
  expect(texts(rules.check(now as never, old as never))).toEqual(['<nil>: Invalid value: "object": far too large']);
  expect(rules.check(old as never, old as never)).toEqual([]);
});
