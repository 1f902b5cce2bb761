import type { PersistentVolumeClaimSpec, PersistentVolumeClaimStatus } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { forbiddenField, invalidValue, notSupported, required } from '../validation/field-errors';
import { STATUS } from '../verbs';
import { classText } from './class-text';
import { accessModesText, loneModeProblems } from './access-modes';
import { setClaimDefaults } from './claim-defaults';

const VOLUME_MODES = ['Block', 'Filesystem'];
const MODES = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const specOf = (object: ApiObject | StoredObject): PersistentVolumeClaimSpec =>
  (object['spec'] as PersistentVolumeClaimSpec | undefined) ?? {};
const isBound = (object: StoredObject): boolean => (specOf(object).volumeName ?? '') !== '';
const statusOf = (object: StoredObject): PersistentVolumeClaimStatus =>
  (object['status'] as PersistentVolumeClaimStatus | undefined) ?? {};

export const persistentVolumeClaim = defineKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  shortNames: ['pvc'],
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.PersistentVolumeClaim',
  columns: [
    nameColumn,
    column('Status', (object) =>
      object.metadata.deletionTimestamp === undefined ? (statusOf(object).phase ?? '') : 'Terminating',
    ),
    column('Volume', (object) => specOf(object).volumeName ?? ''),
    column('Capacity', (object) => (isBound(object) ? (statusOf(object).capacity?.['storage'] ?? '0') : '')),
    column('Access Modes', (object) => (isBound(object) ? accessModesText(statusOf(object).accessModes) : '')),
    column('StorageClass', (object) => classText(object)),
    column('VolumeAttributesClass', (object) => specOf(object).volumeAttributesClassName ?? '<unset>'),
    ageColumn,
    column('VolumeMode', (object) => specOf(object).volumeMode ?? '<unset>', { wide: true }),
  ],
  hasStatus: true,
  setDefaults: (object) => setClaimDefaults(object as Parameters<typeof setClaimDefaults>[0]),
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
  validate(object) {
    const { accessModes = [], resources, volumeMode } = specOf(object);
    return [
      ...(accessModes.length === 0 ? [required('spec.accessModes', 'at least 1 access mode is required')] : []),
      ...accessModes.flatMap((mode) => (MODES.includes(mode) ? [] : [notSupported('spec.accessModes', mode, MODES)])),
      ...loneModeProblems(accessModes),
      ...(volumeMode === undefined || VOLUME_MODES.includes(volumeMode)
        ? []
        : [notSupported('spec.volumeMode', volumeMode, VOLUME_MODES)]),
      ...(resources?.requests?.['storage'] === '0'
        ? [invalidValue('spec.resources[storage]', '0', 'must be greater than zero')]
        : []),
      ...(resources?.requests?.['storage'] === undefined ? [required('spec.resources[storage]')] : []),
    ];
  },
  validateUpdate,
});

/** After creation a claim may only be bound, and ask for more. */
function validateUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const frozen = ({
    volumeName: _v,
    resources: _r,
    volumeAttributesClassName: _a,
    ...rest
  }: PersistentVolumeClaimSpec) => rest;
  const [wanted, had] = [spec.resources?.requests?.['storage'], before.resources?.requests?.['storage']];
  const shrinks =
    wanted !== undefined && had !== undefined && compareQuantities(parseQuantity(wanted), parseQuantity(had)) < 0;
  const rebinds = (before.volumeName ?? '') !== '' && spec.volumeName !== before.volumeName;
  return [
    ...(!isSameJson(frozen(spec), frozen(before)) || rebinds
      ? [
          forbiddenField(
            'spec',
            'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims',
          ),
        ]
      : []),
    ...(shrinks
      ? [forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity')]
      : []),
  ];
}
