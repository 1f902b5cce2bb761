import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { forbiddenField, notSupported, required } from '../validation/field-errors';
import { DEFAULT_CLASS } from './local-path-class';
import { isSameJson } from '../../../shared/same-json';

const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const POLICIES = ['Delete', 'Retain'];
/** What of a class cannot change. */
const FROZEN = ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

export const storageClass = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  plural: 'storageclasses',
  namespaced: false,
  shortNames: ['sc'],
  schema: 'io.k8s.api.storage.v1.StorageClass',
  columns: [
    {
      ...nameColumn,
      cell: ({ metadata }) =>
        metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${metadata.name} (default)` : metadata.name,
    },
    column('Provisioner', (object) => textOf(object['provisioner'])),
    column('ReclaimPolicy', (object) => textOf(object['reclaimPolicy'])),
    column('VolumeBindingMode', (object) => textOf(object['volumeBindingMode'])),
    column('AllowVolumeExpansion', (object) => object['allowVolumeExpansion'] === true),
    ageColumn,
  ],
  setDefaults(object) {
    object['reclaimPolicy'] ??= 'Delete';
    object['volumeBindingMode'] ??= 'Immediate';
  },
  validate(object) {
    const [mode, policy] = [textOf(object['volumeBindingMode']), textOf(object['reclaimPolicy'])];
    return [
      ...(textOf(object['provisioner']) === '' ? [required('provisioner')] : []),
      ...(BINDING_MODES.includes(mode) ? [] : [notSupported('volumeBindingMode', mode, BINDING_MODES)]),
      ...(POLICIES.includes(policy) ? [] : [notSupported('reclaimPolicy', policy, POLICIES)]),
    ];
  },
  validateUpdate: (object, old) =>
    FROZEN.flatMap((field) =>
      isSameJson(object[field], old[field]) ? [] : [forbiddenField(field, `updates to ${field} are forbidden.`)],
    ),
});
