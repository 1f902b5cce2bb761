import { isSameJson } from '../../shared/same-json';
import type { StatusCause } from '../../shared/status-error';
import { duplicate, invalidValue, notSupported, required } from '../kinds/validation/field-errors';
import { isFound } from '../cel/regular-expressions';
import { isKnownFormat, matchesFormat } from './formats';
import type { JsonSchema } from './json-schema';
import { childPath, isFields, isIntOrString, itemPath } from './json-schema';
import type { Before } from './same-place';
import { fieldBefore, itemBefore } from './same-place';

/**
 * What is wrong with a value, in the words of Kubernetes' validation of custom resources (kube-openapi/validate). What is as
 * it was before is not wrong: a schema may have become stricter since.
 */
export function validateValue(
  value: unknown,
  schema: JsonSchema,
  path: string,
  before: Before = {},
): readonly StatusCause[] {
  if (before.old !== undefined && isSameJson(value, before.old.value)) return [];
  if (value === null) return schema.nullable === true ? [] : typeMismatch(path, 'null', schema.type ?? 'object');
  const mismatch = typeProblem(value, schema, path);
  if (mismatch.length > 0) return mismatch;
  return [
    ...enumProblems(value, schema, path),
    ...(typeof value === 'string' ? stringProblems(value, schema, path) : []),
    ...(typeof value === 'number' ? numberProblems(value, schema, path) : []),
    ...(Array.isArray(value) ? listProblems(value, schema, path, before) : []),
    ...(isFields(value) ? objectProblems(value, schema, path, before) : []),
    ...junctorProblems(value, schema, path),
  ];
}

const inBody = (path: string): string => `${path === '' ? '' : `${path} `}in body`;

const typeMismatch = (path: string, found: string, wanted: string): readonly StatusCause[] => [
  invalidValue(
    path === '' ? '<nil>' : path,
    found,
    `${inBody(path)} must be of type ${wanted}: ${JSON.stringify(found)}`,
  ),
];

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return isFields(value) ? 'object' : typeof value;
}

function typeProblem(value: unknown, schema: JsonSchema, path: string): readonly StatusCause[] {
  const found = typeOf(value);
  if (isIntOrString(schema))
    return found === 'integer' || found === 'string' ? [] : typeMismatch(path, found, 'integer,string');
  const { type } = schema;
  if (type === undefined || type === '' || type === found || (type === 'number' && found === 'integer')) return [];
  return typeMismatch(path, found, type);
}

function enumProblems(value: unknown, schema: JsonSchema, path: string): readonly StatusCause[] {
  if (schema.enum === undefined || schema.enum.some((each) => isSameJson(each, value))) return [];
  return [
    notSupported(
      path,
      value,
      schema.enum.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))),
    ),
  ];
}

function stringProblems(value: string, schema: JsonSchema, path: string): readonly StatusCause[] {
  const { minLength, maxLength, pattern, format } = schema;
  const length = [...value].length;
  return [
    ...(minLength !== undefined && length < minLength
      ? [invalidValue(path, value, `${inBody(path)} should be at least ${minLength} chars long`)]
      : []),
    ...(maxLength !== undefined && length > maxLength
      ? [{ reason: 'FieldValueTooLong', field: path, message: `Too long: may not be more than ${maxLength} bytes` }]
      : []),
    ...(pattern !== undefined && !isFound(pattern, value)
      ? [invalidValue(path, value, `${inBody(path)} should match '${pattern}'`)]
      : []),
    ...(format !== undefined && isKnownFormat(format) && !matchesFormat(format, value)
      ? [invalidValue(path, value, `${inBody(path)} must be of type ${format}: ${JSON.stringify(value)}`)]
      : []),
  ];
}

function numberProblems(value: number, schema: JsonSchema, path: string): readonly StatusCause[] {
  const { minimum, maximum, exclusiveMinimum = false, exclusiveMaximum = false, multipleOf } = schema;
  const wrong = (text: string): StatusCause => invalidValue(path, value, `${inBody(path)} should be ${text}`);
  return [
    ...(minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)
      ? [wrong(`greater than ${exclusiveMinimum ? '' : 'or equal to '}${minimum}`)]
      : []),
    ...(maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)
      ? [wrong(`less than ${exclusiveMaximum ? '' : 'or equal to '}${maximum}`)]
      : []),
    ...(multipleOf !== undefined && !Number.isInteger(value / multipleOf)
      ? [wrong(`a multiple of ${multipleOf}`)]
      : []),
  ];
}

function listProblems(
  list: readonly unknown[],
  schema: JsonSchema,
  path: string,
  before: Before,
): readonly StatusCause[] {
  const { minItems, maxItems, items } = schema;
  return [
    ...(minItems !== undefined && list.length < minItems
      ? [invalidValue(path, list.length, `${inBody(path)} should have at least ${minItems} items`)]
      : []),
    ...(maxItems !== undefined && list.length > maxItems
      ? [
          {
            reason: 'FieldValueTooMany',
            field: path,
            message: `Too many: ${list.length}: must have at most ${maxItems} items`,
          },
        ]
      : []),
    ...duplicates(list, schema, path),
    ...(items === undefined
      ? []
      : list.flatMap((item, index) =>
          validateValue(item, items, itemPath(path, index), itemBefore(before, schema, item)),
        )),
  ];
}

function duplicates(list: readonly unknown[], schema: JsonSchema, path: string): readonly StatusCause[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const type = schema['x-kubernetes-list-type'];
  if (type !== 'set' && type !== 'map') return [];
  const identity = (item: unknown): unknown =>
    type === 'set' || !isFields(item) ? item : Object.fromEntries(keys.map((key) => [key, item[key]]));
  const seen = new Set<string>();
  return list.flatMap((item, index) => {
    const id = identity(item);
    const text = JSON.stringify(id) ?? '';
    if (seen.has(text)) return [duplicate(itemPath(path, index), id)];
    seen.add(text);
    return [];
  });
}

function objectProblems(
  value: Readonly<Record<string, unknown>>,
  schema: JsonSchema,
  path: string,
  before: Before,
): readonly StatusCause[] {
  const { properties = {}, additionalProperties, minProperties, maxProperties } = schema;
  const count = Object.keys(value).length;
  return [
    ...(schema['x-kubernetes-embedded-resource'] === true ? embeddedProblems(value, path) : []),
    ...(schema.required ?? [])
      .filter((name) => !Object.hasOwn(value, name))
      .map((name) => required(childPath(path, name))),
    ...(minProperties !== undefined && count < minProperties
      ? [invalidValue(path, count, `${inBody(path)} should have at least ${minProperties} properties`)]
      : []),
    ...(maxProperties !== undefined && count > maxProperties
      ? [
          {
            reason: 'FieldValueTooMany',
            field: path,
            message: `Too many: ${count}: must have at most ${maxProperties} items`,
          },
        ]
      : []),
    ...Object.entries(value).flatMap(([name, child]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const childSchema = known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
      if (childSchema === undefined) return [];
      return validateValue(child, childSchema, childPath(path, name), fieldBefore(before, name));
    }),
  ];
}

/** An object within the object says what it is (apiextensions: schema/objectmeta). */
const embeddedProblems = (value: Readonly<Record<string, unknown>>, path: string): readonly StatusCause[] =>
  ['apiVersion', 'kind'].flatMap((name) => {
    const at = childPath(path, name);
    if (!Object.hasOwn(value, name)) return [required(at, 'must not be empty')];
    if (typeof value[name] !== 'string') return [invalidValue(at, value[name], 'must be a string')];
    return value[name] === '' ? [invalidValue(at, '', 'must not be empty')] : [];
  });

function junctorProblems(value: unknown, schema: JsonSchema, path: string): readonly StatusCause[] {
  const isValid = (part: JsonSchema): boolean => validateValue(value, part, path).length === 0;
  const place = path === '' ? '<nil>' : path;
  const wrong = (text: string): StatusCause => invalidValue(place, isFields(value) ? '' : value, text);
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const matching = oneOf.filter(isValid).length;
  return [
    ...allOf.flatMap((part) => validateValue(value, part, path)),
    ...(anyOf.length > 0 && !anyOf.some(isValid) && !isIntOrString(schema)
      ? [wrong(`${JSON.stringify(path)} must validate at least one schema (anyOf)`)]
      : []),
    ...(oneOf.length > 0 && matching !== 1
      ? [
          wrong(
            `${JSON.stringify(path)} must validate one and only one schema (oneOf). Found ${matching === 0 ? 'none' : String(matching)} valid`,
          ),
        ]
      : []),
    ...(not !== undefined && isValid(not) ? [wrong(`${JSON.stringify(path)} must not validate the schema (not)`)] : []),
  ];
}
