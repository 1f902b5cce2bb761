import type { ApiObject, ObjectMeta, StoredObject } from '../../../shared/api/objects';
import type { NameRule } from '../../../shared/names';
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isPathSegment,
  isQualifiedName,
} from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import type { Kind } from '../kind';
import { checkName, each, forbiddenField, invalidValue, required, tooLong } from './field-errors';
import { isSameJson } from '../../../shared/same-json';

const RULES: Record<Kind['nameRule'], NameRule> = {
  'dns1123-subdomain': isDns1123Subdomain,
  'dns1123-label': isDns1123Label,
  'dns1035-label': isDns1035Label,
  'path-segment': isPathSegment,
};
const MAX_ANNOTATIONS_BYTES = 256 * 1024;

/** Metadata of any kind, after the server has filled its part. */
export function validateMeta(kind: Kind, object: ApiObject): readonly StatusCause[] {
  const meta: ObjectMeta = object.metadata ?? {};
  return [
    ...nameProblems(kind, meta),
    ...validateLabels('metadata.labels', meta.labels),
    ...validateAnnotations('metadata.annotations', meta.annotations),
    ...each('metadata.finalizers', meta.finalizers, (finalizer, path) => finalizerProblems(kind, finalizer, path)),
    ...ownerProblems(meta),
  ];
}

function nameProblems(kind: Kind, meta: ObjectMeta): readonly StatusCause[] {
  const rule = RULES[kind.nameRule];
  if (meta.name === undefined || meta.name === '') {
    return [required('metadata.name', 'name or generateName is required')];
  }
  return [
    // A trailing dash of the prefix is fine: the suffix follows.
    ...(meta.generateName === undefined || meta.generateName === ''
      ? []
      : checkName('metadata.generateName', meta.generateName.replace(/-+$/, 'a'), rule)),
    ...checkName('metadata.name', meta.name, rule),
  ];
}

export function validateLabels(
  field: string,
  labels: Readonly<Record<string, string>> | undefined,
): readonly StatusCause[] {
  return Object.entries(labels ?? {}).flatMap(([key, value]) => [
    ...checkName(field, key, isQualifiedName),
    ...checkName(field, value, isLabelValue),
  ]);
}

export function validateAnnotations(
  field: string,
  annotations: Readonly<Record<string, string>> | undefined,
): readonly StatusCause[] {
  const entries = Object.entries(annotations ?? {});
  const bytes = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  return [
    ...entries.flatMap(([key]) => checkName(field, key.toLowerCase(), isQualifiedName)),
    ...(bytes > MAX_ANNOTATIONS_BYTES ? [tooLong(field, MAX_ANNOTATIONS_BYTES)] : []),
  ];
}

const STANDARD_FINALIZERS = ['orphan', 'foregroundDeletion', 'kubernetes'];

/** Definitions and custom resources may use any qualified name, as in Kubernetes. */
function finalizerProblems(kind: Kind, finalizer: string, field: string): readonly StatusCause[] {
  const problems = checkName(field, finalizer, isQualifiedName);
  if (kind.custom !== undefined || kind.group === 'apiextensions.k8s.io') return problems;
  if (problems.length > 0 || finalizer.includes('/') || STANDARD_FINALIZERS.includes(finalizer)) return problems;
  return [invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified')];
}

function ownerProblems(meta: ObjectMeta): readonly StatusCause[] {
  const field = 'metadata.ownerReferences';
  const controllers = (meta.ownerReferences ?? []).filter(({ controller }) => controller === true);
  return [
    ...each(field, meta.ownerReferences, (owner, path) => [
      ...(owner.kind === 'Event' && owner.apiVersion === 'v1'
        ? [invalidValue(field, owner, '/v1, Kind=Event is disallowed from being an owner')]
        : []),
      ...(owner.apiVersion === '' || owner.apiVersion === undefined
        ? [invalidValue(`${path}.apiVersion`, owner.apiVersion ?? '', 'version must not be empty')]
        : []),
      ...(owner.kind === '' || owner.kind === undefined
        ? [invalidValue(`${path}.kind`, owner.kind ?? '', 'must not be empty')]
        : []),
      ...(owner.name === '' || owner.name === undefined
        ? [invalidValue(`${path}.name`, owner.name ?? '', 'must not be empty')]
        : []),
      ...(owner.uid === '' || owner.uid === undefined
        ? [invalidValue(`${path}.uid`, owner.uid ?? '', 'must not be empty')]
        : []),
    ]),
    ...(controllers.length > 1
      ? [
          invalidValue(
            field,
            meta.ownerReferences,
            `Only one reference can have Controller set to true. Found "true" in references for ${controllers.map(({ name }) => name).join(' and ')}`,
          ),
        ]
      : []),
  ];
}

/** What an update may not do to metadata. */
export function validateMetaUpdate(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const added = (object.metadata?.finalizers ?? []).filter((each) => !(old.metadata.finalizers ?? []).includes(each));
  return old.metadata.deletionTimestamp !== undefined && added.length > 0
    ? [
        forbiddenField(
          'metadata.finalizers',
          `no new finalizers can be added if the object is being deleted, found new finalizers []string{${added.map((name) => JSON.stringify(name)).join(', ')}}`,
        ),
      ]
    : [];
}

const FIELD_IS_IMMUTABLE = 'field is immutable';
export const immutable = (field: string, value: unknown, old: unknown): readonly StatusCause[] =>
  isSameJson(value, old) ? [] : [invalidValue(field, value ?? null, FIELD_IS_IMMUTABLE)];
