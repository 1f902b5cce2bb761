import type { JsonSchema } from './json-schema';

/** `.name` or `['any name']`; a list's items and a map's values are named by `['key']` too. */
const STEP = /^(?:\.([A-Za-z_]\w*)|\['((?:[^'\\]|\\.)*)'\])/;

/** The schema of the place that a path like `.spec.labels['a.b']` names, or why it names none (apiextensions: ValidFieldPath). */
export function schemaAt(path: string, schema: JsonSchema): JsonSchema | string {
  let [rest, at] = [path, schema];
  if (rest === '') return 'must not be empty';
  while (rest !== '') {
    const [step, plain, quoted = ''] = STEP.exec(rest) ?? [];
    if (step === undefined) return `unexpected ${JSON.stringify(rest)}: expected .name or ['name']`;
    const name = plain ?? quoted.replaceAll(/\\(.)/g, '$1');
    const { properties = {}, additionalProperties } = at;
    const below = Object.hasOwn(properties, name) ? properties[name] : undefined;
    const values = typeof additionalProperties === 'object' && plain === undefined ? additionalProperties : undefined;
    const next = below ?? values;
    if (next === undefined) return `does not refer to a valid field: ${name}`;
    at = next;
    rest = rest.slice(step.length);
  }
  return at;
}
