import type { ApiObject } from './api-object';
import { escapeHtml } from './output/format';

export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Lists that are merged item by item, by the field whose value names an item (the published patchMergeKey of each).
 * Every other list is replaced as a whole.
 */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  volumes: ['name'],
  env: ['name'],
  volumeMounts: ['mountPath'],
  volumeDevices: ['devicePath'],
  ports: ['containerPort', 'port'],
  imagePullSecrets: ['name'],
  hostAliases: ['ip'],
  topologySpreadConstraints: ['topologyKey'],
  ownerReferences: ['uid'],
  conditions: ['type'],
};

/** The manifest as it is remembered in the annotation: without the annotation itself, keys in order. */
export function lastAppliedOf(manifest: ApiObject, { withEmpty = true } = {}): string {
  const { annotations = {}, ...metadata } = manifest.metadata ?? {};
  const { [LAST_APPLIED]: _old, ...others } = annotations;
  const kept = withEmpty || Object.keys(others).length > 0 ? { annotations: others } : {};
  return `${escapeHtml(JSON.stringify(ordered({ ...manifest, metadata: { ...metadata, ...kept } })))}\n`;
}

export function withLastApplied(manifest: ApiObject): ApiObject {
  const annotations = { ...manifest.metadata?.annotations, [LAST_APPLIED]: lastAppliedOf(manifest) };
  return { ...manifest, metadata: { ...manifest.metadata, annotations } };
}

type Style = 'strategic' | 'merge';

/**
 * The strategic merge patch that brings `live` to `wanted`: what `wanted` says and `live` has otherwise, and the removal
 * of what `last` said and `wanted` no longer does. What neither ever said stays as it is. Undefined: nothing to do.
 */
export function threeWayPatch(
  last: Fields,
  wanted: Fields,
  live: Fields,
  /** `merge`: a JSON merge patch instead, in which every list is one value. */
  style: Style = 'strategic',
): Fields | undefined {
  const patch = diff(last, wanted, live, style);
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function diff(last: Fields, wanted: Fields, live: Fields, style: Style): Fields {
  const patch: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(wanted)) {
    if (value === null || value === undefined) continue;
    const change = diffValue(field, [last[field], value, live[field]], style);
    if (change !== undefined) patch[field] = change;
  }
  for (const field of Object.keys(last)) {
    if ((wanted[field] === undefined || wanted[field] === null) && live[field] !== undefined) patch[field] = null;
  }
  return patch;
}

function diffValue(
  field: string,
  [last, wanted, live]: readonly [last: unknown, wanted: unknown, live: unknown],
  style: Style,
): unknown {
  if (isFields(wanted)) {
    if (!isFields(live)) return wanted;
    const inner = diff(isFields(last) ? last : {}, wanted, live, style);
    return Object.keys(inner).length === 0 ? undefined : inner;
  }
  if (Array.isArray(wanted)) {
    const items = wanted as readonly unknown[];
    const key = style === 'merge' ? undefined : mergeKeyOf(field, items);
    if (key !== undefined && Array.isArray(live)) return diffItems(key, asItems(last), asItems(items), asItems(live));
    if (isSame(wanted, live)) return undefined;
    const isShared = style === 'strategic' && key === undefined && Array.isArray(live) && isPorts(field, items);
    return isShared ? replacedPorts(asItems(last), items, asItems(live)) : wanted;
  }
  return isSame(wanted, live) ? undefined : wanted;
}

function diffItems(key: string, last: readonly Fields[], wanted: readonly Fields[], live: readonly Fields[]): unknown {
  const find = (items: readonly Fields[], name: unknown): Fields | undefined =>
    items.find((item) => item[key] === name);
  const changes: Fields[] = [];
  for (const item of wanted) {
    const existing = find(live, item[key]);
    const inner = existing === undefined ? item : diff(find(last, item[key]) ?? {}, item, existing, 'strategic');
    if (Object.keys(inner).length > 0) changes.push({ ...inner, [key]: item[key] });
  }
  for (const item of last) {
    if (find(wanted, item[key]) === undefined && find(live, item[key]) !== undefined)
      changes.push({ $patch: 'delete', [key]: item[key] });
  }
  return changes.length === 0 ? undefined : changes;
}

function mergeKeyOf(field: string, items: readonly unknown[]): string | undefined {
  const keys = Object.hasOwn(MERGE_KEYS, field) ? MERGE_KEYS[field] : undefined;
  return keys?.find((key) => isKeyOf(key, items));
}

/** Whether each item has the field, and each another value of it. */
const isKeyOf = (key: string, items: readonly unknown[]): boolean =>
  items.every((item) => isFields(item) && item[key] !== undefined) &&
  new Set(items.map((item) => (isFields(item) ? item[key] : undefined))).size === items.length;

/** Ports of which some differ by their protocol alone (DNS by TCP and by UDP): the server's merge would mix them up. */
const isPorts = (field: string, items: readonly unknown[]): items is readonly Fields[] =>
  field === 'ports' && items.every(isFields) && new Set(items.map(portId)).size === items.length;

const portId = (item: Fields): string => `${String(item.containerPort ?? item.port)}/${String(item.protocol ?? 'TCP')}`;

/** The whole list, with what the server has added to each; undefined where that is what is there. */
function replacedPorts(last: readonly Fields[], wanted: readonly Fields[], live: readonly Fields[]): unknown {
  const find = (items: readonly Fields[], item: Fields): Fields | undefined =>
    items.find((each) => portId(each) === portId(item));
  const merged = wanted.map((item) => {
    const dropped = Object.keys(find(last, item) ?? {}).filter((name) => item[name] === undefined);
    const kept = Object.entries(find(live, item) ?? {}).filter(([name]) => !dropped.includes(name));
    return { ...Object.fromEntries(kept), ...item };
  });
  return isSame(merged, live) ? undefined : [...merged, { $patch: 'replace' }];
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const asItems = (value: unknown): readonly Fields[] =>
  Array.isArray(value) ? (value as unknown[]).filter(isFields) : [];
const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(ordered(a)) === JSON.stringify(ordered(b));

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(ordered);
  if (!isFields(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, ordered(inner)]),
  );
}
