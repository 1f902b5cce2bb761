import { indexed } from './compare';
import type { Shape } from './shape';
import { isFields, setElement } from './shape';

type Encoded = Record<string, object>;

/**
 * FieldsV1 of everything that a new object holds: what comparing it with nothing and encoding the result comes to, in one
 * walk, as every creation does it. `skips` says of a path of field names whether it belongs to nobody.
 */
export function encodeNew(
  object: Readonly<Record<string, unknown>>,
  shape: Shape,
  skips: (field: string, below: string | undefined) => boolean,
): Encoded {
  const result: Encoded = {};
  if (shape.as !== 'fields') return result;
  for (const name of Object.keys(object).sort()) {
    const value = object[name];
    if (value === undefined || skips(name, undefined)) continue;
    const field = shape.field(name);
    if (name !== 'metadata' || !isFields(value) || field.shape.as !== 'fields') {
      const below = encodePresent(value, field.shape, field.isAlwaysThere);
      if (below !== undefined) result[`f:${name}`] = below;
      continue;
    }
    const metadata: Encoded = {};
    for (const below of Object.keys(value).sort()) {
      if (value[below] === undefined || skips(name, below)) continue;
      const inner = field.shape.field(below);
      const encoded = encodePresent(value[below], inner.shape, inner.isAlwaysThere);
      if (encoded !== undefined) metadata[`f:${below}`] = encoded;
    }
    if (Object.keys(metadata).length > 0) result['f:metadata'] = metadata;
  }
  return result;
}

/** undefined: nothing that an object without it would lack. */
function encodePresent(value: unknown, shape: Shape, isAlwaysThere: boolean): Encoded | undefined {
  const below = shape.as === 'leaf' ? undefined : encodeBelow(value, shape, isAlwaysThere);
  if (below === undefined) return {};
  const isEmpty = Object.keys(below).length === 0;
  if (isAlwaysThere) return isEmpty ? undefined : below;
  return isEmpty ? below : { '.': {}, ...below };
}

/** undefined: the value has one owner as a whole. */
function encodeBelow(
  value: unknown,
  shape: Exclude<Shape, { as: 'leaf' }>,
  isAlwaysThere: boolean,
): Encoded | undefined {
  const result: Encoded = {};
  switch (shape.as) {
    case 'fields':
      if (!isFields(value)) return undefined;
      for (const name of Object.keys(value).sort()) {
        if (value[name] === undefined) continue;
        const field = shape.field(name);
        const encoded = encodePresent(value[name], field.shape, isAlwaysThere && field.isAlwaysThere);
        if (encoded !== undefined) result[`f:${name}`] = encoded;
      }
      return result;
    case 'keyed': {
      const items = indexed(value, shape);
      if (items === undefined) return undefined;
      for (const element of [...items.keys()].sort()) {
        result[element] = encodePresent(items.get(element), shape.item, false) ?? {};
      }
      return result;
    }
    case 'set':
      if (!Array.isArray(value)) return undefined;
      for (const element of value.map(setElement).sort()) result[element] = {};
      return result;
  }
}
