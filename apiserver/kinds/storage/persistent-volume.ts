import path from 'node:path';
import type { PersistentVolumeSpec, PersistentVolumeStatus, VolumeNodeAffinity } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import {
  checkName,
  checkNameIfSet,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOfIfSet,
  required,
  when,
} from '../validation/field-errors';
import { immutable } from '../validation/object-meta';
import { specDiff } from '../validation/spec-diff';
import { isDns1123Subdomain } from '../../../shared/names';
import { parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { nodeTermWarnings } from '../pod/pod-warnings';
import { classAnnotationWarnings } from './claim-warnings';
import { nodeSelectorProblems } from '../pod/validate-affinity';
import { sourceProblems } from '../pod/volume-sources';
import { VOLUME_MODES } from './claim-spec';
import { STATUS } from '../verbs';
import { classText } from './class-text';
import { accessModesProblems, accessModesText } from './access-modes';

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
  validate,
  validateUpdate,
  warnings,
});

function validate(object: ApiObject): readonly StatusCause[] {
  const spec = specOf(object);
  const { accessModes = [], capacity = {}, nodeAffinity, hostPath } = spec;
  const policy = spec.persistentVolumeReclaimPolicy ?? '';
  const sizes = Object.entries(capacity);
  const attributes = spec.volumeAttributesClassName;
  return [
    ...when(accessModes.length === 0, required('spec.accessModes')),
    ...accessModesProblems('spec.accessModes', accessModes),
    ...when(sizes.length === 0, required('spec.capacity')),
    ...when(
      capacity['storage'] === undefined || sizes.length > 1,
      notSupported('spec.capacity', spec.capacity ?? null, ['storage']),
    ),
    ...sizes.flatMap(([name, size]) =>
      when(parseQuantity(size).nanos <= 0n, invalidValue(`spec.capacity[${name}]`, size, 'must be greater than zero')),
    ),
    ...oneOfIfSet('spec.persistentVolumeReclaimPolicy', policy, POLICIES),
    ...(nodeAffinity === undefined ? [] : nodeAffinityProblems(nodeAffinity)),
    ...sourceProblems(sourceOf(spec), 'spec'),
    ...when(
      spec.local !== undefined && nodeAffinity === undefined,
      required('spec.nodeAffinity', 'Local volume requires node affinity'),
    ),
    ...when(
      policy === 'Recycle' && hostPath !== undefined && path.posix.normalize(hostPath.path) === '/',
      forbiddenField('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"),
    ),
    ...checkNameIfSet('spec.storageClassName', spec.storageClassName, isDns1123Subdomain),
    ...oneOfIfSet('spec.volumeMode', spec.volumeMode, VOLUME_MODES),
    ...(attributes === ''
      ? [required('spec.volumeAttributesClassName', 'an empty string is disallowed')]
      : checkName('spec.volumeAttributesClassName', attributes, isDns1123Subdomain)),
    ...when(
      attributes !== undefined && spec.csi === undefined,
      required('spec.csi', 'has to be specified when using volumeAttributesClassName'),
    ),
  ];
}

const nodeAffinityProblems = ({ required: needed }: VolumeNodeAffinity): readonly StatusCause[] =>
  needed === undefined
    ? [required('spec.nodeAffinity.required', 'must specify required node constraints')]
    : nodeSelectorProblems('spec.nodeAffinity.required', needed);

const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options';

function warnings(object: StoredObject): readonly string[] {
  const { persistentVolumeReclaimPolicy: policy, nodeAffinity } = specOf(object);
  const { annotations } = object.metadata;
  const terms = nodeAffinity?.required?.nodeSelectorTerms ?? [];
  return [
    ...terms.flatMap((term, index) => nodeTermWarnings(term, `spec.nodeAffinity.required.nodeSelectorTerms[${index}]`)),
    ...classAnnotationWarnings(annotations),
    ...(annotations?.[MOUNT_OPTIONS] === undefined
      ? []
      : [`metadata.annotations[${MOUNT_OPTIONS}]: deprecated since v1.31; use "mountOptions" attribute instead`]),
    ...(policy === 'Recycle'
      ? [
          'spec.persistentVolumeReclaimPolicy: The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.',
        ]
      : []),
  ];
}

/** Where a volume lies does not change, and from where it can be reached only once. */
function validateUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [spec, before] = [specOf(object), specOf(old)];
  const [source, sourceBefore] = [sourceOf(spec), sourceOf(before)];
  const field = 'spec.persistentvolumesource';
  return [
    ...when(
      !isSameJson(source, sourceBefore),
      forbiddenField(field, `${field} is immutable after creation\n${specDiff(sourceBefore, source)}`),
    ),
    ...immutable('volumeMode', spec.volumeMode, before.volumeMode),
    ...(before.nodeAffinity === undefined ? [] : immutable('nodeAffinity', spec.nodeAffinity, before.nodeAffinity)),
    ...when(
      before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined,
      forbiddenField('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'),
    ),
  ];
}
