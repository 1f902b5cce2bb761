import { readFile, readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import { errorCodeOf } from '../shared/error-code';
import type { ApiObject } from './api-object';

/** A manifest with where it stands, for errors that a person can follow. */
export interface Manifest {
  readonly object: ApiObject & { readonly apiVersion: string; readonly kind: string };
  /** `pod.yaml:12` */
  readonly where: string;
  /** The place of a field that the server names (`spec.containers[0].image`), or of what comes nearest to it. */
  whereIs(field: string): string | undefined;
}

export class ManifestError extends Error {
  override readonly name = 'ManifestError';
}

const EXTENSIONS = ['.yaml', '.yml', '.json'];
const MAX_ALIASES = 100;

/** Everything that files, folders and `-` hold, in their order. Throws ManifestError with file, line and column. */
export async function readManifests(
  sources: readonly string[],
  options: {
    readonly stdin: Readable;
    readonly cwd: string;
    readonly recursive: boolean;
    /** What they are read for, in the words of a refusal where there are none. */
    readonly passedTo?: string;
  },
): Promise<readonly Manifest[]> {
  const manifests: Manifest[] = [];
  for (const source of sources) {
    if (source === '-') manifests.push(...parseManifests(await readAll(options.stdin), 'STDIN'));
    else if (/^https?:\/\//.test(source)) manifests.push(...parseManifests(await download(source), source));
    else
      for (const file of await filesOf(path.resolve(options.cwd, source), options.recursive, source)) {
        manifests.push(
          ...parseManifests(
            await readFile(file, 'utf8'),
            path.isAbsolute(source) ? file : path.relative(options.cwd, file) || file,
          ),
        );
      }
  }
  const { passedTo } = options;
  if (manifests.length === 0)
    throw new ManifestError(
      passedTo === undefined ? `no objects in ${sources.join(', ')}` : `no objects passed to ${passedTo}`,
    );
  return manifests;
}

/** The objects of a multi-document text; a List stands for its items. */
export function parseManifests(text: string, file: string): readonly Manifest[] {
  const lines = new LineCounter();
  const manifests: Manifest[] = [];
  for (const document of parseAllDocuments(text, { version: '1.1', lineCounter: lines })) {
    if (!('errors' in document)) continue;
    const [problem] = document.errors;
    if (problem !== undefined) {
      const { line, col } = lines.linePos(problem.pos[0]);
      throw new ManifestError(
        `${file}:${line}:${col}: ${problem.message.split('\n')[0]?.replace(/ at line .*$/, '') ?? ''}\n${snippet(text, line, col)}`,
      );
    }
    const start = document.contents?.range?.[0];
    const where = `${file}:${start === undefined ? 1 : lines.linePos(start).line}`;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      throw new ManifestError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
    }
    if (value === null || value === undefined) continue;
    const placeOf = (path: FieldPath): string | undefined => {
      const at = offsetOf(document.contents, path);
      return at === undefined ? undefined : `${file}:${lines.linePos(at).line}`;
    };
    manifests.push(...unfold(value, { where, placeOf, path: [] }));
  }
  return manifests;
}

type FieldPath = readonly (string | number)[];

/** Where a manifest stands in its document. */
interface Place {
  readonly where: string;
  readonly path: FieldPath;
  readonly placeOf: (path: FieldPath) => string | undefined;
}

function unfold(value: unknown, { where, path, placeOf }: Place): readonly Manifest[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new ManifestError(`${where}: a manifest must be an object with apiVersion and kind`);
  const object = value as ApiObject;
  const { apiVersion, kind } = object;
  if (typeof apiVersion !== 'string' || apiVersion === '')
    throw new ManifestError(`${where}: apiVersion is missing (a Pod is of "v1")`);
  if (typeof kind !== 'string' || kind === '') throw new ManifestError(`${where}: kind is missing (such as "Pod")`);
  if (kind === 'List' && Array.isArray(object.items)) {
    return (object.items as unknown[]).flatMap((item, index) => {
      const below = [...path, 'items', index];
      return unfold(item, { where: placeOf(below) ?? where, path: below, placeOf });
    });
  }
  const whereIs = (field: string): string | undefined => placeOf([...path, ...parseFieldPath(field)]);
  return [{ object: { ...object, apiVersion, kind }, where, whereIs }];
}

/** `spec.containers[0].image`, `metadata.labels[a.b/c]`. */
const parseFieldPath = (field: string): FieldPath =>
  [...field.matchAll(/\[([^\]]*)\]|[^.[\]]+/g)].map(([text, inBrackets]) => {
    const part = inBrackets ?? text;
    return inBrackets !== undefined && /^\d+$/.test(part) ? Number(part) : part;
  });

/** Where the last part of a path that is there begins. */
function offsetOf(root: unknown, path: FieldPath): number | undefined {
  let node: unknown = root;
  let offset: number | undefined;
  for (const part of path) {
    if (typeof part === 'number' && isSeq(node)) {
      node = node.items[part];
      offset = isNode(node) ? (node.range?.[0] ?? offset) : offset;
    } else if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
      if (pair === undefined) break;
      offset = isNode(pair.key) ? (pair.key.range?.[0] ?? offset) : offset;
      node = pair.value;
    } else break;
  }
  return offset;
}

/** The line itself with a caret below the place. */
function snippet(text: string, line: number, column: number): string {
  const shown = text.split('\n')[line - 1] ?? '';
  return `  ${shown}\n  ${' '.repeat(Math.max(0, column - 1))}^`;
}

async function filesOf(target: string, recursive: boolean, given: string): Promise<readonly string[]> {
  try {
    if (!(await stat(target)).isDirectory()) return [target];
  } catch (error) {
    if (errorCodeOf(error) === 'ENOENT') throw new ManifestError(`the path "${given}" does not exist`);
    throw error;
  }
  const entries = (await readdir(target, { withFileTypes: true })).sort((a, b) => a.name.localeCompare(b.name));
  const nested = await Promise.all(
    entries.map((entry) => {
      const full = path.join(target, entry.name);
      if (entry.isDirectory()) return recursive ? filesOf(full, true, full) : [];
      return EXTENSIONS.includes(path.extname(entry.name)) ? [full] : [];
    }),
  );
  return nested.flat();
}

async function download(url: string): Promise<string> {
  const response = await fetch(url).catch((cause: unknown) => {
    throw new ManifestError(`unable to read URL "${url}": ${cause instanceof Error ? cause.message : String(cause)}`);
  });
  if (!response.ok)
    throw new ManifestError(`unable to read URL "${url}", server reported ${response.status} ${response.statusText}`);
  return response.text();
}

/** All that a stream holds, as text. */
export async function readAll(stdin: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stdin as AsyncIterable<Buffer | string>) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
