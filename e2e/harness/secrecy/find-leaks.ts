import type { KnownSecret } from './known-secrets';

export interface Leak {
  readonly what: string;
  /** From 1. */
  readonly line: number;
}

/** What is secret wherever it comes from, by how it looks. */
const SHAPES: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'a private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/g },
  { what: 'a bearer header', pattern: /\bbearer\s+[\w.~+/-]{6,}/gi },
  { what: 'a header with credentials', pattern: /"(?:proxy-)?authorization":\s*"(?!\[cut\])[^"]/gi },
  { what: 'a signed token', pattern: /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8,}/g },
  { what: 'a join token', pattern: /\bpinsetter1\.[0-9a-f]{8,}\.\w+\.\w{6,}/g },
];

/** Where a log says what is secret: as it is, in base64, or as JSON writes it. */
export function findLeaks(log: string, secrets: readonly KnownSecret[]): readonly Leak[] {
  const found = new Map<number, string>();
  const note = (at: number, what: string): void => {
    const line = lineOf(log, at);
    if (!found.has(line)) found.set(line, what);
  };
  for (const { what, pattern } of SHAPES) for (const { index } of log.matchAll(pattern)) note(index, what);
  for (const { what, value } of secrets) {
    for (const form of formsOf(value)) {
      for (let at = log.indexOf(form); at >= 0; at = log.indexOf(form, at + form.length)) note(at, what);
    }
  }
  return [...found].map(([line, what]) => ({ what, line })).sort((a, b) => a.line - b.line);
}

function formsOf(value: string): ReadonlySet<string> {
  const encoded = Buffer.from(value).toString('base64').replace(/=*$/, '');
  return new Set([value, JSON.stringify(value).slice(1, -1), encoded]);
}

function lineOf(text: string, at: number): number {
  let line = 1;
  for (let end = text.indexOf('\n'); end >= 0 && end < at; end = text.indexOf('\n', end + 1)) line += 1;
  return line;
}
