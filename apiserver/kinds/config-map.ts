import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { isConfigKey } from '../../shared/names';
import type { StatusCause } from '../../shared/status-error';
import type { Kind } from './kind';
import { ageColumn, column, countOf, nameColumn } from './columns';
import { ALL_VERBS } from './verbs';
import { checkName, forbiddenField, invalidValue, tooLong } from './validation/field-errors';
import { immutable } from './validation/object-meta';

const MAX_BYTES = 1024 * 1024;
type Texts = Readonly<Record<string, string>>;

const textsOf = (object: ApiObject, field: string): Texts => (object[field] as Texts | undefined) ?? {};

export const configMap: Kind = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  namespaced: true,
  shortNames: ['cm'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: 'io.k8s.api.core.v1.ConfigMap',
  columns: [
    nameColumn,
    column('Data', (object) => countOf(object, 'data', 'binaryData'), { description: 'The number of keys' }),
    ageColumn,
  ],
  fieldSelectors: [],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
  validate(object) {
    const data = textsOf(object, 'data');
    const binary = textsOf(object, 'binaryData');
    const bytes =
      Object.values(data).reduce((sum, text) => sum + Buffer.byteLength(text), 0) +
      Object.values(binary).reduce((sum, text) => sum + Buffer.byteLength(text, 'base64'), 0);
    return [
      ...Object.keys(data).flatMap((key) => [
        ...checkName(`data[${key}]`, key, isConfigKey),
        ...(Object.hasOwn(binary, key)
          ? [invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')]
          : []),
      ]),
      ...Object.keys(binary).flatMap((key) => checkName(`binaryData[${key}]`, key, isConfigKey)),
      ...(bytes > MAX_BYTES ? [tooLong('[]', MAX_BYTES)] : []),
    ];
  },
  validateUpdate: (object, old) => immutableDataProblems(object, old, ['data', 'binaryData']),
};

/** ConfigMaps and Secrets that are immutable stay so, with their data. */
export function immutableDataProblems(
  object: ApiObject,
  old: StoredObject,
  fields: readonly string[],
): readonly StatusCause[] {
  if (old['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  return [
    ...(object['immutable'] === true ? [] : [forbiddenField('immutable', why)]),
    ...fields.flatMap((field) =>
      immutable(field, object[field], old[field]).length > 0 ? [forbiddenField(field, why)] : [],
    ),
  ];
}
