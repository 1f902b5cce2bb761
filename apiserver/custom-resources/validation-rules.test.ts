import type { ApiObject } from '../../shared/api/objects';
import type { JsonSchema } from './json-schema';
import { validateValue } from './validate-value';
import { ValidationRules, ruleProblems } from './validation-rules';

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
    ['spec: Invalid value: "object": rule: self.minReplicas <= self.maxReplicas: No such key: minReplicas'],
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
  expect(texts(rules.checkChange(after, before))).toEqual(expected);
});

it('refuses a text that a pattern does not come to an end with, in time', () => {
  const startMs = performance.now();
  expect(validateValue(`${'a'.repeat(60)}!`, { type: 'string', pattern: '^(a+)+$' }, 'spec')).toHaveLength(1);
  expect(performance.now() - startMs).toBeLessThan(4_000);
});

it('says which rule does not compile, and where it stands', () => {
  const schema = {
    type: 'object',
    'x-kubernetes-validations': [{ rule: 'self.a <' }, { rule: 'true', messageExpression: 'nobody' }],
  };
  expect(ruleProblems(schema, 'spec.schema')).toMatchObject([
    {
      field: 'spec.schema.x-kubernetes-validations[0].rule',
      message: expect.stringContaining('compilation failed: Unexpected token') as string,
    },
    {
      field: 'spec.schema.x-kubernetes-validations[1].messageExpression',
      message: expect.stringContaining('nobody') as string,
    },
  ]);
});
