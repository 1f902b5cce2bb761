import type { ApiObject } from '../../shared/api/objects';
import { isConfigKey } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, column, countOf, nameColumn } from './columns';
import { immutableDataProblems } from './config-map';
import type { Kind } from './kind';
import { checkName, invalidValue, required, tooLong, when } from './validation/field-errors';
import { immutable } from './validation/object-meta';
import { ALL_VERBS } from './verbs';

const MAX_BYTES = 1024 * 1024;
const ACCOUNT_NAME = 'kubernetes.io/service-account.name';
type Texts = Readonly<Record<string, string>>;

export const secret: Kind = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: 'io.k8s.api.core.v1.Secret',
  columns: [
    nameColumn,
    column('Type', (object) => String(object['type'] ?? ''), {
      description: 'Used to facilitate programmatic handling of secret data.',
    }),
    column('Data', (object) => countOf(object, 'data'), { description: 'The number of keys' }),
    ageColumn,
  ],
  fieldSelectors: ['type'],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
  setDefaults(object) {
    if (object['type'] === undefined || object['type'] === '') object['type'] = 'Opaque';
    const plain = object['stringData'] as Texts | undefined;
    if (plain === undefined) return;
    const encoded = Object.entries(plain).map(([key, text]) => [key, Buffer.from(text).toString('base64')] as const);
    object['data'] = { ...(object['data'] as Texts | undefined), ...Object.fromEntries(encoded) };
    delete object['stringData'];
  },
  validate(object) {
    const data = (object['data'] as Texts | undefined) ?? {};
    const bytes = Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
    return [
      ...Object.keys(data).flatMap((key) => checkName(`data[${key}]`, key, isConfigKey)),
      ...(bytes > MAX_BYTES ? [tooLong('data', MAX_BYTES)] : []),
      ...typeProblems(object, data),
    ];
  },
  validateUpdate: (object, old) => [
    ...immutable('type', object['type'], old['type']),
    ...immutableDataProblems(object, old, ['data']),
  ],
};

function typeProblems(object: ApiObject, data: Texts): readonly StatusCause[] {
  const has = (key: string): boolean => Object.hasOwn(data, key);
  const needs = (...keys: readonly string[]): readonly StatusCause[] =>
    keys.filter((key) => !has(key)).map((key) => required(`data[${key}]`));
  switch (object['type']) {
    case 'kubernetes.io/service-account-token':
      return when(
        (object.metadata?.annotations?.[ACCOUNT_NAME] ?? '') === '',
        required(`metadata.annotations[${ACCOUNT_NAME}]`),
      );
    case 'kubernetes.io/dockercfg':
      return configProblems(data, '.dockercfg');
    case 'kubernetes.io/dockerconfigjson':
      return configProblems(data, '.dockerconfigjson');
    case 'kubernetes.io/basic-auth':
      return has('username') || has('password') ? [] : needs('username', 'password');
    case 'kubernetes.io/ssh-auth':
      return when((data['ssh-privatekey'] ?? '') === '', required('data[ssh-privatekey]'));
    case 'kubernetes.io/tls':
      return needs('tls.crt', 'tls.key');
    default:
      return [];
  }
}

function configProblems(data: Texts, key: string): readonly StatusCause[] {
  const config = data[key];
  if (config === undefined) return [required(`data[${key}]`)];
  return when(
    !isJson(Buffer.from(config, 'base64').toString('utf8')),
    invalidValue(`data[${key}]`, '<secret contents redacted>', 'must be valid JSON'),
  );
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
