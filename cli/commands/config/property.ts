import type { Kubeconfig } from '../../client/kubeconfig';
import { UsageError } from '../../client/resources';

type Entries = 'clusters' | 'contexts' | 'users';
type FieldType = 'text' | 'flag' | 'bytes';

/** One value in a kubeconfig, named as in `clusters.my-cluster.server`. Names of entries may hold dots. */
export type Property =
  | { readonly of: 'current-context' }
  | { readonly of: 'preferences.colors' }
  | { readonly of: 'entries'; readonly entries: Entries }
  | { readonly of: 'entry'; readonly entries: Entries; readonly name: string }
  | { readonly of: 'field'; readonly entries: Entries; readonly name: string; readonly field: string };

/** The attributes of each kind of entry, as in Kubernetes' Config (client-go, tools/clientcmd/api/v1). */
const FIELDS: Readonly<Record<Entries, Readonly<Record<string, FieldType>>>> = {
  clusters: {
    server: 'text',
    'tls-server-name': 'text',
    'insecure-skip-tls-verify': 'flag',
    'certificate-authority': 'text',
    'certificate-authority-data': 'bytes',
    'proxy-url': 'text',
    'disable-compression': 'flag',
  },
  contexts: { cluster: 'text', user: 'text', namespace: 'text' },
  users: {
    'client-certificate': 'text',
    'client-certificate-data': 'bytes',
    'client-key': 'text',
    'client-key-data': 'bytes',
    token: 'text',
    tokenFile: 'text',
    as: 'text',
    'as-uid': 'text',
    username: 'text',
    password: 'text',
  },
};

/** Throws UsageError for what no kubeconfig has. */
export function parseProperty(text: string, config: Kubeconfig): Property {
  if (text === 'current-context' || text === 'preferences.colors') return { of: text };
  const [entries = '', ...rest] = text.split('.');
  if (entries !== 'clusters' && entries !== 'contexts' && entries !== 'users')
    throw new UsageError(
      `${text}: a property begins with clusters, contexts, users, current-context or preferences.colors`,
    );
  if (rest.length === 0) return { of: 'entries', entries };
  const whole = rest.join('.');
  if (config[entries].some(({ name }) => name === whole)) return { of: 'entry', entries, name: whole };
  const field = rest.at(-1) ?? '';
  const name = rest.slice(0, -1).join('.');
  if (name === '') return { of: 'entry', entries, name: whole };
  if (!Object.hasOwn(FIELDS[entries], field))
    throw new UsageError(
      `${text}: ${entries} have no attribute "${field}", but ${Object.keys(FIELDS[entries]).join(', ')}`,
    );
  return { of: 'field', entries, name, field };
}

/** What is written for a word of the command line. Throws UsageError where it does not fit the attribute. */
export function parsePropertyValue(property: Property, word: string, isRaw: boolean): string | boolean {
  const type =
    property.of === 'field'
      ? FIELDS[property.entries][property.field]
      : property.of === 'preferences.colors'
        ? 'flag'
        : 'text';
  if (type === 'flag') {
    if (!['true', 'false'].includes(word)) throw new UsageError(`"${word}": must be true or false`);
    return word === 'true';
  }
  if (type !== 'bytes') return word;
  if (isRaw) return Buffer.from(word).toString('base64');
  const bytes = Buffer.from(word, 'base64');
  if (bytes.toString('base64').replaceAll('=', '') !== word.replaceAll('=', ''))
    throw new UsageError(`"${word.slice(0, 40)}": must be base64, or say --set-raw-bytes`);
  return word;
}

const INNER = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;

type Entry = Readonly<Record<string, unknown>>;

/** The file with that property set, or without it where the value is undefined. Throws UsageError. */
export function withProperty(config: Kubeconfig, property: Property, value: string | boolean | undefined): Kubeconfig {
  switch (property.of) {
    case 'current-context':
      return { ...config, 'current-context': typeof value === 'string' ? value : '' };
    case 'preferences.colors':
      return { ...config, ...{ preferences: value === undefined ? {} : { colors: value } } };
    case 'entries':
      if (value !== undefined) throw new UsageError(`${property.entries}: name one of them and an attribute of it`);
      return { ...config, [property.entries]: [] };
    case 'entry': {
      const { entries, name } = property;
      if (value !== undefined) throw new UsageError(`${entries}.${name}: name an attribute of it`);
      known(config, entries, name);
      return { ...config, [entries]: config[entries].filter((each) => each.name !== name) };
    }
    case 'field': {
      const { entries, name, field } = property;
      const inner = INNER[entries];
      if (value === undefined) known(config, entries, name);
      const all: readonly Entry[] = config[entries].map((each) => ({ ...each }));
      const present = all.find((each) => each.name === name);
      const { [field]: _old, ...others } = (present?.[inner] ?? {}) as Readonly<Record<string, unknown>>;
      const entry = { name, [inner]: value === undefined ? others : { ...others, [field]: value } };
      return {
        ...config,
        [entries]: present === undefined ? [...all, entry] : all.map((each) => (each.name === name ? entry : each)),
      };
    }
  }
}

function known(config: Kubeconfig, entries: Entries, name: string): void {
  if (!config[entries].some((each) => each.name === name))
    throw new UsageError(`${entries} has no "${name}": kubectl-lite config view shows what there is`);
}
