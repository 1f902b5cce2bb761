import type { ApiObject } from '../../shared/api/objects';
import { assertNever } from '../../shared/assert-never';
import { canonicalQuantity, isQuantity, QuantityError } from '../../shared/quantity';
import { badRequest } from '../../shared/status-error';
import { normaliseMicroTime, normaliseTime } from './decode-time';
import type { Schema, Schemas } from './schemas';
import { refName, typeName } from './schemas';

/** A client's object, checked against its schema: only known fields, of the right types, nothing shared with the input. */
export interface Decoded {
  readonly object: ApiObject;
  /** Paths of the fields that the schema does not know, as `spec.containers[0].foo`; they are left out of `object`. */
  readonly unknownFields: readonly string[];
}

export interface Decoder {
  /** Throws BadRequest in the words of Kubernetes' JSON decoder. */
  decode(
    kind: { readonly schema: string; readonly kind: string; readonly version: string; readonly group: string },
    body: unknown,
  ): Decoded;
}

/** What the decoder tells about a value of the wrong type; the caller adds which kind could not be handled. */
class DecodeError extends Error {}

interface Place {
  /** Go's name of the struct that holds the field. */
  readonly struct: string;
  /** `spec.containers.name`: as Go names fields, without indices. */
  readonly goPath: string;
  /** `spec.containers[0].name`. */
  readonly path: string;
  readonly unknown: string[];
}

export const createDecoder = (schemas: Schemas): Decoder => ({
  decode(kind, body) {
    const schema = schemas.get(kind.schema);
    const version = kind.group === '' ? kind.version : `${kind.group}/${kind.version}`;
    const refuse = (why: string): Error =>
      badRequest(`${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: ${why}`);
    if (schema === undefined) throw new Error(`no schema ${kind.schema}`);
    if (!isRecord(body)) {
      throw refuse(`json: cannot unmarshal ${goKind(body)} into Go value of type ${goVersion(version)}.${kind.kind}`);
    }
    const unknown: string[] = [];
    try {
      const object = decodeStruct(schemas, schema, body, { struct: kind.kind, goPath: '', path: '', unknown });
      return { object, unknownFields: unknown };
    } catch (error) {
      if (error instanceof DecodeError) throw refuse(error.message);
      throw error;
    }
  },
});

const goVersion = (apiVersion: string): string => apiVersion.slice(apiVersion.indexOf('/') + 1);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function decodeStruct(schemas: Schemas, schema: Schema, value: Record<string, unknown>, place: Place): ApiObject {
  const fields: [string, unknown][] = [];
  for (const [name, field] of Object.entries(value)) {
    const path = place.path === '' ? name : `${place.path}.${name}`;
    const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
    const fieldSchema = known ? schema.properties[name] : undefined;
    if (fieldSchema === undefined) {
      place.unknown.push(path);
      continue;
    }
    // null is the zero value of a Go struct field: as if it were absent.
    if (field === null || field === undefined) continue;
    const goPath = place.goPath === '' ? name : `${place.goPath}.${name}`;
    fields.push([name, decodeValue(schemas, fieldSchema, field, { ...place, goPath, path })]);
  }
  return Object.fromEntries(fields);
}

function decodeValue(schemas: Schemas, schema: Schema, value: unknown, place: Place): unknown {
  if (schema.$ref !== undefined) return decodeReference(schemas, refName(schema.$ref), value, place);
  switch (schema.type) {
    case 'array':
      return decodeArray(schemas, schema.items ?? {}, value, place);
    case 'object':
      return decodeMap(schemas, schema, value, place);
    case 'string':
      return decodeString(schema, value, place);
    case 'integer':
      return decodeInteger(schema.format ?? 'int32', value, place);
    case 'number':
      return typeof value === 'number' ? value : mismatch(value, 'float64', place);
    case 'boolean':
      return typeof value === 'boolean' ? value : mismatch(value, 'bool', place);
    case undefined:
      return structuredClone(value);
    default:
      return assertNever(schema.type);
  }
}

function decodeReference(schemas: Schemas, name: string, value: unknown, place: Place): unknown {
  const schema = schemas.get(name) ?? {};
  const type = typeName(name);
  switch (type) {
    case 'Quantity':
      if (!isQuantity(value)) throw new DecodeError(new QuantityError().message);
      return canonicalQuantity(value);
    case 'IntOrString':
      if (typeof value === 'string') return value;
      return decodeInteger('int32', value, place);
    case 'Time':
      return decodeTime(normaliseTime, value, place);
    case 'MicroTime':
      return decodeTime(normaliseMicroTime, value, place);
    default:
      if (!isRecord(value)) return mismatch(value, goType(schemas, { $ref: `#/components/schemas/${name}` }), place);
      if (schema.properties === undefined) return structuredClone(value);
      return decodeStruct(schemas, schema, value, { ...place, struct: type });
  }
}

function decodeTime(normalise: (text: string) => string | undefined, value: unknown, place: Place): string {
  if (typeof value !== 'string') return mismatch(value, 'string', place);
  const time = normalise(value);
  if (time === undefined) {
    throw new DecodeError(
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05Z07:00": cannot parse ${JSON.stringify(value)} as "2006"`,
    );
  }
  return time;
}

function decodeArray(schemas: Schemas, items: Schema, value: unknown, place: Place): unknown[] {
  if (!Array.isArray(value)) return mismatch(value, `[]${goType(schemas, items)}`, place);
  return value.map((item: unknown, index) =>
    item === null ? zeroOf(items) : decodeValue(schemas, items, item, { ...place, path: `${place.path}[${index}]` }),
  );
}

function decodeMap(schemas: Schemas, schema: Schema, value: unknown, place: Place): unknown {
  if (!isRecord(value)) return mismatch(value, goType(schemas, schema), place);
  const values = schema.additionalProperties;
  if (values === undefined) return structuredClone(value);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      item === null ? zeroOf(values) : decodeValue(schemas, values, item, { ...place, path: `${place.path}.${key}` }),
    ]),
  );
}

function decodeString(schema: Schema, value: unknown, place: Place): string {
  if (typeof value !== 'string') return mismatch(value, schema.format === 'byte' ? '[]uint8' : 'string', place);
  return schema.format === 'byte' ? decodeBase64(value) : value;
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Keeps the text, less the line breaks that Go's decoder skips. */
function decodeBase64(text: string): string {
  const compact = text.replace(/[\r\n]/g, '');
  if (BASE64.test(compact)) return compact;
  const bad = compact.search(/[^A-Za-z0-9+/]/);
  throw new DecodeError(
    `illegal base64 data at input byte ${bad === -1 ? compact.length - (compact.length % 4) : bad}`,
  );
}

function decodeInteger(format: string, value: unknown, place: Place): number {
  const type = format === 'int64' ? 'int64' : 'int32';
  if (typeof value !== 'number') return mismatch(value, type, place);
  const inRange = format === 'int64' ? Math.abs(value) <= 2 ** 63 : value >= -(2 ** 31) && value < 2 ** 31;
  if (!Number.isInteger(value) || !inRange) {
    throw new DecodeError(
      `json: cannot unmarshal number ${value} into Go struct field ${place.struct}.${place.goPath} of type ${type}`,
    );
  }
  return value;
}

function mismatch(value: unknown, type: string, place: Place): never {
  throw new DecodeError(
    `json: cannot unmarshal ${goKind(value)} into Go struct field ${place.struct}.${place.goPath} of type ${type}`,
  );
}

/** JSON's kinds as Go's decoder calls them. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'array';
  return typeof value === 'boolean' ? 'bool' : value === null ? 'null' : typeof value;
}

function goType(schemas: Schemas, schema: Schema): string {
  if (schema.$ref !== undefined) {
    const parts = schema.$ref.split('.');
    return parts.slice(-2).join('.');
  }
  switch (schema.type) {
    case 'array':
      return `[]${goType(schemas, schema.items ?? {})}`;
    case 'object':
      return `map[string]${schema.additionalProperties === undefined ? 'interface {}' : goType(schemas, schema.additionalProperties)}`;
    case 'integer':
      return schema.format === 'int64' ? 'int64' : 'int32';
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'string':
      return schema.format === 'byte' ? '[]uint8' : 'string';
    case undefined:
      return 'interface {}';
    default:
      return assertNever(schema.type);
  }
}

function zeroOf(schema: Schema): unknown {
  switch (schema.type) {
    case 'string':
      return '';
    case 'integer':
    case 'number':
      return 0;
    case 'boolean':
      return false;
    case 'array':
      return [];
    case 'object':
    case undefined:
      return schema.$ref?.endsWith('.Quantity') === true ? '0' : {};
    default:
      return assertNever(schema.type);
  }
}
