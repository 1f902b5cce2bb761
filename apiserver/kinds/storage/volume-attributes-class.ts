import { isSameJson } from '../../../shared/same-json';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { forbiddenField, required } from '../validation/field-errors';
import { driverNameProblems } from './driver-name';

const DEFAULT_CLASS = 'volumeattributesclass.kubernetes.io/is-default-class';
/** What of a class cannot change. */
const FROZEN = ['driverName', 'parameters'];
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Attributes that a claim may ask its driver for, and change while it is in use. */
export const volumeAttributesClass = defineKind({
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  namespaced: false,
  shortNames: ['vac'],
  schema: 'io.k8s.api.storage.v1.VolumeAttributesClass',
  columns: [
    {
      ...nameColumn,
      cell: ({ metadata }) =>
        metadata.annotations?.[DEFAULT_CLASS] === 'true' ? `${metadata.name} (default)` : metadata.name,
    },
    column('DriverName', (object) => textOf(object['driverName'])),
    ageColumn,
  ],
  validate: (object) => [
    ...driverNameProblems('driverName', textOf(object['driverName'])),
    ...(Object.keys((object['parameters'] as object | undefined) ?? {}).length === 0
      ? [required('parameters', 'must contain at least one key/value pair')]
      : []),
  ],
  validateUpdate: (object, old) =>
    FROZEN.flatMap((field) =>
      isSameJson(object[field], old[field]) ? [] : [forbiddenField(field, 'field is immutable.')],
    ),
});
