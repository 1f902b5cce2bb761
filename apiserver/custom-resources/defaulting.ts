import type { JsonSchema } from './json-schema';
import { isFields } from './json-schema';

/** Fills the defaults of a schema in place. An explicit null where null is not allowed counts as absent. */
export function setSchemaDefaults(value: unknown, schema: JsonSchema): void {
  if (Array.isArray(value)) {
    if (schema.items !== undefined) for (const item of value) setSchemaDefaults(item, schema.items);
    return;
  }
  if (!isFields(value)) return;
  const fields = value as Record<string, unknown>;
  for (const [name, child] of Object.entries(schema.properties ?? {})) {
    if (fields[name] === null && child.nullable !== true && child.default !== undefined) delete fields[name];
    if (!Object.hasOwn(fields, name) && child.default !== undefined) fields[name] = structuredClone(child.default);
    if (Object.hasOwn(fields, name)) setSchemaDefaults(fields[name], child);
  }
  const { additionalProperties, properties = {} } = schema;
  if (typeof additionalProperties !== 'object') return;
  for (const [name, child] of Object.entries(fields)) {
    if (!Object.hasOwn(properties, name)) setSchemaDefaults(child, additionalProperties);
  }
}
