/** RFC 7396: what a JSON merge patch makes of a value. Keys of the patch are own keys alone. */
export function mergePatched(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const result = new Map<string, unknown>(isObject(value) ? Object.entries(value) : []);
  for (const [key, inner] of Object.entries(patch)) {
    if (inner === null) result.delete(key);
    else result.set(key, mergePatched(result.get(key), inner));
  }
  return Object.fromEntries(result);
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
