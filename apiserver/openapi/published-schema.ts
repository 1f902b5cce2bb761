import { isAtomicMap, listStrategyOf, listTopologyOf } from './patch-strategies';
import type { Schema } from './schemas';
import { typeName } from './schemas';

type Marks = Readonly<Record<`x-kubernetes-${string}`, unknown>>;

/**
 * A schema of Kubernetes' types as clients are given it: its lists and maps marked with how they are merged and owned.
 * `version` is OpenAPI's: in 3 nothing may stand beside a `$ref`, so one that is described is wrapped in `allOf`.
 */
export function publishedSchema(name: string, schema: Schema, version: '2' | '3'): Schema {
  const type = typeName(name);
  const marks: Marks = isAtomicMap(type) ? { 'x-kubernetes-map-type': 'atomic' } : {};
  if (schema.properties === undefined) return { ...schema, ...marks };
  const properties = Object.entries(schema.properties).map(([field, property]): [string, Schema] => [
    field,
    { ...(version === '3' ? withWrappedRef(property) : property), ...marksOf(type, field, property) },
  ]);
  return { ...schema, ...marks, properties: Object.fromEntries(properties) };
}

function withWrappedRef(property: Schema): Schema {
  const { $ref, ...others } = property;
  return $ref === undefined || Object.keys(others).length === 0 ? property : { ...others, allOf: [{ $ref }] };
}

function marksOf(type: string, field: string, property: Schema): Marks {
  if (isAtomicMap(`${type}.${field}`)) return { 'x-kubernetes-map-type': 'atomic' };
  if (property.type !== 'array') return {};
  const topology = listTopologyOf(type, field);
  if (topology === undefined) return { 'x-kubernetes-list-type': 'atomic' };
  const { mergeKey, mapKeys } = topology;
  const owned: Marks =
    mergeKey === undefined
      ? { 'x-kubernetes-list-type': 'set' }
      : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': mapKeys ?? [mergeKey] };
  const patched = listStrategyOf(type, field);
  if (patched === undefined) return owned;
  return {
    ...owned,
    'x-kubernetes-patch-strategy': patched.retainKeys === true ? 'merge,retainKeys' : 'merge',
    ...(mergeKey === undefined ? {} : { 'x-kubernetes-patch-merge-key': mergeKey }),
  };
}
