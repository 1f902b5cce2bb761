import type { ListStrategy } from '../openapi/patch-strategies';
import { isAtomicMap, listTopologyOf } from '../openapi/patch-strategies';
import type { Schema, Schemas } from '../openapi/schemas';
import { refName, typeName } from '../openapi/schemas';

/**
 * How a value is owned: as a whole, or field by field, or item by item. This is the topology that Kubernetes' schemas
 * declare with x-kubernetes-list-type and x-kubernetes-map-type.
 */
export type Shape =
  /** A scalar, or a list or map that has one owner. */
  | { readonly as: 'leaf' }
  | { readonly as: 'fields'; readonly field: (name: string) => Field }
  | { readonly as: 'keyed'; readonly keys: readonly KeyField[]; readonly item: Shape }
  | { readonly as: 'set' };

export interface Field {
  readonly shape: Shape;
  /** The type names it. Otherwise the name is data, a map's key, and the entry is itself a thing to own. */
  readonly isNamed: boolean;
  /** An object of the type has it always, if only empty: Go's structs that are no pointers, and what is required. */
  readonly isAlwaysThere: boolean;
}

export interface KeyField {
  readonly name: string;
  /** What an item that lacks the key counts as. */
  readonly default?: unknown;
}

const LEAF: Shape = { as: 'leaf' };
const SET: Shape = { as: 'set' };
/** A port without a protocol is TCP: Kubernetes' only key that has a default. */
const KEY_DEFAULTS: Readonly<Record<string, unknown>> = { protocol: 'TCP' };

/** Below what no schema describes: objects field by field, lists as a whole. */
const DEDUCED: Shape = { as: 'fields', field: () => UNKNOWN };
const UNKNOWN: Field = { shape: DEDUCED, isNamed: false, isAlwaysThere: false };

/** Structs that Kubernetes' types hold by value though they are optional (k8s.io/api), beside `metadata`, `spec` and `status`. */
const HELD_BY_VALUE: ReadonlySet<string> = new Set([
  'Container.resources',
  'ContainerStatus.lastState',
  'ContainerStatus.state',
  'CustomResourceDefinitionStatus.acceptedNames',
  'DaemonSetSpec.updateStrategy',
  'DeploymentSpec.strategy',
  'EphemeralContainer.resources',
  'Event.source',
  'IngressServiceBackend.port',
  'IngressStatus.loadBalancer',
  'NodeDaemonEndpoints.kubeletEndpoint',
  'NodeStatus.daemonEndpoints',
  'NodeStatus.nodeInfo',
  'PersistentVolumeClaimSpec.resources',
  'PodTemplate.template',
  'ReplicaSetSpec.template',
  'ServiceStatus.loadBalancer',
  'StatefulSetSpec.updateStrategy',
]);
const isHeldByValue = (type: string, field: string): boolean =>
  field === 'metadata' || field === 'spec' || field === 'status' || HELD_BY_VALUE.has(`${type}.${field}`);

/** The shape of a kind's objects, by the name of its schema. */
export const shapeOfSchema = (schemas: Schemas, name: string): Shape => shapeOfType(schemas, name);

function shapeOfType(schemas: Schemas, name: string): Shape {
  const schema = schemas.get(name);
  const type = typeName(name);
  if (schema?.properties === undefined) return schema === undefined || schema.type === 'object' ? DEDUCED : LEAF;
  if (isAtomicMap(type)) return LEAF;
  const { properties, required = [] } = schema;
  // Made when first asked for: types refer to each other in circles.
  const fields = new Map<string, Field>();
  return {
    as: 'fields',
    field(name) {
      const known = fields.get(name);
      if (known !== undefined) return known;
      if (!Object.hasOwn(properties, name)) return UNKNOWN;
      const shape = shapeOfField(schemas, properties[name] ?? {}, type, name);
      const field = { shape, isNamed: true, isAlwaysThere: required.includes(name) || isHeldByValue(type, name) };
      fields.set(name, field);
      return field;
    },
  };
}

function shapeOfField(schemas: Schemas, schema: Schema, type: string, field: string): Shape {
  if (schema.$ref !== undefined) return shapeOfType(schemas, refName(schema.$ref));
  if (schema.type === 'array') return shapeOfList(schemas, schema.items ?? {}, listTopologyOf(type, field));
  if (schema.type !== 'object') return LEAF;
  if (isAtomicMap(`${type}.${field}`)) return LEAF;
  const values = schema.additionalProperties;
  if (values === undefined) return DEDUCED;
  const each: Field = { shape: shapeOfField(schemas, values, type, ''), isNamed: false, isAlwaysThere: false };
  return { as: 'fields', field: () => each };
}

function shapeOfList(schemas: Schemas, items: Schema, strategy: ListStrategy | undefined): Shape {
  if (strategy === undefined) return LEAF;
  if (strategy.mergeKey === undefined) return SET;
  return {
    as: 'keyed',
    keys: (strategy.mapKeys ?? [strategy.mergeKey]).map(keyField),
    item: items.$ref === undefined ? DEDUCED : shapeOfType(schemas, refName(items.$ref)),
  };
}

export const keyField = (name: string): KeyField =>
  Object.hasOwn(KEY_DEFAULTS, name) ? { name, default: KEY_DEFAULTS[name] } : { name };

export { DEDUCED as deducedShape, LEAF as leafShape, SET as setShape };

export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The path element of a keyed list's item; undefined where the item lacks all its keys. */
export function keyElement(item: unknown, keys: readonly KeyField[]): string | undefined {
  if (!isFields(item)) return undefined;
  const found = keys
    .map(({ name, default: fallback }) => [name, item[name] ?? fallback] as const)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return found.length === 0 ? undefined : `k:${JSON.stringify(Object.fromEntries(found))}`;
}

export const setElement = (value: unknown): string => `v:${JSON.stringify(value)}`;
