import type { StoredObject } from '../api-object';
import { headText } from './head-text';

/** Fields that the head has told already. */
const TOLD = ['name', 'namespace', 'labels', 'annotations', 'managedFields'];

/** Any object field by field, the names of fields as words, as kubectl describes kinds that it does not know. */
export function genericText(object: StoredObject): string {
  const { metadata } = object;
  const rest = Object.fromEntries(Object.entries(metadata).filter(([field]) => !TOLD.includes(field)));
  const fields = { ...object, metadata: rest };
  const told = metadata.namespace === undefined ? `Name:\t${metadata.name}\nNamespace:\t\n` : undefined;
  const head = headText(metadata);
  return `${told === undefined ? head : head.replace(`Name:\t${metadata.name}\n`, told)}${fieldsText(fields, 0)}`;
}

function fieldsText(object: object, level: number): string {
  return Object.entries(object)
    .map(([field, value]) => [labelOf(field), value as unknown] as const)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, value]) => fieldText(label, value, level))
    .join('');
}

const pad = (level: number): string => '  '.repeat(level);

function fieldText(label: string, value: unknown, level: number): string {
  if (Array.isArray(value))
    return `${pad(level)}${label}:\n${value.map((item: unknown) => itemText(item, level + 1)).join('')}`;
  if (typeof value === 'object' && value !== null) return `${pad(level)}${label}:\n${fieldsText(value, level + 1)}`;
  return `${pad(level)}${label}:\t${value === null ? '<nil>' : String(value as string | number | boolean)}\n`;
}

const itemText = (item: unknown, level: number): string =>
  typeof item === 'object' && item !== null
    ? fieldsText(item, level)
    : `${pad(level)}${String(item as string | number)}\n`;

const KNOWN_WORDS: Readonly<Record<string, string>> = {
  apiVersion: 'API Version',
  uid: 'UID',
  openAPIV3Schema: 'openAPIV3Schema',
};

/** `creationTimestamp` as `Creation Timestamp`; abbreviations stay together. */
function labelOf(field: string): string {
  const known = Object.hasOwn(KNOWN_WORDS, field) ? KNOWN_WORDS[field] : undefined;
  if (known !== undefined) return known;
  const words = field.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^A-Za-z\d]+/g) ?? [field];
  return words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(' ');
}
