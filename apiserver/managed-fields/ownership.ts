/**
 * Who owns which field of an object, as server-side apply defines it
 * (https://kubernetes.io/docs/reference/using-api/server-side-apply/, sigs.k8s.io/structured-merge-diff).
 */
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { StatusCause } from '../../shared/status-error';
import { badRequest, StatusError } from '../../shared/status-error';
import { compare, fieldSetOf } from './compare';
import { encodeNew } from './encode-new';
import { fieldsKeptOf, keepLastApplied } from './last-applied';
import { FieldSet, pathText } from './field-set';
import type { ManagedFieldsEntry, Manager } from './managers';
import { byText, decodeManagers, encodeManagers, isSameManager } from './managers';
import { merge } from './merge';
import { prune } from './prune';
import type { Shape } from './shape';
import { isFields } from './shape';

/** Who writes, how and when. */
export interface Writer {
  readonly name: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  /** RFC 3339. */
  readonly time: string;
}

const MAX_MANAGER_LENGTH = 128;
/** Whoever set an object's fields before its first apply, when nobody was recorded. */
const BEFORE_FIRST_APPLY = 'before-first-apply';

const SERVER_META = new Set([
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'generation',
  'managedFields',
  'resourceVersion',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
]);

/** The server's own fields, and those that name the object, belong to nobody. */
const SERVER_FIELDS = FieldSet.of(
  false,
  new Map([
    ['f:apiVersion', FieldSet.member],
    ['f:kind', FieldSet.member],
    ['f:metadata', FieldSet.of(true, new Map([...SERVER_META].map((field) => [`f:${field}`, FieldSet.member])))],
  ]),
);

/** What is compared: managedFields is bookkeeping, not content. */
function contentOf(object: ApiObject): ApiObject {
  const { managedFields: _, ...metadata } = object.metadata ?? {};
  return { ...object, metadata } as ApiObject;
}

/** Main-resource writes do not own status, status writes own nothing else. */
const inScope = (fields: FieldSet, subresource: string | undefined, hasStatus: boolean): FieldSet => {
  const owned = fields.difference(SERVER_FIELDS);
  if (subresource === 'status') return owned.only(['status', 'metadata']);
  return hasStatus ? owned.without(['status']) : owned;
};

/** The entries after `writer` created the object, or replaced `before` by it. `base`: the entries that stood before. */
export function trackUpdate(options: {
  readonly before: StoredObject | undefined;
  readonly after: ApiObject;
  readonly base: readonly ManagedFieldsEntry[];
  readonly writer: Writer;
  readonly shape: Shape;
  readonly hasStatus: boolean;
}): readonly ManagedFieldsEntry[] {
  const { before, after, base, writer, shape, hasStatus } = options;
  if (before === undefined) return newEntry(after, writer, shape, hasStatus);
  const { added, modified, removed } = compare(contentOf(before), contentOf(after), shape);
  const taken = inScope(added.union(modified), writer.subresource, hasStatus);
  const changed = taken.union(removed);
  if (changed.isEmpty) return base;
  const identity = identityOf(writer, 'Update');
  const managers = decodeManagers(base);
  const left = managers.map((manager) => without(manager, changed));
  // Who only removes has taken nothing: the entry keeps its time.
  if (taken.isEmpty) return encodeManagers(left);
  const own = left.find((manager) => isSameManager(manager, identity))?.fields ?? FieldSet.empty;
  const others = left.filter((manager) => !isSameManager(manager, identity));
  return encodeManagers([...others, { ...identity, time: writer.time, fields: own.union(taken) }]);
}

function newEntry(
  object: ApiObject,
  { name, apiVersion, time }: Writer,
  shape: Shape,
  hasStatus: boolean,
): readonly ManagedFieldsEntry[] {
  const fieldsV1 = encodeNew(object, shape, (field, below) =>
    below === undefined
      ? field === 'apiVersion' || field === 'kind' || (field === 'status' && hasStatus)
      : SERVER_META.has(below),
  );
  if (Object.keys(fieldsV1).length === 0) return [];
  return [{ manager: name, operation: 'Update', apiVersion, time, fieldsType: 'FieldsV1', fieldsV1 }];
}

/** What an apply makes of the live object: the object, before defaults and admission, and who owns it. */
export interface Applied {
  readonly object: ApiObject;
  readonly managedFields: readonly ManagedFieldsEntry[];
}

/** Throws Conflict where fields of others would change, unless forced; BadRequest for a configuration that cannot be applied. */
export function applyConfiguration(options: {
  /** undefined: it is created. */
  readonly live: StoredObject | undefined;
  readonly applied: ApiObject;
  readonly writer: Writer;
  readonly force: boolean;
  readonly shape: Shape;
  readonly hasStatus: boolean;
}): Applied {
  const { live, applied, writer, force, shape, hasStatus } = options;
  if ((applied.metadata?.managedFields ?? []).length > 0) throw badRequest('metadata.managedFields must be nil');
  const identity = identityOf(writer, 'Apply');
  const managers = live === undefined ? [] : liveManagers(live, shape, hasStatus);
  const others = managers.filter((manager) => !isSameManager(manager, identity));
  const previous = managers.find((manager) => isSameManager(manager, identity));

  const fields = inScope(fieldSetOf(applied, shape), writer.subresource, hasStatus);
  const liveContent = contentOf(live ?? {});
  const ownedByOthers = others.reduce((all, other) => all.union(other.fields), FieldSet.empty);
  const merged = merge(liveContent, applied, shape);
  const managed = ownedByOthers.union(fields).union(SERVER_FIELDS);
  const object = prune(merged, shape, previous?.fields ?? FieldSet.empty, managed);

  const { added, modified, removed } = compare(liveContent, object, shape);
  const taken = inScope(added.union(modified), writer.subresource, hasStatus);
  const kept = fieldsKeptOf(liveContent, { manager: writer.name, apiVersion: writer.apiVersion, shape });
  const conflicts = others
    .map((manager) => ({ manager, fields: manager.fields.intersection(taken).difference(kept) }))
    .filter((conflict) => !conflict.fields.isEmpty)
    .sort((a, b) => byText(a.manager.name, b.manager.name) || byText(a.manager.operation, b.manager.operation));
  if (conflicts.length > 0 && !force) throw conflictError(conflicts);

  // Taking note of more or less of what stands already is no news.
  const time = taken.isEmpty && removed.isEmpty ? (previous?.time ?? writer.time) : writer.time;
  const made = (isFields(object) ? object : {}) as ApiObject;
  keepLastApplied(made, applied, writer.name);
  return {
    object: made,
    managedFields: encodeManagers([
      ...others.map((manager) => without(manager, taken.union(removed))),
      { ...identity, time, fields },
    ]),
  };
}

/** The entries that a client sent, where it sent some to replace the live ones; `[{}]` clears them. */
export function baseEntries(
  sent: readonly ManagedFieldsEntry[] | undefined,
  live: readonly ManagedFieldsEntry[] | undefined,
): readonly ManagedFieldsEntry[] {
  if (sent === undefined || isSameJson(sent, live)) return live ?? [];
  const [first] = sent;
  if (sent.length === 1 && first !== undefined && Object.keys(first).length === 0) return [];
  if (sent.length === 0) return live ?? [];
  return encodeManagers(decodeManagers(sent));
}

/** The name of a request's field manager: the parameter, else the first part of the User-Agent. Throws BadRequest. */
export function managerName(fieldManager: string | undefined, userAgent: string | undefined): string {
  const name = fieldManager ?? ((userAgent ?? '').split('/')[0] ?? '').slice(0, MAX_MANAGER_LENGTH);
  return name === '' ? 'unknown' : name;
}

const identityOf = (
  { name, apiVersion, subresource }: Writer,
  operation: Manager['operation'],
): Omit<Manager, 'fields'> => ({
  name,
  operation,
  apiVersion,
  ...(subresource === undefined ? {} : { subresource }),
});

const without = (manager: Manager, lost: FieldSet): Manager => ({
  ...manager,
  fields: manager.fields.difference(lost),
});

function liveManagers(live: StoredObject, shape: Shape, hasStatus: boolean): readonly Manager[] {
  const entries = live.metadata.managedFields ?? [];
  if (entries.length > 0) return decodeManagers(entries);
  const writer = { name: BEFORE_FIRST_APPLY, apiVersion: live.apiVersion, time: live.metadata.creationTimestamp };
  return decodeManagers(newEntry(live, writer, shape, hasStatus));
}

interface FoundConflict {
  readonly manager: Manager;
  readonly fields: FieldSet;
}

/** In the words of k8s.io/apimachinery/pkg/util/managedfields (conflict.go). */
function conflictError(conflicts: readonly FoundConflict[]): StatusError {
  const causes: StatusCause[] = conflicts.flatMap(({ manager, fields }) =>
    [...fields.paths()].map((path) => ({
      reason: 'FieldManagerConflict',
      message: `conflict with ${describe(manager)}`,
      field: pathText(path),
    })),
  );
  const [only] = causes;
  const message =
    causes.length === 1 && only !== undefined
      ? `Apply failed with 1 conflict: ${only.message}: ${only.field ?? ''}`
      : `Apply failed with ${causes.length} conflicts: ${conflicts
          .map(
            ({ manager, fields }) =>
              `conflicts with ${describe(manager)}:\n${[...fields.paths()].map((path) => `- ${pathText(path)}`).join('\n')}`,
          )
          .join('\n')}`;
  return new StatusError('Conflict', message, { causes });
}

function describe({ name, operation, apiVersion, subresource }: Manager): string {
  const who = `${JSON.stringify(name)}${subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  if (operation === 'Apply') return who;
  return `${who} using ${apiVersion}`;
}
