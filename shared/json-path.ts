/**
 * kubectl's JSONPath templates: text with `{…}` expressions: fields, `['x']`, indices and slices, `*`, `..`,
 * filters `?(@.a=="b")`, literals, and `{range …}…{end}`. Throws JsonPathError.
 */
export class JsonPathError extends Error {
  override readonly name = 'JsonPathError';
}

type Part =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'path'; readonly path: string }
  | { readonly type: 'range'; readonly path: string; readonly body: readonly Part[] };

export function evaluateTemplate(template: string, value: unknown): string {
  const source = template.includes('{')
    ? template
    : `{${template.startsWith('.') || template.startsWith('$') ? '' : '.'}${template}}`;
  const { parts } = parseParts(tokenize(source), 0, false);
  return render(parts, value, value);
}

function tokenize(template: string): readonly string[] {
  return template.split(/(\{(?:[^{}'"]|'[^']*'|"[^"]*")*\})/).filter((token) => token !== '');
}

function parseParts(
  tokens: readonly string[],
  start: number,
  inRange: boolean,
): { readonly parts: readonly Part[]; readonly next: number } {
  const parts: Part[] = [];
  for (let index = start; index < tokens.length; index++) {
    const token = tokens[index] ?? '';
    if (!/^\{.*\}$/s.test(token)) {
      if (token.includes('{')) throw new JsonPathError(`error parsing jsonpath ${tokens.join('')}, unclosed action`);
      parts.push({ type: 'text', text: token });
      continue;
    }
    const inner = token.slice(1, -1).trim();
    if (inner === 'end') {
      if (!inRange) throw new JsonPathError('{end} without {range}');
      return { parts, next: index };
    }
    if (inner.startsWith('range ')) {
      const { parts: body, next } = parseParts(tokens, index + 1, true);
      parts.push({ type: 'range', path: inner.slice('range '.length).trim(), body });
      index = next;
    } else if (/^(".*"|'.*')$/s.test(inner)) {
      parts.push({ type: 'text', text: inner.slice(1, -1).replaceAll('\\n', '\n').replaceAll('\\t', '\t') });
    } else parts.push({ type: 'path', path: inner });
  }
  if (inRange) throw new JsonPathError('{range} without {end}');
  return { parts, next: tokens.length };
}

function render(parts: readonly Part[], current: unknown, root: unknown): string {
  return parts
    .map((part) => {
      switch (part.type) {
        case 'text':
          return part.text.replaceAll('\\n', '\n').replaceAll('\\t', '\t');
        case 'path':
          return select(part.path, current, root).map(show).join(' ');
        case 'range':
          return select(part.path, current, root)
            .map((each) => render(part.body, each, root))
            .join('');
      }
    })
    .join('');
}

const show = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null, inOrder));

/** Go prints the keys of a map in order. */
const inOrder = (_key: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;

const STEP =
  /^(?:\.\.|\.?\*|\.([^.[\]*]+)|\[\s*'((?:[^'])*)'\s*\]|\[\s*"((?:[^"])*)"\s*\]|\[\s*\*\s*\]|\[\s*(-?\d*):(-?\d*)\s*\]|\[\s*(-?\d+)\s*\]|\[\?\((.*?)\)\])/;

/** `[0,2]`, `['a','b']`: several steps at once. */
const UNION = /^\[((?:\s*(?:-?\d+|'[^']*')\s*,)+\s*(?:-?\d+|'[^']*')\s*)\]/;

/** All values that a path leads to. */
export function select(path: string, current: unknown, root: unknown = current): readonly unknown[] {
  let rest = path.trim();
  let values: unknown[] = [current];
  if (rest.startsWith('$')) {
    values = [root];
    rest = rest.slice(1);
  } else if (rest.startsWith('@')) rest = rest.slice(1);
  if (rest !== '' && !/^[.[]/.test(rest)) rest = `.${rest}`;
  if (rest === '.') return values;
  // kubectl escapes dots inside a name with a backslash.
  rest = rest.replaceAll('\\.', '\0');
  while (rest !== '') {
    const union = UNION.exec(rest);
    if (union !== null) {
      const [step, inner = ''] = union;
      const steps = inner.split(',').map((each) => `[${each.trim()}]`);
      rest = rest.slice(step.length);
      const before = values;
      values = steps.flatMap((each) => before.flatMap((value) => select(each.replaceAll('\0', '\\.'), value, root)));
      continue;
    }
    const match = STEP.exec(rest);
    if (match === null)
      throw new JsonPathError(`cannot read "${rest.replaceAll('\0', '\\.')}" in the JSONPath "${path}"`);
    const [step, plain, single, double, from, to, index, filter] = match;
    rest = rest.slice(step.length);
    const name = (plain ?? single ?? double)?.replaceAll('\0', '.');
    if (step === '..') {
      values = values.flatMap(descend);
      if (!/^[.[]/.test(rest) && rest !== '') rest = `.${rest}`;
    } else if (name !== undefined) values = values.flatMap((value) => fieldOf(value, name));
    else if (index !== undefined)
      values = values.flatMap((value) =>
        Array.isArray(value) ? (value as unknown[]).slice(Number(index)).slice(0, 1) : [],
      );
    else if (filter !== undefined)
      values = values.flatMap((value) =>
        children(value).filter((each) => passes(filter.replaceAll('\0', '\\.'), each, root)),
      );
    else if (from !== undefined || to !== undefined) {
      values = values.flatMap((value) =>
        Array.isArray(value)
          ? (value as unknown[]).slice(from === '' ? 0 : Number(from), to === '' ? undefined : Number(to))
          : [],
      );
    } else values = values.flatMap(children);
  }
  return values;
}

const children = (value: unknown): unknown[] =>
  Array.isArray(value) ? (value as unknown[]) : typeof value === 'object' && value !== null ? Object.values(value) : [];

const descend = (value: unknown): unknown[] => [value, ...children(value).flatMap(descend)];

function fieldOf(value: unknown, name: string): unknown[] {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return [];
  const found: unknown = Reflect.get(value, name);
  return found === undefined ? [] : [found];
}

function passes(filter: string, value: unknown, root: unknown): boolean {
  const outside = filter.replace(/'[^']*'|"[^"]*"/g, '');
  // Half of such a filter would find too much in silence.
  const connective = /&&|\|\||=~/.exec(outside)?.[0];
  if (connective !== undefined)
    throw new JsonPathError(`the filter ${filter} holds ${connective}, which JSONPath here has not`);
  const match = /^(.*?)\s*(==|!=|>=|<=|>|<)\s*(.*)$/s.exec(filter.trim());
  if (match === null) return select(filter, value, root).length > 0;
  const [, left = '', operator = '', right = ''] = match;
  const [a] = operand(left, value, root);
  const [b] = operand(right, value, root);
  switch (operator) {
    case '==':
      return a === b;
    case '!=':
      return a !== b;
    case '>':
      return Number(a) > Number(b);
    case '<':
      return Number(a) < Number(b);
    case '>=':
      return Number(a) >= Number(b);
    default:
      return Number(a) <= Number(b);
  }
}

function operand(source: string, value: unknown, root: unknown): readonly unknown[] {
  const text = source.trim();
  if (/^(".*"|'.*')$/s.test(text)) return [text.slice(1, -1)];
  if (/^-?\d+(\.\d+)?$/.test(text)) return [Number(text)];
  if (text === 'true' || text === 'false') return [text === 'true'];
  return select(text, value, root);
}
