import type { Extent } from '../cel/cost';
import { escapedName } from '../cel/values';
import type { JsonSchema } from './json-schema';

/** The largest request that is taken: what a schema does not bound is bounded by it. */
const MAX_REQUEST_BYTES = 3 * 1024 * 1024;
/** The longest texts of formats that have one, in characters (k8s.io/apiserver/pkg/apis/cel). */
const FORMAT_SIZES: Readonly<Record<string, number>> = { date: 10, 'date-time': 32, duration: 32 };

/** How large a value of a schema may be (k8s.io/apiserver/pkg/cel/common: SchemaDeclType). */
export function extentOf(schema: JsonSchema): Extent {
  const { type, items, properties, additionalProperties } = schema;
  switch (type) {
    case 'array':
      return items === undefined ? {} : { size: schema.maxItems ?? mostOf(items), item: extentOf(items) };
    case 'object': {
      if (typeof additionalProperties === 'object') {
        // A key is two quotation marks at least, and a colon.
        const size = schema.maxProperties ?? Math.floor(MAX_REQUEST_BYTES / (leastBytes(additionalProperties) + 4));
        return { size, item: extentOf(additionalProperties) };
      }
      const known = new Map(Object.entries(properties ?? {}).map(([name, child]) => [escapedName(name), child]));
      return {
        field(name) {
          const child = known.get(name);
          return child === undefined ? undefined : extentOf(child);
        },
      };
    }
    case 'string':
      return { size: textSize(schema) };
    default:
      return {};
  }
}

/** So many of a list's items fit into a request. */
const mostOf = (items: JsonSchema): number => Math.floor((MAX_REQUEST_BYTES - 2) / (leastBytes(items) + 1));

function textSize({ maxLength, enum: values, format = '' }: JsonSchema): number {
  if (maxLength !== undefined) return maxLength;
  if (values !== undefined) return Math.max(...values.map((value) => String(value).length));
  return FORMAT_SIZES[format] ?? MAX_REQUEST_BYTES - 2;
}

/** The shortest JSON of a value. */
function leastBytes(schema: JsonSchema): number {
  const { type, properties = {}, required = [], minItems = 0, minLength = 0, items } = schema;
  switch (type) {
    case 'string':
      return 2 + minLength;
    case 'boolean':
      return 4;
    case 'array':
      return 2 + (items === undefined ? 0 : minItems * (leastBytes(items) + 1));
    case 'object':
      return required.reduce((bytes, name) => {
        const child = properties[name];
        // Its name in quotation marks, a colon and a comma; what has a default may be left out.
        return child === undefined || child.default !== undefined ? bytes : bytes + name.length + 4 + leastBytes(child);
      }, 2);
    default:
      return 1;
  }
}

/** How many values of a list's or map's items there may be at most; 1 for what is neither. */
export function mostItems(schema: JsonSchema): number {
  return extentOf(schema).size ?? 1;
}
