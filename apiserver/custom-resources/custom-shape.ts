import type { Shape } from '../managed-fields/shape';
import { deducedShape, leafShape, setShape } from '../managed-fields/shape';
import type { JsonSchema } from './json-schema';
import { isIntOrString } from './json-schema';

/** How the fields below a place of a custom resource are owned. */
export function shapeOfJsonSchema(schema: JsonSchema): Shape {
  if (isIntOrString(schema)) return leafShape;
  if (schema.type === 'array') return shapeOfList(schema);
  if (schema.type !== 'object' && schema.properties === undefined) {
    return schema.type === undefined ? deducedShape : leafShape;
  }
  if (schema['x-kubernetes-map-type'] === 'atomic') return leafShape;
  const { properties = {}, additionalProperties } = schema;
  return {
    as: 'fields',
    field: (name) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      const child = known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined);
      return {
        shape: child === undefined ? deducedShape : shapeOfJsonSchema(child),
        isNamed: known !== undefined,
        isAlwaysThere: false,
      };
    },
  };
}

function shapeOfList(schema: JsonSchema): Shape {
  switch (schema['x-kubernetes-list-type']) {
    case 'set':
      return setShape;
    case 'map': {
      const properties = schema.items?.properties ?? {};
      return {
        as: 'keyed',
        keys: (schema['x-kubernetes-list-map-keys'] ?? []).map((name) => {
          const fallback = properties[name]?.default;
          return fallback === undefined ? { name } : { name, default: fallback };
        }),
        item: schema.items === undefined ? deducedShape : shapeOfJsonSchema(schema.items),
      };
    }
    default:
      return leafShape;
  }
}
