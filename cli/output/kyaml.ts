import { ESCAPES } from './yaml';

/**
 * KYAML as kubectl 1.34 and later print it (-o kyaml): the part of YAML that cannot be misread, with braces and brackets
 * instead of indentation, texts always in double quotes, commas after every item. Keys are in the order of their bytes.
 */
export const toKyaml = (value: unknown): string => `---\n${emit(value, 0)}\n`;

const pad = (indent: number): string => ' '.repeat(indent);

function emit(value: unknown, indent: number): string {
  if (typeof value === 'string') return emitText(value, indent);
  if (Array.isArray(value)) return emitList(value as unknown[], indent);
  if (typeof value === 'object' && value !== null) return emitMap(value, indent);
  return String((value ?? null) as number | boolean | null);
}

function emitMap(value: object, indent: number): string {
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.length === 0) return '{}';
  const lines = entries
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([key, inner]) => `${pad(indent + 2)}${keyText(key)}: ${emit(inner, indent + 2)},\n`);
  return `{\n${lines.join('')}${pad(indent)}}`;
}

/** Brackets of maps and lists stand beside those of the list that they are all of. */
function emitList(items: readonly unknown[], indent: number): string {
  if (items.length === 0) return '[]';
  const isNested = items.every((item) => typeof item === 'object' && item !== null);
  if (isNested) return `[${items.map((item) => emit(item, indent)).join(', ')}]`;
  return `[\n${items.map((item) => `${pad(indent + 2)}${emit(item, indent + 2)},\n`).join('')}${pad(indent)}]`;
}

const PLAIN_KEY = /^[\p{L}\p{N}_]([-./\p{L}\p{N}_]*[\p{L}\p{N}_])?$/u;
/** What some reader of YAML, of whatever version, takes for something else than text. */
const AMBIGUOUS =
  /^(null|y|n|yes|no|on|off|t|f|true|false|nan|inf|infinity|\d[\d_.]*|\d[\d.]*e\d+|0b[01]+|0o?[0-7]+|0x[\da-f]+|\d{4}-\d\d-\d\d.*)$/i;

const keyText = (key: string): string =>
  PLAIN_KEY.test(key) && !AMBIGUOUS.test(key) && !/^_+\d/.test(key) ? key : `"${escaped(key)}"`;

/** A text of several lines is told line by line, each with its own end in sight. */
function emitText(text: string, indent: number): string {
  if (!text.includes('\n')) return `"${escaped(text)}"`;
  const lines = text.split('\n');
  const last = lines.pop() ?? '';
  const shown = [...lines.map((line) => `${escaped(line)}\\n`), ...(last === '' ? [] : [escaped(last)])];
  // Blanks at the start of a continued line count only behind a backslash.
  const told = shown.map((line) => `${pad(indent + 2)}${/^[ \t]/.test(line) ? '\\' : ' '}${line}\\\n`);
  return `"\\\n${told.join('')}${pad(indent + 2)}"`;
}

const escaped = (text: string): string =>
  [...text].map((char) => (char === '\t' ? char : (ESCAPES[char] ?? char))).join('');
