import { readFileSync } from 'node:fs';
import path from 'node:path';
import { JsonPathError, evaluateTemplate, select } from '../../shared/json-path';
import type { ApiObject } from '../api-object';
import { UsageError } from '../client/resources';
import { evaluateGoTemplate } from './go-template/evaluate';
import { layoutColumns } from './columns';
import { toKyaml } from './kyaml';
import { toYaml } from './yaml';

export interface Formatting {
  /** `pod/web`: how `-o name` names an object. */
  readonly nameOf: (object: ApiObject) => string;
  readonly template?: string | undefined;
  readonly noHeaders?: boolean;
  readonly showManagedFields?: boolean;
  /** The folder that `-o …-file` is relative to. */
  readonly cwd: string;
}

const FORMATS = [
  'go-template',
  'go-template-file',
  'json',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
  'kyaml',
  'name',
  'template',
  'templatefile',
  'yaml',
];
const OF_LISTS = ['custom-columns', 'custom-columns-file', ...FORMATS, 'wide'];
const NEEDS_TEMPLATE = [
  'go-template',
  'go-template-file',
  'template',
  'templatefile',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
  'custom-columns',
  'custom-columns-file',
];

/** The format that the flags name; a template alone is one of Go's. */
export const outputOf = (output: string | undefined, template: string | undefined): string | undefined =>
  output ?? (template === undefined ? undefined : 'go-template');

/** Splits `jsonpath={.a}` and checks it, before anything is done that could not be shown. Throws UsageError. */
export function parseOutput(
  output: string,
  template: string | undefined,
  shows: 'objects' | 'changes',
): { readonly kind: string; readonly argument: string } {
  const [kind = '', ...rest] = output.split('=');
  const argument = rest.length > 0 ? rest.join('=') : (template ?? '');
  const allowed = shows === 'objects' ? OF_LISTS : FORMATS;
  if (!allowed.includes(kind))
    throw new UsageError(
      `unable to match a printer suitable for the output format "${kind}", allowed formats are: ${allowed.toSorted().join(',')}`,
    );
  if (NEEDS_TEMPLATE.includes(kind) && argument === '')
    throw new UsageError(
      kind === 'custom-columns'
        ? 'custom-columns format specified but no custom columns given: say -o custom-columns=NAME:PATH'
        : `template format specified but no template given: say -o ${kind}=TEMPLATE`,
    );
  return { kind, argument };
}

/** Objects in one of kubectl's output formats. `value`: what they are together. Throws UsageError. */
export function format(
  output: string,
  value: unknown,
  objects: readonly ApiObject[],
  { nameOf, template, noHeaders = false, showManagedFields = false, cwd }: Formatting,
): string {
  const { kind, argument } = parseOutput(output, template, 'objects');
  const shown = showManagedFields ? value : withoutManagedFields(value);
  const fromFile = (): string => readTemplate(path.resolve(cwd, argument));
  switch (kind) {
    case 'json':
      return toJson(shown);
    case 'yaml':
      return toYaml(shown);
    case 'kyaml':
      return toKyaml(shown);
    case 'name':
      return objects.map((object) => `${nameOf(object)}\n`).join('');
    case 'jsonpath':
      return evaluateTemplate(argument, shown);
    case 'go-template':
    case 'template':
      return evaluateGoTemplate(argument, shown);
    case 'go-template-file':
    case 'templatefile':
      return evaluateGoTemplate(fromFile(), shown);
    case 'jsonpath-file':
      return evaluateTemplate(fromFile(), shown);
    case 'jsonpath-as-json':
      return toJson(select(argument.replace(/^\{|\}$/g, ''), shown));
    case 'custom-columns':
      return columnsText(
        argument.split(',').map((column) => {
          const [head = '', where = ''] = column.split(/:(.*)/s);
          return { head, where };
        }),
        objects,
        noHeaders,
      );
    case 'custom-columns-file': {
      const [heads = '', paths = ''] = fromFile().split('\n');
      const where = paths.trim().split(/\s+/);
      const columns = heads
        .trim()
        .split(/\s+/)
        .map((head, index) => ({ head, where: where[index] ?? '' }));
      return columnsText(columns, objects, noHeaders);
    }
    default:
      throw new UsageError(`-o ${output} is not for this`);
  }
}

function columnsText(
  columns: readonly { readonly head: string; readonly where: string }[],
  objects: readonly ApiObject[],
  noHeaders: boolean,
): string {
  const broken = columns.find(({ where }) => where === '');
  if (broken !== undefined)
    throw new UsageError(
      `unexpected custom-columns spec: ${broken.head}, expected <header>:<json-path-expr>, such as NAME:.metadata.name`,
    );
  const rows = objects.map((object) =>
    columns.map(({ where }) => {
      const found = select(where.replace(/^\{|\}$/g, ''), object);
      return found.length === 0
        ? '<none>'
        : found.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))).join(',');
    }),
  );
  return layoutColumns(noHeaders ? rows : [columns.map(({ head }) => head), ...rows]);
}

function readTemplate(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new JsonPathError(`error reading --template ${file}: ${error instanceof Error ? error.message : ''}`);
  }
}

/** JSON as kubectl prints it: keys in order, and no character that HTML knows. */
export const toJson = (value: unknown): string => `${escapeHtml(JSON.stringify(ordered(value), null, 4))}\n`;

export const escapeHtml = (json: string): string =>
  json.replace(/[<>&\u2028\u2029]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return (value as unknown[]).map(ordered);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, ordered(inner)]),
  );
}

export function withoutManagedFields(value: unknown): unknown {
  const object = value as ApiObject & { readonly items?: unknown };
  const items = Array.isArray(object.items) ? { items: (object.items as unknown[]).map(withoutManagedFields) } : {};
  if (object.metadata?.managedFields === undefined) return { ...object, ...items };
  const { managedFields: _dropped, ...metadata } = object.metadata;
  return { ...object, metadata, ...items };
}
