import { UsageError } from '../client/resources';
import type { Schema, Schemas } from './schema';

const WIDTH = 76;

export interface Explained {
  readonly schema: Schema;
  /** The field that was asked for, unless it is the kind itself. */
  readonly field?: { readonly name: string; readonly required: boolean };
}

/** The field at the end of a path. Throws UsageError. */
export function fieldAt(schemas: Schemas, kind: Schema, path: readonly string[]): Explained {
  return path.reduce<Explained>(
    ({ schema }, name) => {
      const { properties = {}, required = [] } = schemas.element(schema);
      const found = Object.hasOwn(properties, name) ? properties[name] : undefined;
      if (found === undefined) throw new UsageError(`field "${name}" does not exist`);
      return { schema: found, field: { name, required: required.includes(name) } };
    },
    { schema: kind },
  );
}

/** All about a field, in kubectl's layout; `recursive`: the names of all fields below instead of what they are. */
export function explainText(schemas: Schemas, { schema, field }: Explained, recursive: boolean): string {
  const { enum: choices } = schemas.resolve(schema);
  const descriptions = schemas.descriptionsOf(schema);
  const { properties } = schemas.element(schema);
  return [
    field === undefined
      ? ''
      : `FIELD: ${field.name} <${schemas.typeOf(schema)}>${field.required ? ' -required-' : ''}\n`,
    choices === undefined ? '' : `ENUM:\n${choices.map((each) => `    ${String(each)}\n`).join('')}`,
    field === undefined ? '' : '\n\n',
    'DESCRIPTION:\n',
    descriptions.length === 0 ? '    <empty>\n' : descriptions.map((each) => indented(each)).join(''),
    '    \n',
    properties === undefined
      ? ''
      : `FIELDS:\n${recursive ? namesBelow(schemas, schema, 1, []) : fieldsOf(schemas, schema)}`,
    '\n',
  ].join('');
}

const sorted = (properties: Readonly<Record<string, Schema>> = {}): readonly (readonly [string, Schema])[] =>
  Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1));

function fieldsOf(schemas: Schemas, schema: Schema): string {
  const { properties, required = [] } = schemas.element(schema);
  return sorted(properties)
    .map(([name, each]) => {
      const choices = each.enum === undefined ? '' : `  enum: ${each.enum.map(String).join(', ')}\n`;
      const description = each.description ?? '';
      return `${heading(schemas, name, each, required)}\n${choices}${description === '' ? '    <no description>\n' : indented(description)}\n`;
    })
    .join('');
}

const heading = (schemas: Schemas, name: string, schema: Schema, required: readonly string[], level = 1): string =>
  `${'  '.repeat(level)}${name}\t<${schemas.typeOf(schema)}>${required.includes(name) ? ' -required-' : ''}`;

/** `above`: the schemas that this one is within, for some kinds hold themselves. */
function namesBelow(schemas: Schemas, schema: Schema, level: number, above: readonly Schema[]): string {
  const element = schemas.element(schema);
  if (above.includes(element)) return '';
  return sorted(element.properties)
    .map(
      ([name, each]) =>
        `${heading(schemas, name, each, element.required ?? [], level)}\n${namesBelow(schemas, each, level + 1, [...above, element])}`,
    )
    .join('');
}

/** In lines of 76, four blanks before each; blanks within a line stay as they are. */
function indented(description: string): string {
  const lines: string[] = [];
  let line = '';
  for (const [, blanks = '', word = ''] of description.replaceAll('\n', ' ').matchAll(/( *)([^ ]+)/g)) {
    if (line !== '' && line.length + blanks.length + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line += line === '' ? word : `${blanks}${word}`;
  }
  return [...lines, line].map((each) => `    ${each}\n`).join('');
}
