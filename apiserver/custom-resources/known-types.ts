import type { KnownTypes } from '../cel/expression';
import { escapedName } from '../cel/values';
import type { JsonSchema } from './json-schema';
import { isIntOrString, preservesUnknown } from './json-schema';

const ANY = 'dyn';
/** What rules see of an object's own head, whatever its schema says. */
const HEAD: Readonly<Record<string, JsonSchema>> = {
  apiVersion: { type: 'string' },
  kind: { type: 'string' },
  metadata: { type: 'object', properties: { name: { type: 'string' }, generateName: { type: 'string' } } },
};

/** What the fields of a value of this schema are called, at all levels: for variables of these names. */
export function knownTypes(schema: JsonSchema, variables: readonly string[], isRoot: boolean): KnownTypes {
  const types: Record<string, Record<string, string>> = {};
  const add = ({ properties = {}, ...rest }: JsonSchema, hasHead: boolean): string => {
    if (rest.type === 'array') return rest.items === undefined ? ANY : `list<${add(rest.items, false)}>`;
    if (rest.type !== 'object' || preservesUnknown(rest) || isIntOrString(rest)) return ANY;
    if (typeof rest.additionalProperties === 'object') return `map<string, ${add(rest.additionalProperties, false)}>`;
    const isObject = hasHead || rest['x-kubernetes-embedded-resource'] === true;
    const fields = isObject ? { ...properties, ...HEAD } : properties;
    const own = Object.fromEntries(
      Object.entries(fields).map(([field, child]) => [escapedName(field), add(child, false)]),
    );
    // Behind the types of its fields, which must be known before it.
    const name = `schema.Type${Object.keys(types).length}`;
    types[name] = own;
    return name;
  };
  const type = add(schema, isRoot);
  return { types, variables: Object.fromEntries(variables.map((name) => [name, type])) };
}
