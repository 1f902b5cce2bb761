import { loadSchemas, refName } from '../openapi/schemas';
import type { Schema } from '../openapi/schemas';
import { KINDS } from './kinds';
import { Judge } from './testing/refusals';

const schemas = loadSchemas();
const DEPTH = 9;

let judge: Judge;
beforeAll(async () => (judge = await Judge.start()));
afterAll(() => judge.stop());

const resolved = (schema: Schema): Schema => {
  const ref = schema.$ref ?? schema.allOf?.[0]?.$ref;
  return ref === undefined ? schema : resolved(schemas.get(refName(ref)) ?? {});
};

/** Bodies of which one branch each goes as deep as it can and ends in nothing, an empty item or an empty text. */
function* halves(schema: Schema, depth: number): Generator<unknown> {
  const { type, items, properties, additionalProperties } = resolved(schema);
  if (depth === 0) return;
  if (type === 'string') yield '';
  if (type === 'array' && items !== undefined) {
    yield [];
    for (const item of halves(items, depth - 1)) yield [item];
  }
  if (properties !== undefined) {
    yield {};
    for (const [name, property] of Object.entries(properties))
      for (const value of halves(property, depth - 1)) yield { [name]: value };
  } else if (additionalProperties !== undefined) {
    for (const value of halves(additionalProperties, depth - 1)) yield { '': value };
  }
}

it.each(
  KINDS.filter(({ verbs }) => verbs.includes('create')).map(
    ({ kind, group, version, schema }) => [`${kind} of ${group}/${version}`, schema, kind] as const,
  ),
)('has an answer to every half of a %s', async (_name, schemaName, kind) => {
  const { properties = {} } = schemas.get(schemaName) ?? {};
  const unanswered: string[] = [];
  for (const [field, property] of Object.entries(properties)) {
    if (['apiVersion', 'kind', 'metadata', 'status'].includes(field)) continue;
    for (const value of halves(property, DEPTH)) {
      const body = { [field]: value };
      const causes = await judge.ofNew(kind, body).catch((error: unknown) => [String(error)]);
      if (causes.some((cause) => /an error on the server|TypeError/.test(cause))) unanswered.push(JSON.stringify(body));
    }
  }
  expect(unanswered).toEqual([]);
});
