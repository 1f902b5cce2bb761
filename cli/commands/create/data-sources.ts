import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Argv } from 'yargs';
import { errorCodeOf } from '../../../shared/error-code';
import { UsageError } from '../../client/resources';
import type { Context, Flags } from '../command';
import { words } from '../command';

const KEY = /^[-._a-zA-Z0-9]+$/;

/** The flags that say what a ConfigMap or Secret holds. */
export const dataFlags = (yargs: Argv): Argv =>
  yargs
    .option('from-file', { type: 'string', array: true, describe: '[KEY=]FILE, or a folder of files' })
    .option('from-literal', { type: 'string', array: true, describe: 'KEY=VALUE' })
    .option('from-env-file', { type: 'string', array: true, describe: 'file of KEY=VALUE lines' })
    .option('append-hash', { type: 'boolean', describe: 'add a hash of the content to the name' });

/** What --from-literal, --from-file and --from-env-file say, by key. Throws UsageError. */
export function givenData(
  flags: Flags,
  { kind, name }: { kind: string; name: string },
  context: Context,
): ReadonlyMap<string, Buffer> {
  const [files, literals, envFiles] = [
    words(flags, 'from-file'),
    words(flags, 'from-literal'),
    words(flags, 'from-env-file'),
  ];
  if (envFiles.length > 0 && files.length + literals.length > 0)
    throw new UsageError('from-env-file cannot be combined with from-file or from-literal');
  const data = new Map<string, Buffer>();
  const add = (key: string, value: Buffer): void => {
    if (!KEY.test(key) || key === '.' || key.startsWith('..'))
      throw new UsageError(
        `"${key}" is not a valid key name for a ${kind}: a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')`,
      );
    if (data.has(key))
      throw new UsageError(
        `cannot add key "${key}", another key by that name already exists in Data for ${kind} "${name}"`,
      );
    data.set(key, value);
  };
  const { cwd, variables } = context.environment;
  for (const source of files) addFile(source, cwd, add);
  for (const literal of literals) {
    const equals = literal.indexOf('=');
    if (equals < 1) throw new UsageError(`invalid literal source ${literal}, expected key=value`);
    add(literal.slice(0, equals), Buffer.from(literal.slice(equals + 1).replace(/^["']+|["']+$/g, '')));
  }
  for (const file of envFiles)
    for (const [key, value] of parseEnvFile(read(path.resolve(cwd, file), file).toString('utf8'), variables))
      add(key, Buffer.from(value));
  return data;
}

function addFile(source: string, cwd: string, add: (key: string, value: Buffer) => void): void {
  const parts = source.split('=');
  if (parts.length > 2) throw new UsageError("key names or file paths cannot contain '='");
  const [key, file = ''] = parts.length === 2 ? parts : [undefined, source];
  if (file === '' || key === '') throw new UsageError(`${source}: must be KEY=FILE, FILE or a folder`);
  const full = path.resolve(cwd, file);
  if (!isFolder(full, file)) return add(key ?? path.basename(file), read(full, file));
  if (key !== undefined) throw new UsageError(`cannot give a key name for a directory path: ${source}`);
  for (const entry of readdirSync(full).sort())
    if (statSync(path.join(full, entry)).isFile()) add(entry, read(path.join(full, entry), entry));
}

function isFolder(full: string, shown: string): boolean {
  try {
    return statSync(full).isDirectory();
  } catch (error) {
    throw unreadable(shown, error);
  }
}

function read(full: string, shown: string): Buffer {
  try {
    return readFileSync(full);
  } catch (error) {
    throw unreadable(shown, error);
  }
}

const unreadable = (file: string, error: unknown): UsageError =>
  new UsageError(
    `error reading ${file}: ${errorCodeOf(error) === 'ENOENT' ? 'no such file or directory' : error instanceof Error ? error.message : String(error)}`,
  );

/** Lines of KEY=VALUE; a KEY alone takes its value from the environment; `#` begins a comment line. */
export function parseEnvFile(
  content: string,
  variables: Readonly<Record<string, string | undefined>>,
): readonly (readonly [string, string])[] {
  return content
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .flatMap((line, index): readonly (readonly [string, string])[] => {
      const trimmed = line.trimStart();
      if (trimmed === '' || trimmed.startsWith('#')) return [];
      const [key = '', ...rest] = trimmed.split('=');
      if (!/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(key))
        throw new UsageError(
          `"${key}" is not a valid key name: a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (line ${index + 1})`,
        );
      return [[key, rest.length > 0 ? rest.join('=') : (variables[key] ?? '')]];
    });
}

/** `NAME-HASH` as kubectl names it, so that the same content has the same name (kubectl/pkg/util/hash). */
export function hashOf(sha256: string): string {
  const letters: Readonly<Record<string, string>> = { '0': 'g', '1': 'h', '3': 'k', a: 'm', e: 't' };
  return [...sha256.slice(0, 10)].map((char) => letters[char] ?? char).join('');
}
