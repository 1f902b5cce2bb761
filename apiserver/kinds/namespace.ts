import type { Namespace, StoredObject } from '../../shared/api/objects';
import { isQualifiedName } from '../../shared/names';
import type { Kind } from './kind';
import { ageColumn, column, nameColumn } from './columns';
import { checkName, each, invalidValue } from './validation/field-errors';
import { ALL_VERBS, STATUS } from './verbs';

const NAME_LABEL = 'kubernetes.io/metadata.name';
const asNamespace = (object: StoredObject): Namespace => object as unknown as Namespace;

export const namespace: Kind = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  namespaced: false,
  shortNames: ['ns'],
  categories: [],
  verbs: ALL_VERBS.filter((verb) => verb !== 'deletecollection'),
  subresources: [STATUS, { name: 'finalize', verbs: ['update'] }],
  schema: 'io.k8s.api.core.v1.Namespace',
  columns: [
    nameColumn,
    column('Status', (object) => asNamespace(object).status?.phase ?? '', {
      description: 'The status of the namespace',
    }),
    ageColumn,
  ],
  fieldSelectors: ['status.phase', 'name'],
  nameRule: 'dns1123-label',
  hasStatus: true,
  hasGeneration: false,
  setDefaults(object) {
    const metadata = (object.metadata ??= {});
    if (metadata.name !== undefined) metadata.labels = { ...metadata.labels, [NAME_LABEL]: metadata.name };
    object['spec'] ??= {};
  },
  prepareForCreate(object) {
    object['spec'] = { finalizers: ['kubernetes'] };
    object['status'] = { phase: 'Active' };
  },
  prepareForUpdate(object, old, subresource) {
    const { finalizers, ...spec } = asNamespace(old).spec ?? {};
    if (subresource === 'finalize') {
      object['spec'] = { ...spec, finalizers: asNamespace(object).spec?.finalizers ?? [] };
    } else if (finalizers !== undefined) object['spec'] = { ...asNamespace(object).spec, finalizers: [...finalizers] };
  },
  validate: (object) =>
    each('spec.finalizers', asNamespace(object as StoredObject).spec?.finalizers, (name, path) =>
      name === 'kubernetes' || name.includes('/')
        ? checkName(path, name, isQualifiedName)
        : [invalidValue(path, name, 'name is neither a standard finalizer name nor is it fully qualified')],
    ),
  holdsDeletion: (object) => (asNamespace(object).spec?.finalizers ?? []).length > 0,
  beginDeletion(object) {
    object['status'] = { ...asNamespace(object).status, phase: 'Terminating' };
  },
};
