import type { JsonSchema } from './json-schema';
import { childPath, isFields, itemPath, preservesUnknown } from './json-schema';

/** Fields of every embedded object, whatever its schema says. */
const TYPE_META = ['apiVersion', 'kind', 'metadata'];

/** The value without the fields that its schema does not specify; their paths go to `unknown`. */
export function prune(value: unknown, schema: JsonSchema, path: string, unknown: string[]): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item, index) => prune(item, items, itemPath(path, index), unknown));
  }
  if (!isFields(value)) return value;
  const { properties = {}, additionalProperties } = schema;
  const keepsUnknown =
    preservesUnknown(schema) ||
    additionalProperties === true ||
    (schema.type !== 'object' && schema.properties === undefined);
  const kept: [string, unknown][] = [];
  for (const [name, child] of Object.entries(value)) {
    const at = childPath(path, name);
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known !== undefined) kept.push([name, prune(child, known, at, unknown)]);
    else if (typeof additionalProperties === 'object')
      kept.push([name, prune(child, additionalProperties, at, unknown)]);
    else if (keepsUnknown || (schema['x-kubernetes-embedded-resource'] === true && TYPE_META.includes(name))) {
      kept.push([name, child]);
    } else unknown.push(at);
  }
  return Object.fromEntries(kept);
}
