import type { PersistentVolumeClaimSpec, TypedObjectReference } from 'kubernetes-types/core/v1';
import { isDns1123Label, isDns1123Subdomain } from '../../../shared/names';
import { parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  checkNameIfSet,
  invalidValue,
  oneOfIfSet,
  required,
  requiredName,
  when,
} from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';
import { accessModesProblems } from './access-modes';

export const VOLUME_MODES = ['Block', 'Filesystem'];

/** What a claim asks for: of one itself, and of one that is made with a pod. */
export function claimSpecProblems(spec: PersistentVolumeClaimSpec, field: string): readonly StatusCause[] {
  const { accessModes = [], resources, dataSource, dataSourceRef } = spec;
  const asked = resources?.requests?.['storage'];
  const at = `${field}.resources[storage]`;
  const isElsewhere = (dataSourceRef?.namespace ?? '') !== '';
  return [
    ...when(accessModes.length === 0, required(`${field}.accessModes`, 'at least 1 access mode is required')),
    ...validateLabelSelector(`${field}.selector`, spec.selector),
    ...accessModesProblems(`${field}.accessModes`, accessModes),
    ...(asked === undefined
      ? [required(at)]
      : when(parseQuantity(asked).nanos <= 0n, invalidValue(at, asked, 'must be greater than zero'))),
    ...checkNameIfSet(`${field}.storageClassName`, spec.storageClassName, isDns1123Subdomain),
    ...oneOfIfSet(`${field}.volumeMode`, spec.volumeMode, VOLUME_MODES),
    ...(dataSource === undefined ? [] : dataSourceProblems(dataSource, `${field}.dataSource`)),
    ...(dataSourceRef === undefined ? [] : dataSourceProblems(dataSourceRef, `${field}.dataSourceRef`)),
    ...when(
      dataSource !== undefined && isElsewhere,
      invalidValue(field, `${field}.dataSource`, 'may not be specified when dataSourceRef.namespace is specified'),
    ),
    ...when(
      dataSource !== undefined && dataSourceRef !== undefined && !isElsewhere && !isSame(dataSource, dataSourceRef),
      invalidValue(field, `${field}.dataSource`, 'must match dataSourceRef'),
    ),
    ...checkNameIfSet(`${field}.volumeAttributesClassName`, spec.volumeAttributesClassName, isDns1123Subdomain),
  ];
}

const isSame = (one: TypedObjectReference, other: TypedObjectReference): boolean =>
  one.apiGroup === other.apiGroup && one.kind === other.kind && one.name === other.name;

const dataSourceProblems = (
  { apiGroup = '', kind = '', name, namespace }: TypedObjectReference,
  field: string,
): readonly StatusCause[] => [
  ...requiredName(`${field}.name`, name),
  ...requiredName(`${field}.kind`, kind),
  ...when(
    apiGroup === '' && kind !== 'PersistentVolumeClaim',
    invalidValue(field, kind, "must be 'PersistentVolumeClaim' when referencing the default apiGroup"),
  ),
  ...checkNameIfSet(`${field}.apiGroup`, apiGroup, isDns1123Subdomain),
  ...checkName(`${field}.namespace`, namespace === '' ? undefined : namespace, isDns1123Label),
];
