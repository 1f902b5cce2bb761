import type { StatusCause } from '../../shared/status-error';
import { forbiddenField, invalidValue } from '../kinds/validation/field-errors';
import { setSchemaDefaults } from './defaulting';
import type { JsonSchema } from './json-schema';
import { prune } from './prune';
import { validateValue } from './validate-value';

const HEAD = ['metadata', 'kind', 'apiVersion'];

/** Defaults that no object may have: each is checked as a value of its schema (apiextensions: schema/defaulting). */
export function defaultProblems(schema: JsonSchema, field: string, isRoot = true): readonly StatusCause[] {
  const { properties = {}, additionalProperties, items } = schema;
  return [
    ...ownProblems(schema, `${field}.default`),
    ...Object.entries(properties).flatMap(([name, child]) => {
      const at = `${field}.properties[${name}]`;
      if (isRoot && HEAD.includes(name)) return forbidden(child, at, `in top-level ${name}`);
      return defaultProblems(child, at, false);
    }),
    ...(typeof additionalProperties === 'object'
      ? defaultProblems(additionalProperties, `${field}.additionalProperties`, false)
      : []),
    ...(items === undefined ? [] : defaultProblems(items, `${field}.items`, false)),
  ];
}

const forbidden = ({ default: value, properties = {} }: JsonSchema, field: string, where: string): StatusCause[] => [
  ...(value === undefined ? [] : [forbiddenField(`${field}.default`, `must not be set ${where}`)]),
  ...Object.entries(properties).flatMap(([name, child]) => forbidden(child, `${field}.properties[${name}]`, where)),
];

function ownProblems(schema: JsonSchema, field: string): readonly StatusCause[] {
  if (schema.default === undefined) return [];
  const value = structuredClone(schema.default);
  const unknown: string[] = [];
  prune(value, schema, '', unknown);
  if (unknown.length > 0) return [invalidValue(field, value, 'must not have unknown fields')];
  setSchemaDefaults(value, schema);
  return validateValue(value, schema, '').map((problem) => ({
    ...problem,
    field: problem.field === undefined || ['', '<nil>'].includes(problem.field) ? field : `${field}.${problem.field}`,
  }));
}
