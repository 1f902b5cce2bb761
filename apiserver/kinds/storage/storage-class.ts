import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { TopologySelectorTerm } from 'kubernetes-types/core/v1';
import { isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  duplicate,
  each,
  forbiddenField,
  invalidValue,
  oneOf,
  required,
  tooLong,
  when,
} from '../validation/field-errors';
import { immutable } from '../validation/object-meta';
import { DEFAULT_CLASS } from './local-path-class';
import { isSameJson } from '../../../shared/same-json';

const BINDING_MODES = ['Immediate', 'WaitForFirstConsumer'];
const POLICIES = ['Delete', 'Retain'];
/** What of a class cannot change. */
const FROZEN = ['parameters', 'provisioner', 'reclaimPolicy'];
const MAX_PARAMETER_BYTES = 256 * 1024;
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
    const provisioner = textOf(object['provisioner']);
    return [
      ...(provisioner === ''
        ? [required('provisioner')]
        : isQualifiedName(provisioner.toLowerCase()).map((problem) =>
            invalidValue('provisioner', provisioner, problem),
          )),
      ...parameterProblems((object['parameters'] as Readonly<Record<string, string>> | undefined) ?? {}),
      ...oneOf('reclaimPolicy', textOf(object['reclaimPolicy']), POLICIES),
      ...oneOf('volumeBindingMode', textOf(object['volumeBindingMode']), BINDING_MODES),
      ...each('allowedTopologies', object['allowedTopologies'] as TopologySelectorTerm[] | undefined, topologyProblems),
    ];
  },
  validateUpdate: (object, old) => [
    ...FROZEN.flatMap((field) =>
      when(!isSameJson(object[field], old[field]), forbiddenField(field, `updates to ${field} are forbidden.`)),
    ),
    ...immutable('volumeBindingMode', object['volumeBindingMode'], old['volumeBindingMode']),
  ],
});

function parameterProblems(parameters: Readonly<Record<string, string>>): readonly StatusCause[] {
  const entries = Object.entries(parameters);
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...when(Object.hasOwn(parameters, ''), invalidValue('parameters', '', 'field can not be empty.')),
    ...when(bytes > MAX_PARAMETER_BYTES, tooLong('parameters', MAX_PARAMETER_BYTES)),
  ];
}

/** Where volumes of the class may be: each key once, each value once. */
function topologyProblems({ matchLabelExpressions = [] }: TopologySelectorTerm, path: string): readonly StatusCause[] {
  return each(`${path}.matchLabelExpressions`, matchLabelExpressions, ({ key, values = [] }, at, index) => [
    ...when(values.length === 0, required(`${at}.values`)),
    ...each(`${at}.values`, values, (value, where, nth) => when(values.indexOf(value) < nth, duplicate(where, value))),
    ...checkName(`${at}.key`, key ?? '', isQualifiedName),
    ...when(matchLabelExpressions.findIndex((other) => other.key === key) < index, duplicate(`${at}.key`, key)),
  ]);
}
