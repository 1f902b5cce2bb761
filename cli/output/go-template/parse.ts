import { UsageError } from '../../client/resources';

/** A part of a pipeline: a value or a call, whose later arguments may come through a pipe. */
export type Term =
  | { readonly type: 'literal'; readonly value: unknown }
  | { readonly type: 'path'; readonly from: Pipeline | string | undefined; readonly fields: readonly string[] }
  | { readonly type: 'call'; readonly name: string; readonly args: readonly Term[] };
export type Pipeline = readonly Term[];

export type Node =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'print'; readonly pipeline: Pipeline }
  | { readonly type: 'set'; readonly name: string; readonly pipeline: Pipeline }
  | {
      readonly type: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      /** Of a range: the names of the key and of the element. */
      readonly names: readonly string[];
      readonly body: readonly Node[];
      readonly otherwise: readonly Node[];
    };

const broken = (message: string): UsageError => new UsageError(`error parsing template: ${message}`);

/** Reads a Go template (text/template) of what people give to -o go-template. Throws UsageError. */
export function parseTemplate(template: string): readonly Node[] {
  const pieces = template
    .split(/(\{\{(?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\}).)*\}\})/s)
    .map((piece, index, all) => {
      if (piece.startsWith('{{')) return piece;
      const after = all[index - 1]?.endsWith(' -}}') === true ? piece.trimStart() : piece;
      return all[index + 1]?.startsWith('{{- ') === true ? after.trimEnd() : after;
    })
    .filter((piece) => piece !== '');
  const reader = { pieces, at: 0 };
  const { nodes, end } = readNodes(reader);
  if (end !== undefined) throw broken(`unexpected {{${end}}}`);
  return nodes;
}

interface Reader {
  readonly pieces: readonly string[];
  at: number;
}

/** Up to an `end` or `else` of what is around it. */
function readNodes(reader: Reader): { readonly nodes: readonly Node[]; readonly end: string | undefined } {
  const nodes: Node[] = [];
  while (reader.at < reader.pieces.length) {
    const piece = reader.pieces[reader.at] ?? '';
    reader.at += 1;
    if (!piece.startsWith('{{') || !piece.endsWith('}}')) {
      if (piece.includes('{{')) throw broken('unclosed action');
      nodes.push({ type: 'text', text: piece });
      continue;
    }
    const action = piece.slice(2, -2).replace(/^- /, '').replace(/ -$/, '').trim();
    if (action.startsWith('/*')) continue;
    if (action === 'end' || /^else\b/.test(action)) return { nodes, end: action };
    const [, word, rest = ''] = /^(if|with|range)\b(.*)$/s.exec(action) ?? [];
    if (word === 'if' || word === 'with' || word === 'range') nodes.push(readBlock(reader, word, rest));
    else nodes.push(readAction(action));
  }
  return { nodes, end: undefined };
}

function readBlock(reader: Reader, type: 'if' | 'with' | 'range', head: string): Node {
  const [, first, second, pipeline = head] = /^\s*(?:\$(\w+)\s*(?:,\s*\$(\w+)\s*)?:=)?(.*)$/s.exec(head) ?? [];
  const names = [first, second].flatMap((name) => name ?? []);
  const { nodes: body, end } = readNodes(reader);
  if (end === undefined) throw broken(`{{${type}}} without {{end}}`);
  const otherwise = end === 'end' ? [] : readElse(reader, end);
  return { type, pipeline: parsePipeline(pipeline), names, body, otherwise };
}

function readElse(reader: Reader, action: string): readonly Node[] {
  const chained = /^else\s+(if|with)\b(.*)$/s.exec(action);
  if (chained !== null) return [readBlock(reader, chained[1] === 'if' ? 'if' : 'with', chained[2] ?? '')];
  const { nodes, end } = readNodes(reader);
  if (end !== 'end') throw broken('{{else}} without {{end}}');
  return nodes;
}

function readAction(action: string): Node {
  const [, name, assigned] = /^\$(\w+)\s*:?=\s*(.*)$/s.exec(action) ?? [];
  if (name !== undefined && assigned !== undefined) return { type: 'set', name, pipeline: parsePipeline(assigned) };
  return { type: 'print', pipeline: parsePipeline(action) };
}

const TOKEN = /\s*("(?:\\.|[^"\\])*"|`[^`]*`|-?\d+(?:\.\d+)?|\$\w*(?:\.\w+)*|\.\w+(?:\.\w+)*|\.|[A-Za-z]\w*|[|()])/gy;

function parsePipeline(source: string): Pipeline {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  const text = source.trim();
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    const match = TOKEN.exec(text);
    if (match === null) throw broken(`unexpected "${text.slice(at)}" in {{${text}}}`);
    tokens.push(match[1] ?? '');
  }
  const state = { tokens, at: 0 };
  const pipeline = readPipeline(state);
  if (state.at < tokens.length) throw broken(`unexpected "${tokens[state.at] ?? ''}" in {{${text}}}`);
  return pipeline;
}

interface Tokens {
  readonly tokens: readonly string[];
  at: number;
}

function readPipeline(state: Tokens): Pipeline {
  const terms: Term[] = [readCommand(state)];
  while (state.tokens[state.at] === '|') {
    state.at += 1;
    terms.push(readCommand(state));
  }
  return terms;
}

const isName = (token: string): boolean => /^[A-Za-z]/.test(token) && !['true', 'false', 'nil'].includes(token);

function readCommand(state: Tokens): Term {
  const token = state.tokens[state.at];
  if (token === undefined) throw broken('missing value for command');
  if (!isName(token)) return readOperand(state);
  state.at += 1;
  const args: Term[] = [];
  for (
    let next = state.tokens[state.at];
    next !== undefined && next !== '|' && next !== ')';
    next = state.tokens[state.at]
  )
    args.push(readOperand(state));
  return { type: 'call', name: token, args };
}

function readOperand(state: Tokens): Term {
  const token = state.tokens[state.at] ?? '';
  state.at += 1;
  if (token === '(') {
    const inner = readPipeline(state);
    if (state.tokens[state.at] !== ')') throw broken('unclosed left paren');
    state.at += 1;
    const next = state.tokens[state.at];
    if (next === undefined || !/^\.\w/.test(next)) return { type: 'path', from: inner, fields: [] };
    state.at += 1;
    return { type: 'path', from: inner, fields: fieldsOf(next) };
  }
  if (token.startsWith('.')) return { type: 'path', from: undefined, fields: fieldsOf(token) };
  if (token.startsWith('$')) {
    const [name = '', ...fields] = token.slice(1).split('.');
    return { type: 'path', from: name, fields };
  }
  if (token.startsWith('"'))
    return { type: 'literal', value: JSON.parse(token.replaceAll('\\a', '\\u0007')) as string };
  if (token.startsWith('`')) return { type: 'literal', value: token.slice(1, -1) };
  if (/^-?\d/.test(token)) return { type: 'literal', value: Number(token) };
  if (token === 'true' || token === 'false') return { type: 'literal', value: token === 'true' };
  if (token === 'nil') return { type: 'literal', value: null };
  if (isName(token)) return { type: 'call', name: token, args: [] };
  throw broken(`unexpected "${token}"`);
}

const fieldsOf = (token: string): readonly string[] => token.split('.').filter((field) => field !== '');
