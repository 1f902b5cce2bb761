import type { IncomingMessage } from 'node:http';
import type { Document } from 'yaml';
import { parseDocument } from 'yaml';
import { StatusError, badRequest } from '../../shared/status-error';
import { duplicateFields } from './duplicate-fields';

/** As the default of Kubernetes' apiserver (MaxRequestBodyBytes). */
export const MAX_BODY_BYTES = 3 * 1024 * 1024;
/** Deeper values are refused before anything walks them recursively. */
const MAX_DEPTH = 500;
const MAX_ALIASES = 100;
/** Longer keys are shown cut. */
const MAX_KEY = 256;

const tooLarge = (): StatusError =>
  new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_BODY_BYTES}`);

const endedEarly = (): StatusError => badRequest('the request ended before its body did');

/** The whole body. Throws RequestEntityTooLarge as soon as it is clear, BadRequest where the client went away. */
export async function readBytes(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw tooLarge();
  if (request.destroyed) throw endedEarly();
  const chunks: Buffer[] = [];
  let size = 0;
  // By events: an iterator would be made for each request.
  await new Promise<void>((resolve, reject) => {
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= MAX_BODY_BYTES) return;
      request.pause();
      reject(tooLarge());
    });
    request.once('end', resolve);
    request.once('error', reject);
    request.once('close', () => reject(endedEarly()));
  });
  return chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks);
}

const EMPTY = Buffer.alloc(0);

/** A JSON value without prototype tricks: `__proto__` keys are dropped. Throws BadRequest. */
export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  checkDepth(text);
  try {
    // A reviver costs several times the parsing: it is for the texts that may need it.
    if (!text.includes('__proto__') && !text.includes('\\u')) return JSON.parse(text) as unknown;
    return JSON.parse(text, (key, value: unknown) => (key === '__proto__' ? undefined : value)) as unknown;
  } catch (error) {
    throw badRequest(
      `the object provided is unrecognized (must be of type JSON): ${error instanceof Error ? error.message : ''}`,
    );
  }
}

/** One YAML document; aliases are bounded, so that a short text cannot unfold into a huge value. Of a key that stands
 * twice in a map the last counts. */
export function parseYaml(bytes: Buffer): unknown {
  return readYaml(bytes).value;
}

/** The same, with what Kubernetes' strict parser says of keys that stand twice. */
export function readYaml(bytes: Buffer): { readonly value: unknown; readonly problems: readonly string[] } {
  const text = bytes.toString('utf8');
  const value = jsonIn(bytes, text);
  if (value !== undefined) return { value, problems: [] };
  const document = parseDocument(text, { version: '1.1' });
  const problem = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  if (problem !== undefined) throw badRequest(`yaml: ${problem.message}`);
  const repeated = document.errors.map(
    ({ linePos, pos }) =>
      `  line ${linePos?.[0].line ?? 0}: key ${JSON.stringify(keyAt(text, pos[0]))} already set in map`,
  );
  return {
    value: toValue(document),
    problems: repeated.length === 0 ? [] : [`yaml: unmarshal errors:\n${repeated.join('\n')}`],
  };
}

/** JSON is YAML too, and what clients apply: read many times faster as what it is. Undefined: that takes the YAML reader. */
function jsonIn(bytes: Buffer, text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  try {
    const value = parseJson(bytes);
    return duplicateFields(text).length === 0 ? value : undefined;
  } catch {
    return undefined;
  }
}

function toValue(document: Document.Parsed): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: MAX_ALIASES });
    return parseJson(Buffer.from(JSON.stringify(value ?? null)));
  } catch (error) {
    if (error instanceof StatusError) throw error;
    throw badRequest(`yaml: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The mapping key that begins there, without its quotes. */
const keyAt = (text: string, start: number): string =>
  (/^(?:"[^"]*"|'[^']*'|[^:\n]*)/.exec(text.slice(start, start + MAX_KEY))?.[0] ?? '')
    .trim()
    .replace(/^(["'])(.*)\1$/, '$2');

/** Counts brackets outside strings. */
function checkDepth(text: string): void {
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index++) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === 0x5c) index++;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x7b || character === 0x5b) {
      if (++depth > MAX_DEPTH) throw badRequest(`the body is nested deeper than ${MAX_DEPTH} levels`);
    } else if (character === 0x7d || character === 0x5d) depth--;
  }
}
