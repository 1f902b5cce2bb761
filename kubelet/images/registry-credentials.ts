import type { RegistryCredential } from '../runtime/runtime';
import type { ImageName } from './image-name';

/** A password of a pull secret, and the pattern of images that it is for. */
export interface CredentialEntry {
  /** `registry.example:5000/team`, `*.example`. */
  readonly pattern: string;
  readonly credential: RegistryCredential;
}

/** What a Secret of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg holds. What cannot be read is left out. */
export function credentialsOf(secret: {
  readonly type?: string;
  readonly data?: Readonly<Record<string, string>>;
}): readonly CredentialEntry[] {
  const { type, data = {} } = secret;
  if (type === 'kubernetes.io/dockerconfigjson') {
    const config = parse(data['.dockerconfigjson']);
    return isRecord(config) ? entriesOf(config['auths']) : [];
  }
  return type === 'kubernetes.io/dockercfg' ? entriesOf(parse(data['.dockercfg'])) : [];
}

/** Those that fit the image, the most specific first, as Kubernetes tries them. */
export function matching(entries: readonly CredentialEntry[], image: ImageName): readonly RegistryCredential[] {
  return [...entries]
    .sort((a, b) => (a.pattern < b.pattern ? 1 : a.pattern > b.pattern ? -1 : 0))
    .filter(({ pattern }) => matches(pattern, image))
    .map(({ credential }) => credential);
}

/** Wildcards stand for part of a host's label; ports must be equal, and a path is a prefix. */
export function matches(pattern: string, { registry, repository }: ImageName): boolean {
  const [patternHost = '', ...patternPath] = pattern.split('/');
  const [wantedName = '', wantedPort = ''] = splitPort(patternHost);
  const [name = '', port = ''] = splitPort(registry);
  if (wantedPort !== port) return false;
  const wanted = wantedName.split('.');
  const labels = name.split('.');
  if (wanted.length !== labels.length || !wanted.every((label, index) => globs(label, labels[index] ?? '')))
    return false;
  return repository.startsWith(patternPath.join('/'));
}

const splitPort = (host: string): readonly [string, string] => {
  const at = host.lastIndexOf(':');
  return at === -1 || host.endsWith(']') ? [host, ''] : [host.slice(0, at), host.slice(at + 1)];
};

function globs(pattern: string, label: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(label);
}

function entriesOf(auths: unknown): readonly CredentialEntry[] {
  if (!isRecord(auths)) return [];
  return Object.entries(auths).flatMap(([server, auth]) => {
    const login = loginOf(auth);
    return login === undefined ? [] : [{ pattern: patternOf(server), credential: { ...login, serverAddress: server } }];
  });
}

/** Keys may be written as URLs, with the API's version; Docker Hub's has a name of its own. */
function patternOf(server: string): string {
  const bare = server
    .replace(/^https?:\/\//, '')
    .replace(/\/v[12]\/?$/, '')
    .replace(/\/$/, '');
  return bare === 'index.docker.io' || bare === 'registry-1.docker.io' ? 'docker.io' : bare;
}

function loginOf(auth: unknown): { readonly username: string; readonly password: string } | undefined {
  if (!isRecord(auth)) return undefined;
  const { username, password, auth: both } = auth;
  if (typeof both === 'string' && both !== '') {
    const text = Buffer.from(both, 'base64').toString('utf8');
    const colon = text.indexOf(':');
    if (colon > 0) return { username: text.slice(0, colon), password: text.slice(colon + 1).replace(/\0+$/, '') };
  }
  return typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined;
}

function parse(base64: string | undefined): unknown {
  if (base64 === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(base64, 'base64').toString('utf8'));
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
