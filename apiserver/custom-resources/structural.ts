import type { StatusCause } from '../../shared/status-error';
import { regularExpression } from '../cel/regular-expressions';
import { forbiddenField, invalidValue, notSupported, required } from '../kinds/validation/field-errors';
import type { JsonSchema } from './json-schema';
import { isIntOrString, preservesUnknown } from './json-schema';
import { listTypeProblems } from './list-type-problems';

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
/** What may not stand inside allOf, anyOf, oneOf and not: it would decide about structure. */
const STRUCTURE = ['type', 'additionalProperties', 'default', 'nullable', 'description'] as const;

/** Why a schema is not structural (apiextensions.k8s.io/v1): it must say of every place what may stand there. */
export function structuralProblems(schema: JsonSchema, field: string, isRoot = true): readonly StatusCause[] {
  return [
    ...typeProblems(schema, field, isRoot),
    ...(schema.properties !== undefined && typeof schema.additionalProperties === 'object'
      ? [forbiddenField(`${field}.additionalProperties`, 'additionalProperties and properties are mutual exclusive')]
      : []),
    ...(schema.additionalProperties === false
      ? [forbiddenField(`${field}.additionalProperties`, 'additionalProperties cannot be set to false')]
      : []),
    ...(schema.uniqueItems === true
      ? [
          forbiddenField(
            `${field}.uniqueItems`,
            'uniqueItems cannot be set to true since the runtime complexity becomes quadratic',
          ),
        ]
      : []),
    ...listTypeProblems(schema, field),
    ...markProblems(schema, field, isRoot),
    ...patternProblems(schema, field),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
      isRoot && name === 'metadata' ? [] : structuralProblems(child, `${field}.properties[${name}]`, false),
    ),
    ...(typeof schema.additionalProperties === 'object'
      ? structuralProblems(schema.additionalProperties, `${field}.additionalProperties`, false)
      : []),
    ...(schema.items === undefined ? [] : structuralProblems(schema.items, `${field}.items`, false)),
    ...junctorsOf(schema).flatMap(([name, part]) => junctorProblems(part, `${field}.${name}`, isIntOrString(schema))),
  ];
}

function typeProblems(schema: JsonSchema, field: string, isRoot: boolean): readonly StatusCause[] {
  const { type = '' } = schema;
  if (isRoot && type !== 'object') return [invalidValue(`${field}.type`, type, 'must be object at the root')];
  if (type === '') {
    return isIntOrString(schema) || preservesUnknown(schema)
      ? []
      : [required(`${field}.type`, 'must not be empty for specified object fields')];
  }
  if (!TYPES.includes(type)) return [notSupported(`${field}.type`, type, TYPES)];
  return type === 'array' && schema.items === undefined && !preservesUnknown(schema)
    ? [required(`${field}.items`, 'must be specified')]
    : [];
}

/** Marks that say nothing, or not in this place. */
const markProblems = (schema: JsonSchema, field: string, isRoot: boolean): readonly StatusCause[] => [
  ...(isRoot && schema.nullable === true
    ? [forbiddenField(`${field}.nullable`, 'nullable cannot be true at the root')]
    : []),
  ...(schema['x-kubernetes-preserve-unknown-fields'] === false
    ? [invalidValue(`${field}.x-kubernetes-preserve-unknown-fields`, false, 'must be true or undefined')]
    : []),
  ...(schema['x-kubernetes-embedded-resource'] === true && schema.type !== 'object'
    ? [invalidValue(`${field}.type`, schema.type ?? '', 'must be object if x-kubernetes-embedded-resource is true')]
    : []),
];

function patternProblems({ pattern }: JsonSchema, field: string): readonly StatusCause[] {
  if (pattern === undefined) return [];
  try {
    regularExpression(pattern);
    return [];
  } catch (error) {
    return [
      invalidValue(
        `${field}.pattern`,
        pattern,
        `must be a valid regular expression, but isn't: ${error instanceof Error ? error.message : ''}`,
      ),
    ];
  }
}

const junctorsOf = (schema: JsonSchema): readonly (readonly [string, JsonSchema])[] => [
  ...(['allOf', 'anyOf', 'oneOf'] as const).flatMap((name) =>
    (schema[name] ?? []).map((part, index) => [`${name}[${index}]`, part] as const),
  ),
  ...(schema.not === undefined ? [] : [['not', schema.not] as const]),
];

/** int-or-string is written as anyOf of the two types: the one exception. */
function junctorProblems(part: JsonSchema, field: string, mayHaveType: boolean): readonly StatusCause[] {
  return [
    ...STRUCTURE.filter((name) => part[name] !== undefined && !(name === 'type' && mayHaveType)).map((name) =>
      forbiddenField(`${field}.${name}`, 'must be empty to be structural'),
    ),
    ...Object.entries(part.properties ?? {}).flatMap(([name, child]) =>
      junctorProblems(child, `${field}.properties[${name}]`, mayHaveType),
    ),
    ...(part.items === undefined ? [] : junctorProblems(part.items, `${field}.items`, mayHaveType)),
    ...junctorsOf(part).flatMap(([name, child]) => junctorProblems(child, `${field}.${name}`, mayHaveType)),
  ];
}
