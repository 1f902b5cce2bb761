import type { JsonSchema } from './json-schema';
import { isFields } from './json-schema';

/** What stood at a place before an update; absent where nothing did, or nothing that could be told to be the same. */
export interface Before {
  readonly old?: { readonly value: unknown };
}

/** What a field was: fields are told by their names. */
export const fieldBefore = ({ old }: Before, name: string): Before =>
  isFields(old?.value) && Object.hasOwn(old.value, name) ? { old: { value: old.value[name] } } : {};

/** What an item was: items are told by their keys where the list is a map; in other lists nothing says which was which. */
export function itemBefore({ old }: Before, schema: JsonSchema, item: unknown): Before {
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  if (schema['x-kubernetes-list-type'] !== 'map' || keys.length === 0 || !isFields(item)) return {};
  if (!Array.isArray(old?.value)) return {};
  const properties = schema.items?.properties ?? {};
  const keyOf = (of: Readonly<Record<string, unknown>>, key: string): unknown => of[key] ?? properties[key]?.default;
  const found = old.value.find(
    (each: unknown) => isFields(each) && keys.every((key) => keyOf(each, key) === keyOf(item, key)),
  ) as unknown;
  return found === undefined ? {} : { old: { value: found } };
}
