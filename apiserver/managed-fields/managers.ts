import type { StoredObject } from '../../shared/api/objects';
import { FieldSet } from './field-set';
import { decodeFields, encodeFields } from './fields-v1';

/** One entry of metadata.managedFields: who owns which fields, by which sort of request. */
export interface Manager {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource?: string;
  /** When the set last changed; absent where nobody knows. */
  readonly time?: string;
  readonly fields: FieldSet;
}

export type ManagedFieldsEntry = NonNullable<StoredObject['metadata']['managedFields']>[number];

/** As Kubernetes' default: of more updaters the oldest become one. */
const MAX_UPDATERS = 10;
const ANCIENT = 'ancient-changes';

/** Same manager, same entry. An applier is the same whatever version it used. */
export const isSameManager = (a: Omit<Manager, 'fields'>, b: Omit<Manager, 'fields'>): boolean =>
  a.name === b.name &&
  a.operation === b.operation &&
  (a.subresource ?? '') === (b.subresource ?? '') &&
  (a.operation === 'Apply' || a.apiVersion === b.apiVersion);

/** Throws BadRequest for entries that are not FieldsV1. */
export const decodeManagers = (entries: readonly ManagedFieldsEntry[]): readonly Manager[] =>
  entries.map(({ manager = '', operation, apiVersion = '', subresource = '', time, fieldsV1 }) => ({
    name: manager,
    operation: operation === 'Apply' ? 'Apply' : 'Update',
    apiVersion,
    ...(subresource === '' ? {} : { subresource }),
    ...(time === undefined ? {} : { time: String(time) }),
    fields: decodeFields(fieldsV1 ?? {}),
  }));

/** In Kubernetes' order: appliers first, then by time and name. Managers of nothing are left out. */
export function encodeManagers(managers: readonly Manager[]): readonly ManagedFieldsEntry[] {
  return [...capped(managers.filter(({ fields }) => !fields.isEmpty))]
    .sort(
      (a, b) =>
        byText(a.operation, b.operation) ||
        byText(a.time ?? '', b.time ?? '') ||
        byText(a.name, b.name) ||
        byText(a.subresource ?? '', b.subresource ?? ''),
    )
    .map(({ name, operation, apiVersion, subresource, time, fields }) => ({
      manager: name,
      operation,
      apiVersion,
      ...(time === undefined ? {} : { time }),
      fieldsType: 'FieldsV1',
      fieldsV1: encodeFields(fields),
      ...(subresource === undefined ? {} : { subresource }),
    }));
}

export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function capped(managers: readonly Manager[]): readonly Manager[] {
  const updaters = managers.filter(({ operation }) => operation === 'Update');
  if (updaters.length <= MAX_UPDATERS) return managers;
  const oldestFirst = [...updaters].sort((a, b) => byText(a.time ?? '', b.time ?? ''));
  const merged = new Set(oldestFirst.slice(0, updaters.length - MAX_UPDATERS + 1));
  const [first] = merged;
  if (first === undefined) return managers;
  const time = [...merged].at(-1)?.time;
  const ancient: Manager = {
    name: ANCIENT,
    operation: 'Update',
    apiVersion: first.apiVersion,
    ...(time === undefined ? {} : { time }),
    fields: [...merged].reduce((all, { fields }) => all.union(fields), FieldSet.empty),
  };
  return [...managers.filter((manager) => !merged.has(manager)), ancient];
}
