import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { logFolder } from './gathered-logs';

/** Shorter ones are words that stand in logs by themselves. */
const MIN_LENGTH = 6;
/** Lines of a secret of several lines: logs write those in one. */
const MIN_LINE_LENGTH = 24;
const FILE = 'secrets.jsonl';
/** Of the Secret's keys: what everybody may see. */
const PUBLIC_KEYS = ['tls.crt', 'ca.crt', 'namespace', 'token-id', 'usage-bootstrap-authentication'];
const PUBLIC_TYPES = /^(helm\.sh\/release)/;

export interface KnownSecret {
  readonly what: string;
  readonly value: string;
}

/** Remembers for the search at the end of the run that this must be in no log. */
export function noteSecret(what: string, value: string): void {
  const folder = logFolder();
  if (folder === undefined) return;
  const lines = value.split('\n').map((line) => line.trim());
  const parts = lines.length === 1 ? lines : lines.filter((line) => line.length >= MIN_LINE_LENGTH && !isFrame(line));
  const known = parts.filter((part) => part.length >= MIN_LENGTH).map((part) => JSON.stringify({ what, value: part }));
  if (known.length > 0) appendFileSync(path.join(folder, FILE), `${known.join('\n')}\n`);
}

const isFrame = (line: string): boolean => line.startsWith('-----');

/** What a client is told on its command line or in its input that is secret: Secrets, passwords, tokens. */
export function noteSecretsOf(args: readonly string[], input: string | Buffer | undefined): void {
  if (logFolder() === undefined) return;
  const isSecretCommand = args.includes('secret');
  for (const arg of args) {
    const [, flag = '', value = ''] = /^--(docker-password|token|password|from-literal)=(.*)$/s.exec(arg) ?? [];
    if (flag === 'from-literal') {
      if (isSecretCommand) noteSecret('a literal of a Secret', value.slice(value.indexOf('=') + 1));
    } else if (flag !== '') noteSecret(`--${flag}`, value);
  }
  const tokenFile = args.find((_, index) => args[index - 1] === '--token-auth-file');
  if (tokenFile !== undefined && existsSync(tokenFile)) {
    for (const line of readFileSync(tokenFile, 'utf8').split('\n'))
      noteSecret('a token of a file', line.split(',')[0] ?? '');
  }
  const text = input?.toString() ?? '';
  if (text.includes('Secret')) noteManifests(text);
}

/** The Secrets of a cluster, whoever made them: a list of them in JSON. */
export function noteSecretList(json: string): void {
  if (logFolder() !== undefined && json.startsWith('{')) noteObject(JSON.parse(json));
}

function noteManifests(text: string): void {
  for (const document of parseAllDocuments(text)) {
    // Tests send what cannot be read on purpose.
    if (!('contents' in document) || document.errors.length > 0) continue;
    noteObject(document.toJS());
  }
}

interface SecretObject {
  readonly kind?: string;
  readonly type?: string;
  readonly items?: readonly unknown[];
  readonly data?: Readonly<Record<string, unknown>>;
  readonly stringData?: Readonly<Record<string, unknown>>;
}

function noteObject(object: unknown): void {
  if (typeof object !== 'object' || object === null) return;
  const { kind, type = '', items, data, stringData } = object as SecretObject;
  if (Array.isArray(items)) items.forEach(noteObject);
  if (kind !== 'Secret' || PUBLIC_TYPES.test(type)) return;
  for (const [key, value] of Object.entries(stringData ?? {})) noteField(key, String(value));
  for (const [key, value] of Object.entries(data ?? {}))
    noteField(key, Buffer.from(String(value), 'base64').toString());
}

const noteField = (key: string, value: string): void =>
  PUBLIC_KEYS.includes(key) ? undefined : noteSecret(`${key} of a Secret`, value);

/** The join tokens, private keys and token files below a folder of servers and agents. */
export function noteSecretFiles(folder: string): void {
  if (logFolder() === undefined || !existsSync(folder)) return;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    if (!/(\.pem|\.key|join-token)$/.test(name)) continue;
    const text = readFileSync(path.join(folder, name), 'utf8').trim();
    if (name.endsWith('join-token')) noteSecret('a join token', text.split('.').at(-1) ?? '');
    else if (text.includes('PRIVATE KEY')) noteSecret('a private key', text);
  }
}

export function readSecrets(folder: string): readonly KnownSecret[] {
  const file = path.join(folder, FILE);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return [...new Set(lines.filter((line) => line !== ''))].map((line) => JSON.parse(line) as KnownSecret);
}
