import type { PersistentVolumeClaimSpec, PersistentVolumeClaimStatus } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { compareQuantities, parseQuantity } from '../../../shared/quantity';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { forbiddenField, when } from '../validation/field-errors';
import { immutable } from '../validation/object-meta';
import { specDiff } from '../validation/spec-diff';
import { STATUS } from '../verbs';
import { classText } from './class-text';
import { accessModesText } from './access-modes';
import { setClaimDefaults } from './claim-defaults';
import { claimWarnings, classAnnotationWarnings } from './claim-warnings';
import { claimSpecProblems } from './claim-spec';

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
  validate: (object) => claimSpecProblems(specOf(object), 'spec'),
  validateUpdate,
  warnings: (object) => [
    ...classAnnotationWarnings(object.metadata.annotations),
    ...claimWarnings(specOf(object), 'spec'),
  ],
});

/** After creation a claim may only be bound and given its class, and, once it is bound, ask for more. */
function validateUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const isBound = statusOf(old).phase === 'Bound';
  const allowed = withChangeable(spec, before, { isBound });
  const [attributes, attributesBefore] = [spec.volumeAttributesClassName, before.volumeAttributesClassName];
  const field = 'spec.volumeAttributesClassName';
  return [
    ...when(
      !isSameJson(allowed, before),
      forbiddenField(
        'spec',
        `spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n${specDiff(before, allowed)}`,
      ),
    ),
    ...shrinkProblems(spec, before, statusOf(old)),
    ...immutable('volumeMode', spec.volumeMode, before.volumeMode),
    ...when(
      attributesBefore !== undefined && attributes === undefined,
      forbiddenField(field, 'update from non-nil value to nil is forbidden'),
    ),
    ...when(
      attributesBefore !== undefined && attributesBefore !== '' && attributes === '',
      forbiddenField(field, 'update from non-nil value to an empty string is forbidden'),
    ),
  ];
}

/** The spec with what may change as it was. */
function withChangeable(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  { isBound }: { readonly isBound: boolean },
): PersistentVolumeClaimSpec {
  const storage = before.resources?.requests?.['storage'];
  const { requests } = spec.resources ?? {};
  return {
    ...spec,
    ...((before.volumeName ?? '') === '' ? { volumeName: before.volumeName } : {}),
    ...(before.storageClassName === undefined ? { storageClassName: undefined } : {}),
    ...(isBound && requests !== undefined && storage !== undefined
      ? { resources: { ...spec.resources, requests: { ...requests, storage } } }
      : {}),
    ...(isBound && spec.volumeAttributesClassName !== undefined
      ? { volumeAttributesClassName: before.volumeAttributesClassName }
      : {}),
  } as PersistentVolumeClaimSpec;
}

/** Who asked for more than can be had may ask for less again, but not for what they have. */
function shrinkProblems(
  spec: PersistentVolumeClaimSpec,
  before: PersistentVolumeClaimSpec,
  { capacity }: PersistentVolumeClaimStatus,
): readonly StatusCause[] {
  const size = (amounts: Readonly<Record<string, string>> | undefined) => parseQuantity(amounts?.['storage'] ?? '0');
  const wanted = size(spec.resources?.requests);
  const shrinks = compareQuantities(wanted, size(before.resources?.requests)) < 0;
  return when(
    shrinks && compareQuantities(wanted, size(capacity)) <= 0,
    forbiddenField('spec.resources.requests.storage', 'field can not be less than status.capacity'),
  );
}
