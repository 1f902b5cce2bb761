/**
 * YAML as kubectl prints it: keys in natural order, lists not indented, long texts folded after column 80, and quotes
 * where kubectl's emitter (gopkg.in/yaml.v2: encode.go, resolve.go, emitterc.go) puts them, so that the texts of both
 * can be compared.
 */
export function toYaml(value: unknown): string {
  const text = emit(value, 0);
  return text.startsWith('\n') ? `${text.slice(1)}\n` : `${text.trimStart()}\n`;
}

const WIDTH = 80;

/** What stands after `key:` or `-`: with a blank before it, or a line break where a block follows. */
function emit(value: unknown, indent: number): string {
  if (Array.isArray(value)) return value.length === 0 ? ' []' : emitItems(value as unknown[], indent);
  if (typeof value === 'object' && value !== null) {
    const entries = entriesOf(value);
    return entries.length === 0 ? ' {}' : entries.map((entry) => `\n${emitEntry(entry, indent)}`).join('');
  }
  if (typeof value === 'string') return emitText(value, indent);
  return ` ${value === null || value === undefined ? 'null' : String(value as number | boolean)}`;
}

const pad = (indent: number): string => ' '.repeat(indent);

const entriesOf = (value: object): readonly (readonly [string, unknown])[] =>
  Object.entries(value)
    .filter(([, inner]) => inner !== undefined)
    .sort(([a], [b]) => compareKeys(a, b));

function emitEntry([key, value]: readonly [string, unknown], indent: number): string {
  const name = `${pad(indent)}${textOnOneLine(key)}:`;
  if (Array.isArray(value)) return `${name}${value.length === 0 ? ' []' : emitItems(value as unknown[], indent)}`;
  if (typeof value === 'string') return `${name}${emitText(value, indent + 2, name.length)}`;
  return `${name}${emit(value, indent + 2)}`;
}

/** A block within an item begins on the line of its dash. */
function emitItems(items: readonly unknown[], indent: number): string {
  return items
    .map((item) => {
      const text = typeof item === 'string' ? emitText(item, indent + 2, indent + 1) : emit(item, indent + 2);
      return `\n${pad(indent)}-${text.startsWith('\n') ? ` ${text.slice(1 + indent + 2)}` : text}`;
    })
    .join('');
}

/** goyaml's keyList: numbers within keys count as numbers, and letters come after all else. */
function compareKeys(a: string, b: string): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const [x = '', y = ''] = [a[i], b[i]];
    if (x === y) continue;
    const [xIsLetter, yIsLetter] = [/\p{L}/u.test(x), /\p{L}/u.test(y)];
    if (xIsLetter && yIsLetter) return x < y ? -1 : 1;
    if (xIsLetter || yIsLetter) return yIsLetter ? -1 : 1;
    const after = (x === '0' || y === '0') && /[1-9]\d*$/.test(a.slice(0, i)) ? '1' : '';
    const [m, n] = [a, b].map((key) => /^\d*/.exec(key.slice(i))?.[0] ?? '');
    const [p, q] = [Number(`${after}${m ?? ''}`), Number(`${after}${n ?? ''}`)];
    if (p !== q) return p - q;
    if (m?.length !== n?.length) return (m?.length ?? 0) - (n?.length ?? 0);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

/** What a reader would take for something else than text. */
const RESOLVES =
  /^(|~|null|Null|NULL|<<|[yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(0b[01]+|0o?[0-7]+|0x[0-9a-fA-F]+)|\d{4}-\d{1,2}-\d{1,2}([Tt ]\s*\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?\s*(Z|[-+]\d\d(:?\d\d)?)?)?|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?)$/;
const looksLikeOther = (text: string): boolean =>
  RESOLVES.test(text) || (/^[-+.\d]/.test(text) && text.includes('_') && RESOLVES.test(text.replaceAll('_', '')));
const UNPRINTABLE = /[^\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\u{10000}-\u{10ffff}]/u;
const isSpecial = (text: string): boolean => UNPRINTABLE.test(text) || text.includes(' \n');
const NOT_PLAIN = /^[ \n]|[ \n]$|\n|^[#,[\]{}&*!|>'"%@`]|^[?:-]([ \n]|$)|^(---|\.\.\.)|:([ \n]|$)|[ \n]#/;

type Style = 'plain' | 'single' | 'double' | 'literal';

function styleOf(text: string): Style {
  if (text.includes('\n') && !isSpecial(text) && !text.endsWith(' ')) return 'literal';
  if (isSpecial(text) || text.includes('\n') || looksLikeOther(text)) return 'double';
  return NOT_PLAIN.test(text) ? 'single' : 'plain';
}

function textOnOneLine(text: string): string {
  const style = styleOf(text);
  if (style === 'plain') return text;
  return style === 'single' ? `'${text.replaceAll("'", "''")}'` : quoted(text);
}

function emitText(text: string, indent: number, column = indent): string {
  const style = styleOf(text);
  if (style === 'literal') return literal(text, indent);
  if (style === 'plain') return ` ${folded(text, indent, column + 1)}`;
  if (style === 'single') return ` '${folded(text.replaceAll("'", "''"), indent, column + 2)}'`;
  return ` ${folded(quoted(text), indent, column + 1, '\\')}`;
}

function literal(text: string, indent: number): string {
  const hint = /^[ \n]/.test(text) ? '2' : '';
  const chomp = !text.endsWith('\n') ? '-' : /^\n$|\n\n$/.test(text) ? '+' : '';
  const lines = (text.endsWith('\n') ? text.slice(0, -1) : text).split('\n');
  return ` |${hint}${chomp}${lines.map((line) => `\n${line === '' ? '' : `${pad(indent)}${line}`}`).join('')}`;
}

/** Breaks the line at the first single blank after column 80. `escape`: what stands before a blank that begins a line. */
function folded(text: string, indent: number, start: number, escape = ''): string {
  let column = start;
  let result = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    const isAlone = text[i - 1] !== ' ' && i > 0 && i < text.length - 1;
    if (char === ' ' && column > WIDTH && isAlone && (escape !== '' || text[i + 1] !== ' ')) {
      result += `\n${pad(indent)}${text[i + 1] === ' ' ? escape : ''}`;
      column = indent;
      continue;
    }
    // A surrogate pair is one column.
    if (char < '\udc00' || char > '\udfff') column += 1;
    result += char;
  }
  return result;
}

export const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '\\0',
  '\x07': '\\a',
  '\b': '\\b',
  '\t': '\\t',
  '\n': '\\n',
  '\v': '\\v',
  '\f': '\\f',
  '\r': '\\r',
  '\x1b': '\\e',
  '"': '\\"',
  '\\': '\\\\',
  '\x85': '\\N',
  '\xa0': '\\_',
  '\u2028': '\\L',
  '\u2029': '\\P',
};

const quoted = (text: string): string =>
  `"${[...text]
    .map((char) => {
      if (!/["\\\n]/.test(char) && !UNPRINTABLE.test(char)) return char;
      const code = char.codePointAt(0) ?? 0;
      const hex = code.toString(16).toUpperCase();
      return ESCAPES[char] ?? (code <= 0xff ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`);
    })
    .join('')}"`;
