import type { StatusCause } from '../../shared/status-error';
import { forbiddenField, invalidValue, notSupported, required } from '../kinds/validation/field-errors';
import type { JsonSchema } from './json-schema';

const LIST_TYPES: readonly string[] = ['atomic', 'set', 'map'];
const MAP_TYPES: readonly string[] = ['atomic', 'granular'];

/** What is wrong with how a schema says that lists and maps are told apart (apiextensions: validation.go). */
export function listTypeProblems(schema: JsonSchema, field: string): readonly StatusCause[] {
  const listType = schema['x-kubernetes-list-type'];
  const mapType = schema['x-kubernetes-map-type'];
  return [
    ...ofType(schema, field, 'object', mapType, 'map', MAP_TYPES),
    ...ofType(schema, field, 'array', listType, 'list', LIST_TYPES),
    ...(schema.type === 'array' && listType === 'set' ? setProblems(schema, field) : []),
    ...keyProblems(schema, field),
  ];
}

function ofType(
  { type = '' }: JsonSchema,
  field: string,
  wanted: string,
  told: string | undefined,
  of: 'list' | 'map',
  known: readonly string[],
): readonly StatusCause[] {
  if (told === undefined) return [];
  const name = `x-kubernetes-${of}-type`;
  const why = `must be ${wanted} if ${name} is specified`;
  return [
    ...(type === '' ? [required(`${field}.type`, why)] : []),
    ...(type !== '' && type !== wanted ? [invalidValue(`${field}.type`, type, why)] : []),
    ...(known.includes(told) ? [] : [notSupported(`${field}.${name}`, told, known)]),
  ];
}

function setProblems({ items = {} }: JsonSchema, field: string): readonly StatusCause[] {
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set';
  const nullable = items.nullable === true ? [notNullable(field, 'set')] : [];
  if (items.type === 'array') {
    const type = items['x-kubernetes-list-type'] ?? 'atomic';
    return type === 'atomic' ? nullable : [invalidValue(`${field}.items.x-kubernetes-list-type`, type, why)];
  }
  if (items.type !== 'object' || items['x-kubernetes-map-type'] === 'atomic') return nullable;
  return [invalidValue(`${field}.items.x-kubernetes-map-type`, items['x-kubernetes-map-type'] ?? null, why)];
}

const notNullable = (field: string, type: string): StatusCause =>
  forbiddenField(`${field}.items.nullable`, `cannot be nullable when x-kubernetes-list-type is ${type}`);

function keyProblems(schema: JsonSchema, field: string): readonly StatusCause[] {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const type = schema['x-kubernetes-list-type'];
  const [at, typeAt] = [`${field}.x-kubernetes-list-map-keys`, `${field}.x-kubernetes-list-type`];
  if (type !== 'map') {
    if (keys.length === 0) return [];
    const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
    return [type === undefined ? required(typeAt, why) : invalidValue(typeAt, type, why)];
  }
  const { items } = schema;
  const missing = [
    ...(keys.length === 0 ? [required(at, 'must not be empty if x-kubernetes-list-type is map')] : []),
    ...(items === undefined ? [required(`${field}.items`, 'must have a schema if x-kubernetes-list-type is map')] : []),
  ];
  if (items === undefined) return missing;
  if (items.type !== 'object') {
    const why = "must be object if parent array's x-kubernetes-list-type is map";
    return [...missing, invalidValue(`${field}.items.type`, items.type ?? '', why)];
  }
  const isTwice = new Set(keys).size < keys.length;
  return [
    ...missing,
    ...(items.nullable === true ? [notNullable(field, 'map')] : []),
    ...(isTwice ? [invalidValue(at, keys, 'must not contain duplicate entries')] : []),
    ...keys.flatMap((key) => itemKeyProblems(items, keys, key, field)),
  ];
}

function itemKeyProblems(
  { properties = {}, required: needed = [], type }: JsonSchema,
  keys: readonly string[],
  key: string,
  field: string,
): readonly StatusCause[] {
  const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
  const at = `${field}.items.properties[${key}]`;
  if (property === undefined) {
    return [invalidValue(`${field}.x-kubernetes-list-map-keys`, keys, 'entries must all be names of item properties')];
  }
  const isScalar = property.type !== 'array' && property.type !== 'object';
  const isListed = 'this property is in x-kubernetes-list-map-keys, so it';
  return [
    ...(isScalar
      ? []
      : [invalidValue(`${at}.type`, type, "must be a scalar type if parent array's x-kubernetes-list-type is map")]),
    ...(needed.includes(key) || property.default !== undefined
      ? []
      : [required(`${at}.default`, `${isListed} must have a default or be a required property`)]),
    ...(property.nullable === true ? [forbiddenField(`${at}.nullable`, `${isListed} cannot be nullable`)] : []),
  ];
}
