import type { StoredObject } from '../../shared/api/objects';
import { humanDuration } from '../../shared/human-duration';
import type { Column } from './kind';

const NAME_DESCRIPTION =
  'Name must be unique within a namespace. Is required when creating resources, although some resources may allow a client to request the generation of an appropriate name automatically. Name is primarily intended for creation idempotence and configuration definition. Cannot be updated. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/names#names';
const AGE_DESCRIPTION =
  'CreationTimestamp is a timestamp representing the server time when this object was created. It is not guaranteed to be set in happens-before order across separate operations. Clients may not set this value. It is represented in RFC3339 form and is in UTC.';

/** How long ago, `<unknown>` where nobody knows. */
export const ago = (timestamp: string | undefined, nowMs: number): string =>
  timestamp === undefined ? '<unknown>' : humanDuration(nowMs - Date.parse(timestamp));

/** What a column shows beside its cell: its type, string unless said otherwise, and whether only `-o wide` shows it. */
interface ColumnText {
  readonly type?: Column['type'];
  readonly format?: string;
  readonly description?: string;
  readonly wide?: true;
}

export const column = (name: string, cell: Column['cell'], text: ColumnText = {}): Column => ({
  name,
  type: text.type ?? 'string',
  ...(text.format === undefined ? {} : { format: text.format }),
  description: text.description ?? name,
  priority: text.wide === true ? 1 : 0,
  cell,
});

export const nameColumn: Column = column('Name', ({ metadata }) => metadata.name, {
  format: 'name',
  description: NAME_DESCRIPTION,
});

/** When it came to be: what kinds show that have no columns of their own. */
export const createdColumn: Column = column('Created At', ({ metadata }) => metadata.creationTimestamp, {
  type: 'date',
  description: AGE_DESCRIPTION,
});

export const ageColumn: Column = column('Age', ({ metadata }, nowMs) => ago(metadata.creationTimestamp, nowMs), {
  description: AGE_DESCRIPTION,
});

/** The number of keys below these fields. */
export const countOf = (object: StoredObject, ...fields: readonly string[]): number =>
  fields.reduce((sum, field) => sum + Object.keys((object[field] as object | undefined) ?? {}).length, 0);

/** As `app=web,tier=front`, by name. */
export const labelsText = (labels: Readonly<Record<string, string>> | undefined): string =>
  Object.entries(labels ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || '<none>';

const SHOWN = 3;

/** The first three of a list, and how many more there are. */
export const shortList = (texts: readonly string[]): string =>
  texts.length > SHOWN ? `${texts.slice(0, SHOWN).join(',')} + ${texts.length - SHOWN} more...` : texts.join(',');

/** Where a load balancer is met: each address or name once, in order. */
export const balancersText = (
  ingress: readonly { readonly ip?: string; readonly hostname?: string }[] | undefined,
): string => {
  const names = (ingress ?? []).map(({ ip = '', hostname = '' }) => (ip === '' ? hostname : ip));
  return [...new Set(names.filter((name) => name !== ''))].sort().join(',');
};
