import type { StatusCause } from '../../shared/status-error';
import { defaultProblems } from './default-problems';
import type { Approval } from './definition-problems';
import { approvalOf, approvalProblems, versionProblems } from './definition-problems';
import type { JsonSchema } from './json-schema';
import { listTypeProblems } from './list-type-problems';
import { ruleProblems } from './rule-problems';
import { validateValue } from './validate-value';

const texts = (causes: readonly StatusCause[]): readonly string[] =>
  causes.map(({ field = '', message = '' }) => `${field}: ${message}`);
const text: JsonSchema = { type: 'string' };
const keyed = (items: JsonSchema, keys: readonly string[] = ['name']): JsonSchema => ({
  type: 'array',
  'x-kubernetes-list-type': 'map',
  'x-kubernetes-list-map-keys': keys,
  items,
});

it.each<[string, JsonSchema, readonly string[]]>([
  ['a map list with keys', keyed({ type: 'object', required: ['name'], properties: { name: text } }), []],
  [
    'a list type without a list',
    { type: 'object', 'x-kubernetes-list-type': 'set' },
    ['s.type: Invalid value: "object": must be array if x-kubernetes-list-type is specified'],
  ],
  [
    'an unknown map type',
    { type: 'object', 'x-kubernetes-map-type': 'loose' as 'atomic' },
    ['s.x-kubernetes-map-type: Unsupported value: "loose": supported values: "atomic", "granular"'],
  ],
  [
    'a set of granular objects',
    { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'object' } },
    [
      's.items.x-kubernetes-map-type: Invalid value: null: must be atomic as item of a list with x-kubernetes-list-type=set',
    ],
  ],
  [
    'keys of a set',
    { type: 'array', 'x-kubernetes-list-type': 'set', 'x-kubernetes-list-map-keys': ['a'], items: text },
    ['s.x-kubernetes-list-type: Invalid value: "set": must be map if x-kubernetes-list-map-keys is non-empty'],
  ],
  [
    'a map list of texts',
    keyed(text),
    [`s.items.type: Invalid value: "string": must be object if parent array's x-kubernetes-list-type is map`],
  ],
  [
    'keys that may be missing, or are no fields',
    keyed({ type: 'object', properties: { name: text } }, ['name', 'other']),
    [
      's.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property',
      's.x-kubernetes-list-map-keys: Invalid value: ["name","other"]: entries must all be names of item properties',
    ],
  ],
])('says what is wrong with %s', (_what, schema, expected) => {
  expect(texts(listTypeProblems(schema, 's'))).toEqual(expected);
});

it.each<[string, JsonSchema, readonly string[]]>([
  ['fits', { type: 'integer', default: 1 }, []],
  [
    'is of another type',
    { type: 'integer', default: 'x' },
    ['s.properties[a].default: Invalid value: "string": in body must be of type integer: "string"'],
  ],
  [
    'has fields that nobody knows',
    { type: 'object', properties: {}, default: { b: 1 } },
    ['s.properties[a].default: Invalid value: {"b":1}: must not have unknown fields'],
  ],
  [
    'is wrong further in',
    { type: 'object', properties: { b: { type: 'string', maxLength: 1 } }, default: { b: 'xx' } },
    ['s.properties[a].default.b: Too long: may not be more than 1 bytes'],
  ],
])('judges a default that %s', (_what, schema, expected) => {
  expect(texts(defaultProblems({ type: 'object', properties: { a: schema } }, 's'))).toEqual(expected);
});

it('has no defaults for the head of an object', () => {
  const schema = {
    type: 'object',
    properties: { metadata: { type: 'object', properties: { name: { ...text, default: 'a' } } } },
  };
  expect(texts(defaultProblems(schema, 's'))).toEqual([
    's.properties[metadata].properties[name].default: Forbidden: must not be set in top-level metadata',
  ]);
});

it.each<[string, JsonSchema, readonly string[]]>([
  [
    'looks back where nothing says what was there',
    {
      type: 'array',
      maxItems: 2,
      items: { ...text, maxLength: 2, 'x-kubernetes-validations': [{ rule: 'self == oldSelf' }] },
    },
    [
      's.properties[a].items.x-kubernetes-validations[0].rule: Invalid value: "self == oldSelf": oldSelf cannot be used on the uncorrelatable portion of the schema within s.properties[a]',
    ],
  ],
  [
    'is asked without an older value and does not look back',
    { ...text, maxLength: 2, 'x-kubernetes-validations': [{ rule: 'self == "a"', optionalOldSelf: true }] },
    [
      's.properties[a].x-kubernetes-validations[0].optionalOldSelf: Invalid value: true: may not be set if oldSelf is not used in rule',
    ],
  ],
  [
    'says nothing',
    { ...text, 'x-kubernetes-validations': [{ rule: ' ' }] },
    ['s.properties[a].x-kubernetes-validations[0].rule: Required value: rule is not specified'],
  ],
  [
    'has lines, but no message',
    { ...text, maxLength: 2, 'x-kubernetes-validations': [{ rule: 'self\n== "a"' }] },
    [
      's.properties[a].x-kubernetes-validations[0].message: Required value: message must be specified if rule contains line breaks',
    ],
  ],
  [
    'points to no field and gives no reason',
    {
      type: 'object',
      properties: { b: text },
      'x-kubernetes-validations': [{ rule: 'has(self.b)', fieldPath: '.c', reason: 'Because' }],
    },
    [
      's.properties[a].x-kubernetes-validations[0].reason: Unsupported value: "Because": supported values: "FieldValueDuplicate", "FieldValueForbidden", "FieldValueInvalid", "FieldValueRequired"',
      's.properties[a].x-kubernetes-validations[0].fieldPath: Invalid value: ".c": fieldPath must be a valid path',
    ],
  ],
])('refuses a rule that %s', (_what, schema, expected) => {
  expect(texts(ruleProblems({ type: 'object', properties: { a: schema } }, 's'))).toEqual(expected);
});

describe('beside the schema', () => {
  const openAPIV3Schema = {
    type: 'object',
    properties: { spec: { type: 'object', properties: { color: text, ports: { type: 'array', items: text } } } },
  } as never;

  it.each<[string, Parameters<typeof versionProblems>[0], readonly string[]]>([
    ['selects by texts', { selectableFields: [{ jsonPath: '.spec.color' }] }, []],
    [
      'selects by what is no single value, nowhere, or twice',
      {
        selectableFields: ['.spec.ports', '.spec.size', '.spec.color', '.spec.color', ''].map((jsonPath) => ({
          jsonPath,
        })),
      },
      [
        'v.selectableFields[0].jsonPath: Invalid value: ".spec.ports": must point to a field of type boolean, string or integer. Enum string fields and strings with formats are allowed.',
        'v.selectableFields[1].jsonPath: Invalid value: ".spec.size": is an invalid path: does not refer to a valid field: size',
        'v.selectableFields[3].jsonPath: Duplicate value: ".spec.color"',
        'v.selectableFields[4].jsonPath: Required value',
      ],
    ],
    [
      'prints columns of no type',
      { additionalPrinterColumns: [{ name: '', type: 'word', jsonPath: 'spec' }] },
      [
        'v.additionalPrinterColumns[0].name: Required value',
        'v.additionalPrinterColumns[0].type: Invalid value: "word": must be one of boolean,date,integer,number,string',
        'v.additionalPrinterColumns[0].jsonPath: Invalid value: "spec": must be a simple json path starting with .',
      ],
    ],
    [
      'scales by what is not its own',
      {
        subresources: {
          scale: { specReplicasPath: '.status.n', statusReplicasPath: '', labelSelectorPath: '.meta.x' },
        },
      },
      [
        'v.subresources.scale.specReplicasPath: Invalid value: ".status.n": should be a json path under .spec',
        'v.subresources.scale.statusReplicasPath: Required value',
        'v.subresources.scale.labelSelectorPath: Invalid value: ".meta.x": should be a json path under .spec or .status',
      ],
    ],
  ])('judges a version that %s', (_what, version, expected) => {
    expect(texts(versionProblems({ ...version, schema: { openAPIV3Schema } }, 'v'))).toEqual(expected);
  });

  const annotated = (value: string) => ({ annotations: { 'api-approved.kubernetes.io': value } });
  it.each<[string, string, Approval['is'] | undefined, number]>([
    ['example.com', '', undefined, 0],
    ['x.k8s.io', '', 'missing', 1],
    ['x.k8s.io', 'yes', 'invalid', 1],
    ['x.k8s.io', 'unapproved, a trial', 'bypassed', 0],
    ['x.kubernetes.io', 'https://example.com/1', 'approved', 0],
  ])('takes the group %s with the approval %j as %s', (group, value, is, problems) => {
    expect(approvalOf(group, annotated(value))?.is).toBe(is);
    expect(approvalProblems(group, annotated(value))).toHaveLength(problems);
    expect(approvalProblems(group, annotated(value), annotated(value))).toEqual([]);
  });
});

it('does not refuse what stood before, where nothing of it changes', () => {
  const item = {
    type: 'object',
    properties: { name: text, size: { type: 'integer', maximum: 5 } },
    required: ['name', 'size'],
  };
  const schema = {
    type: 'object',
    required: ['new'],
    properties: { list: keyed(item), words: { type: 'array', items: { ...text, maxLength: 1 } } },
  };
  const old = { list: [{ name: 'a', size: 9 }, { name: 'b' }], words: ['xx'] };
  const judge = (value: unknown) => texts(validateValue(value, schema, '', { old: { value: old } }));
  expect(judge(old)).toEqual([]);
  expect(judge({ ...old, other: 1, new: 1 })).toEqual([]);
  expect(judge({ ...old, other: 1 })).toEqual(['new: Required value']);
  // Items are known again by their keys; those of other lists by nothing.
  expect(
    judge({
      list: [
        { name: 'c', size: 8 },
        { name: 'a', size: 9, more: 1 },
      ],
      words: ['y', 'xx'],
      new: 1,
    }),
  ).toEqual([
    'list[0].size: Invalid value: 8: list[0].size in body should be less than or equal to 5',
    'words[1]: Too long: may not be more than 1 bytes',
  ]);
});
