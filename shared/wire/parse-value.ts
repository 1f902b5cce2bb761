import { StatusError } from '../status-error';

/** Reading `unknown` field by field. Every function names the path it failed at. */
export const parseError = (path: string, expected: string): StatusError =>
  new StatusError('BadRequest', `${path}: expected ${expected}`);

export type WireRecord = Readonly<Record<string, unknown>>;

export function asRecord(value: unknown, path: string): WireRecord {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || ArrayBuffer.isView(value)) {
    throw parseError(path, 'an object');
  }
  return value as WireRecord;
}

export function asString(value: unknown, path: string, maxLength = 1_024): string {
  if (typeof value !== 'string') throw parseError(path, 'a string');
  if (value.length > maxLength) throw parseError(path, `at most ${maxLength} characters`);
  return value;
}

export function asName(value: unknown, path: string): string {
  const name = asString(value, path, 253);
  if (name === '') throw parseError(path, 'a name');
  return name;
}

export function asBoolean(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw parseError(path, 'true or false');
  return value;
}

export function asNumber(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw parseError(path, 'a number');
  return value;
}

export function asInteger(
  value: unknown,
  path: string,
  range: { readonly min: number; readonly max?: number },
): number {
  const max = range.max ?? Number.MAX_SAFE_INTEGER;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < range.min || value > max) {
    throw parseError(path, `a whole number between ${range.min} and ${max}`);
  }
  return value;
}

export function asArray<T>(
  value: unknown,
  path: string,
  item: (value: unknown, path: string) => T,
  maxLength = 10_000,
): readonly T[] {
  if (!Array.isArray(value)) throw parseError(path, 'a list');
  if (value.length > maxLength) throw parseError(path, `at most ${maxLength} items`);
  return value.map((each: unknown, index) => item(each, `${path}[${index}]`));
}

export function asOneOf<T extends string>(value: unknown, path: string, allowed: readonly T[]): T {
  const found = allowed.find((option) => option === value);
  if (found === undefined) throw parseError(path, `one of ${allowed.join(', ')}`);
  return found;
}

export function asBytes(value: unknown, path: string, maxBytes: number): Uint8Array {
  if (!(value instanceof Uint8Array) && !isForeignBytes(value)) throw parseError(path, 'bytes');
  if (value.byteLength > maxBytes) throw parseError(path, `at most ${maxBytes} bytes`);
  return value;
}

// A Buffer made by Node's own code fails `instanceof Uint8Array` where the caller runs in another realm, as under jest.
const isForeignBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';

export const asOptional = <T>(
  value: unknown,
  path: string,
  parse: (value: unknown, path: string) => T,
): T | undefined => (value === undefined || value === null ? undefined : parse(value, path));

/** `{ [name]: value }` or nothing, for an optional field of an exact type. */
export const field = <K extends string, T>(name: K, value: T | undefined): { [key in K]?: T } =>
  value === undefined ? {} : ({ [name]: value } as { [key in K]?: T });
