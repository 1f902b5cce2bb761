import type { JsonSchema } from '../custom-resources/json-schema';
import { isFields } from '../custom-resources/json-schema';
import { asTold } from './list-types';

/**
 * JSON as CEL sees it: whole numbers are ints, which the library has as BigInt, and all others doubles. Where a schema
 * says `number`, whole ones are doubles too, and texts of the formats date, date-time and byte are times and bytes; fields whose names are no identifiers get the names that Kubernetes gives
 * them (`a-b` is `a__dash__b`).
 */
export function toCel(value: unknown, schema?: JsonSchema): unknown {
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && schema?.type !== 'number' ? BigInt(value) : value;
  if (typeof value === 'string') return schema?.format === undefined ? value : ofFormat(value, schema.format);
  if (Array.isArray(value)) return listToCel(value, schema);
  if (!isFields(value)) return value;
  const { properties = {}, additionalProperties } = schema ?? {};
  const more = typeof additionalProperties === 'object' ? additionalProperties : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, child]) => {
      const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
      return [known === undefined ? name : escapedName(name), toCel(child, known ?? more)];
    }),
  );
}

function listToCel(list: readonly unknown[], schema: JsonSchema | undefined): unknown[] {
  const items = list.map((item) => toCel(item, schema?.items));
  switch (schema?.['x-kubernetes-list-type']) {
    case 'set':
      return asTold(items);
    case 'map':
      return asTold(items, (schema['x-kubernetes-list-map-keys'] ?? []).map(escapedName));
    default:
      return items;
  }
}

/** Texts of some formats are values of their own (k8s.io/apiserver/pkg/cel/common: UnstructuredToVal). */
function ofFormat(text: string, format: string): unknown {
  switch (format) {
    case 'date':
    case 'date-time': {
      const time = new Date(text);
      return Number.isNaN(time.getTime()) ? text : time;
    }
    case 'byte':
      return new Uint8Array(Buffer.from(text, 'base64'));
    default:
      return text;
  }
}

/** Words that CEL keeps for itself. */
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
);

const SIGNS: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
};

/** k8s.io/apiserver/pkg/cel: Escape */
export const escapedName = (name: string): string =>
  RESERVED.has(name) ? `__${name}__` : name.replace(/__|[./-]/g, (sign) => SIGNS[sign] ?? sign);
