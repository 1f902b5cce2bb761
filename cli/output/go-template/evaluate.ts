import { UsageError } from '../../client/resources';
import type { Node, Pipeline, Term } from './parse';
import { parseTemplate } from './parse';

/** What is in sight at a place of a template: the dot, and variables, `$` among them under the empty name. */
interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, unknown>;
}

/** A Go template of a value, as kubectl's -o go-template prints it. Throws UsageError. */
export function evaluateGoTemplate(template: string, value: unknown): string {
  try {
    return render(parseTemplate(template), { dot: value, variables: new Map([['', value]]) });
  } catch (error) {
    throw error instanceof LoopExit ? new UsageError(`error parsing template: ${error.message}`) : error;
  }
}

const failed = (message: string): UsageError => new UsageError(`error executing template: ${message}`);

/** `{{break}}` or `{{continue}}` on its way to its range, with what was printed before it. */
class LoopExit extends Error {
  constructor(
    readonly isBreak: boolean,
    readonly text: string,
  ) {
    super(`{{${isBreak ? 'break' : 'continue'}}} outside {{range}}`);
  }
}

function render(nodes: readonly Node[], scope: Scope): string {
  let text = '';
  for (const node of nodes) {
    try {
      text += renderNode(node, scope);
    } catch (error) {
      throw error instanceof LoopExit ? new LoopExit(error.isBreak, text + error.text) : error;
    }
  }
  return text;
}

function renderNode(node: Node, scope: Scope): string {
  switch (node.type) {
    case 'text':
      return node.text;
    case 'print':
      return printed(evaluate(node.pipeline, scope));
    case 'set':
      scope.variables.set(node.name, evaluate(node.pipeline, scope));
      return '';
    case 'if':
    case 'with': {
      const value = evaluate(node.pipeline, scope);
      const variables = new Map(scope.variables);
      const [name] = node.names;
      if (name !== undefined) variables.set(name, value);
      const inner = { dot: node.type === 'with' ? value : scope.dot, variables };
      return isTrue(value) ? render(node.body, inner) : render(node.otherwise, scope);
    }
    case 'range':
      return renderRange(node, scope);
  }
}

function renderRange(node: Node & { readonly type: 'if' | 'with' | 'range' }, scope: Scope): string {
  const value = evaluate(node.pipeline, scope);
  const entries: readonly (readonly [unknown, unknown])[] = Array.isArray(value)
    ? (value as unknown[]).map((item, index) => [index, item] as const)
    : isMap(value)
      ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
      : [];
  if (!Array.isArray(value) && !isMap(value) && value !== null && value !== undefined)
    throw failed(`range can't iterate over ${printed(value)}`);
  if (entries.length === 0) return render(node.otherwise, scope);
  const [first, second] = node.names;
  let text = '';
  for (const [key, item] of entries) {
    const variables = new Map(scope.variables);
    if (first !== undefined) variables.set(first, second === undefined ? item : key);
    if (second !== undefined) variables.set(second, item);
    try {
      text += render(node.body, { dot: item, variables });
    } catch (error) {
      if (!(error instanceof LoopExit)) throw error;
      text += error.text;
      if (error.isBreak) break;
    }
  }
  return text;
}

function evaluate(pipeline: Pipeline, scope: Scope): unknown {
  return pipeline.reduce<{ readonly value: unknown; readonly isPiped: boolean }>(
    ({ value, isPiped }, term) => ({ value: evaluateTerm(term, scope, isPiped ? [value] : []), isPiped: true }),
    { value: undefined, isPiped: false },
  ).value;
}

function evaluateTerm(term: Term, scope: Scope, piped: readonly unknown[]): unknown {
  switch (term.type) {
    case 'literal':
      return term.value;
    case 'path': {
      const { from } = term;
      if (typeof from === 'string' && !scope.variables.has(from)) throw failed(`undefined variable "$${from}"`);
      const start =
        from === undefined ? scope.dot : typeof from === 'string' ? scope.variables.get(from) : evaluate(from, scope);
      return term.fields.reduce((at, field) => fieldOf(at, field), start);
    }
    case 'call':
      return call(term.name, [...term.args.map((arg) => evaluateTerm(arg, scope, [])), ...piped]);
  }
}

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function fieldOf(value: unknown, field: string): unknown {
  if (value === undefined || value === null) return undefined;
  if (!isMap(value)) throw failed(`can't evaluate field ${field} in ${printed(value)}`);
  return Object.hasOwn(value, field) ? value[field] : undefined;
}

function isTrue(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  return isMap(value) ? Object.keys(value).length > 0 : Boolean(value);
}

/** What keys and indices lead to. */
const at = (value: unknown, keys: readonly unknown[]): unknown =>
  keys.reduce((of, key) => (Array.isArray(of) ? (of as unknown[])[Number(key)] : fieldOf(of, String(key))), value);

function call(name: string, args: readonly unknown[]): unknown {
  const [first, ...rest] = args;
  const compare = (test: (a: number | string, b: number | string) => boolean): boolean =>
    test(first as number | string, rest[0] as number | string);
  switch (name) {
    case 'and':
      return args.find((arg) => !isTrue(arg)) ?? args.at(-1);
    case 'or':
      return args.find(isTrue) ?? args.at(-1);
    case 'not':
      return !isTrue(first);
    case 'eq':
      return rest.some((each) => each === first);
    case 'ne':
      return first !== rest[0];
    case 'lt':
      return compare((a, b) => a < b);
    case 'le':
      return compare((a, b) => a <= b);
    case 'gt':
      return compare((a, b) => a > b);
    case 'ge':
      return compare((a, b) => a >= b);
    case 'len':
      return Array.isArray(first) || typeof first === 'string' ? first.length : Object.keys(first ?? {}).length;
    case 'index':
      return at(first, rest);
    case 'exists':
      return at(first, rest) !== undefined;
    case 'base64decode':
      return decoded(String(first));
    case 'break':
    case 'continue':
      throw new LoopExit(name === 'break', '');
    case 'print':
      return args.map(printed).join('');
    case 'println':
      return `${args.map(printed).join(' ')}\n`;
    case 'printf':
      return formatted(String(first), rest);
    case 'urlquery':
      return encodeURIComponent(printed(first));
    default:
      throw failed(`function "${name}" not defined`);
  }
}

function decoded(text: string): string {
  const bytes = Buffer.from(text, 'base64');
  // Node reads what it can of what is none.
  if (bytes.toString('base64') !== text.replace(/[\r\n]/g, ''))
    throw failed(`error calling base64decode: "${text}" is no base64`);
  return bytes.toString('utf8');
}

function formatted(format: string, args: readonly unknown[]): string {
  let next = 0;
  return format.replace(
    /%(-?)(\d*)(?:\.(\d+))?([svdqfxtT%])/g,
    (_all, left: string, width: string, precision: string | undefined, verb: string) => {
      if (verb === '%') return '%';
      const value = args[next];
      next += 1;
      const text =
        verb === 'q'
          ? JSON.stringify(printed(value))
          : verb === 'f'
            ? Number(value).toFixed(Number(precision ?? 6))
            : verb === 'x'
              ? Number(value).toString(16)
              : printed(value);
      return left === '-' ? text.padEnd(Number(width)) : text.padStart(Number(width));
    },
  );
}

/** As Go's fmt prints it. */
function printed(value: unknown): string {
  if (value === undefined || value === null) return '<no value>';
  if (Array.isArray(value)) return `[${(value as unknown[]).map(inner).join(' ')}]`;
  if (isMap(value))
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, each]) => `${key}:${inner(each)}`)
      .join(' ')}]`;
  return String(value as string | number | boolean);
}

const inner = (value: unknown): string => (value === null ? '<nil>' : printed(value));
