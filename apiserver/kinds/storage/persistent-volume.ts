import path from 'node:path';
import type { PersistentVolumeSpec, PersistentVolumeStatus } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { forbiddenField, notSupported, required } from '../validation/field-errors';
import { STATUS } from '../verbs';
import { classText } from './class-text';
import { accessModesText, loneModeProblems } from './access-modes';
import { nfsProblems } from '../pod/validate-volumes';

const POLICIES = ['Delete', 'Recycle', 'Retain'];
/** Fields of a spec that do not say where the volume lies. */
const NOT_SOURCES = [
  'accessModes',
  'capacity',
  'claimRef',
  'mountOptions',
  'nodeAffinity',
  'persistentVolumeReclaimPolicy',
  'storageClassName',
  'volumeAttributesClassName',
  'volumeMode',
];
const specOf = (object: ApiObject | StoredObject): PersistentVolumeSpec =>
  (object['spec'] as PersistentVolumeSpec | undefined) ?? {};
const statusOf = (object: StoredObject): PersistentVolumeStatus =>
  (object['status'] as PersistentVolumeStatus | undefined) ?? {};
const sourceOf = (spec: PersistentVolumeSpec): object =>
  Object.fromEntries(Object.entries(spec).filter(([field]) => !NOT_SOURCES.includes(field)));

export const persistentVolume = defineKind({
  group: '',
  version: 'v1',
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  namespaced: false,
  shortNames: ['pv'],
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.PersistentVolume',
  columns: [
    nameColumn,
    column('Capacity', (object) => specOf(object).capacity?.['storage'] ?? '0'),
    column('Access Modes', (object) => accessModesText(specOf(object).accessModes)),
    column('Reclaim Policy', (object) => specOf(object).persistentVolumeReclaimPolicy ?? ''),
    column('Status', (object) =>
      object.metadata.deletionTimestamp === undefined ? (statusOf(object).phase ?? '') : 'Terminating',
    ),
    column('Claim', (object) => {
      const { claimRef } = specOf(object);
      return claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`;
    }),
    column('StorageClass', (object) => classText(object)),
    column('VolumeAttributesClass', (object) => specOf(object).volumeAttributesClassName ?? '<unset>'),
    column('Reason', (object) => statusOf(object).reason ?? ''),
    ageColumn,
    column('VolumeMode', (object) => specOf(object).volumeMode ?? '<unset>', { wide: true }),
  ],
  hasStatus: true,
  setDefaults(object) {
    const spec = (object['spec'] ??= {}) as PersistentVolumeSpec;
    spec.persistentVolumeReclaimPolicy ??= 'Retain';
    spec.volumeMode ??= 'Filesystem';
    if (spec.hostPath !== undefined) spec.hostPath.type ??= '';
  },
  prepareForCreate(object) {
    object['status'] = { phase: 'Pending' };
  },
  validate(object) {
    const spec = specOf(object);
    const policy = spec.persistentVolumeReclaimPolicy ?? '';
    return [
      ...((spec.accessModes ?? []).length === 0 ? [required('spec.accessModes')] : []),
      ...loneModeProblems(spec.accessModes),
      ...(policy === 'Recycle' && spec.hostPath !== undefined && path.posix.normalize(spec.hostPath.path) === '/'
        ? [forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'")]
        : []),
      ...(spec.capacity?.['storage'] === undefined ? [required('spec.capacity')] : []),
      ...(POLICIES.includes(policy) ? [] : [notSupported('spec.persistentVolumeReclaimPolicy', policy, POLICIES)]),
      ...(Object.keys(sourceOf(spec)).length === 0 ? [required('spec', 'must specify a volume type')] : []),
      ...(Object.keys(sourceOf(spec)).length > 1
        ? [forbiddenField('spec', 'may not specify more than 1 volume type')]
        : []),
      ...(spec.nfs === undefined ? [] : nfsProblems(spec.nfs, 'spec.nfs')),
      ...(spec.local !== undefined && spec.nodeAffinity === undefined
        ? [required('spec.nodeAffinity', 'Local volume requires node affinity')]
        : []),
    ];
  },
  validateUpdate: (object, old) =>
    isSameJson(sourceOf(specOf(object)), sourceOf(specOf(old)))
      ? []
      : [forbiddenField('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation')],
});
