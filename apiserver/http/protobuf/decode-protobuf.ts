import type { ApiObject } from '../../../shared/api/objects';
import { StatusError, badRequest } from '../../../shared/status-error';
import table from './field-table.json';
import type { WireField } from './reader';
import { readFields, signed } from './reader';
import { SPECIAL_TYPES } from './special-types';
import { isUnset } from './unset-fields';

/**
 * Kubernetes' protobuf bodies as JSON objects. kubectl from 1.32 on and everything on its client library send them, and
 * do not try JSON when they are refused. A body is "k8s\0" and runtime.Unknown {1 typeMeta {1 apiVersion, 2 kind}, 2 raw}.
 * field-table.json is made by make-table.mjs: message -> field number -> [name, type, 'list' | 'map' | 'inline' | absent].
 */
type FieldEntry = readonly [name: string, type: string, shape?: string];
const MESSAGES = table as unknown as Readonly<Record<string, Readonly<Record<string, FieldEntry>>>>;

const MAGIC = Buffer.from('k8s\0');
const MAX_DEPTH = 100;

/** Throws BadRequest, and UnsupportedMediaType for a kind that is not in the table. */
export function decodeProtobuf(bytes: Buffer): ApiObject {
  if (!bytes.subarray(0, 4).equals(MAGIC)) throw badRequest('the protobuf body does not begin with k8s\\0');
  const unknown = new Map(readFields(bytes.subarray(4)));
  const typeMeta = new Map(readFields(bytesIn(unknown, 1)));
  const apiVersion = bytesIn(typeMeta, 1).toString();
  const kind = bytesIn(typeMeta, 2).toString();
  const message = messageOf(apiVersion, kind);
  if (message === undefined) {
    throw new StatusError(
      'UnsupportedMediaType',
      `${kind} of ${apiVersion} is not known in protobuf: send it as application/json`,
    );
  }
  return { ...(decodeMessage(message, bytesIn(unknown, 2), 0) as object), apiVersion, kind };
}

const bytesIn = (fields: ReadonlyMap<number, WireField[1]>, number: number): Buffer => {
  const value = fields.get(number);
  return Buffer.isBuffer(value) ? value : Buffer.alloc(0);
};

/** `policy/v1` Eviction -> k8s.io.api.policy.v1.Eviction; options of every group are apimachinery's. */
function messageOf(apiVersion: string, kind: string): string | undefined {
  const [group = '', version = group] = apiVersion.includes('/') ? apiVersion.split('/') : ['core', apiVersion];
  const names = [
    `k8s.io.api.${group.split('.')[0] ?? ''}.${version}.${kind}`,
    `k8s.io.apimachinery.pkg.apis.meta.v1.${kind}`,
  ];
  return names.find((name) => Object.hasOwn(MESSAGES, name));
}

function decodeMessage(name: string, bytes: Buffer, depth: number): unknown {
  const special = Object.hasOwn(SPECIAL_TYPES, name) ? SPECIAL_TYPES[name] : undefined;
  if (special !== undefined) return special(bytes);
  if (depth > MAX_DEPTH) throw badRequest(`the protobuf body is nested deeper than ${MAX_DEPTH} levels`);
  const entries = MESSAGES[name] ?? {};
  const result = new Map<string, unknown>();
  for (const [number, value] of readFields(bytes)) {
    const entry = Object.hasOwn(entries, number) ? entries[number] : undefined;
    if (entry === undefined) continue;
    const [field, type, shape] = entry;
    if (shape === 'list') {
      const list = (result.get(field) ?? []) as unknown[];
      result.set(field, [...list, decodeValue(type, value, depth)]);
    } else if (shape === 'map') {
      const pair = new Map(readFields(Buffer.isBuffer(value) ? value : Buffer.alloc(0)));
      const map = (result.get(field) ?? new Map<string, unknown>()) as Map<string, unknown>;
      map.set(bytesIn(pair, 1).toString(), decodeValue(type, pair.get(2) ?? Buffer.alloc(0), depth));
      result.set(field, map);
    } else {
      const decoded = decodeValue(type, value, depth);
      if (shape === 'inline') {
        for (const [key, inner] of Object.entries(decoded as object)) result.set(key, inner);
        continue;
      }
      if (!isUnset(name, field, decoded)) result.set(field, decoded);
    }
  }
  return fromEntries(result);
}

const fromEntries = (entries: ReadonlyMap<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    [...entries]
      .filter(([key]) => key !== '__proto__')
      .map(([key, value]) => [key, value instanceof Map ? fromEntries(value) : value]),
  );

function decodeValue(type: string, value: WireField[1], depth: number): unknown {
  if (Buffer.isBuffer(value)) {
    if (type === 'string') return value.toString('utf8');
    if (type === 'bytes') return value.toString('base64');
    return decodeMessage(type, value, depth + 1);
  }
  if (type === 'bool') return value !== 0n;
  if (type === 'int') return signed(value);
  if (type === 'double') return doubleOf(value);
  throw badRequest(`the protobuf body holds a number where ${type} must be`);
}

function doubleOf(bits: bigint): number {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64LE(bits);
  return buffer.readDoubleLE();
}
