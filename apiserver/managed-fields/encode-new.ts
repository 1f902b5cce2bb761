import { indexed, itemShape } from './compare';
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
      result[`f:${name}`] = encodePresent(value, field.shape, field.isRequired);
      continue;
    }
    const metadata: Encoded = {};
    for (const below of Object.keys(value).sort()) {
      if (value[below] === undefined || skips(name, below)) continue;
      const inner = field.shape.field(below);
      metadata[`f:${below}`] = encodePresent(value[below], inner.shape, inner.isRequired);
    }
    if (Object.keys(metadata).length > 0) result['f:metadata'] = metadata;
  }
  return result;
}

function encodePresent(value: unknown, shape: Shape, isRequired: boolean): Encoded {
  const result: Encoded = {};
  switch (shape.as) {
    case 'leaf':
      return result;
    case 'fields': {
      if (!isFields(value)) return result;
      const names = Object.keys(value).sort();
      if (shape.isMap && names.length > 0) result['.'] = {};
      for (const name of names) {
        if (value[name] === undefined) continue;
        const field = shape.field(name);
        result[`f:${name}`] = encodePresent(value[name], field.shape, field.isRequired);
      }
      return result;
    }
    case 'keyed': {
      const items = indexed(value, shape);
      if (items === undefined || items.size === 0) return result;
      if (!isRequired) result['.'] = {};
      for (const element of [...items.keys()].sort()) {
        result[element] = { '.': {}, ...encodePresent(items.get(element), itemShape(shape), false) };
      }
      return result;
    }
    case 'set':
      if (!Array.isArray(value) || value.length === 0) return result;
      if (!isRequired) result['.'] = {};
      for (const element of value.map(setElement).sort()) result[element] = {};
      return result;
  }
}
