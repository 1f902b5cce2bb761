import type { CustomResourceDefinitionVersion } from 'kubernetes-types/apiextensions/v1';
import type { ApiObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import { duplicate, each, invalidValue, required } from '../kinds/validation/field-errors';
import { schemaAt } from './field-path';
import type { JsonSchema } from './json-schema';

type Version = Partial<CustomResourceDefinitionVersion>;

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string'];
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password'];
const MAX_SELECTABLE = 8;
const SELECTABLE = ['boolean', 'integer', 'string'];

/** What is wrong with a version beside its schema (apiextensions: validation.go). */
export const versionProblems = (version: Version, path: string): readonly StatusCause[] => [
  ...columnProblems(version, `${path}.additionalPrinterColumns`),
  ...selectableProblems(version, `${path}.selectableFields`),
  ...scaleProblems(version, `${path}.subresources.scale`),
];

const columnProblems = ({ additionalPrinterColumns }: Version, path: string): readonly StatusCause[] =>
  each(path, additionalPrinterColumns, ({ name = '', type = '', format = '', jsonPath = '' }, at) => [
    ...(name === '' ? [required(`${at}.name`)] : []),
    ...(type === '' ? [required(`${at}.type`, `must be one of ${COLUMN_TYPES.join(',')}`)] : []),
    ...(type === '' || COLUMN_TYPES.includes(type)
      ? []
      : [invalidValue(`${at}.type`, type, `must be one of ${COLUMN_TYPES.join(',')}`)]),
    ...(format === '' || COLUMN_FORMATS.includes(format)
      ? []
      : [invalidValue(`${at}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`)]),
    ...simplePathProblems(jsonPath, `${at}.jsonPath`),
  ]);

function simplePathProblems(path: string, field: string): readonly StatusCause[] {
  if (path === '') return [required(field)];
  return path.startsWith('.') ? [] : [invalidValue(field, path, 'must be a simple json path starting with .')];
}

function selectableProblems({ selectableFields = [], schema }: Version, path: string): readonly StatusCause[] {
  const root = (schema?.openAPIV3Schema ?? {}) as JsonSchema;
  const seen = new Set<string>();
  const problems = each(path, selectableFields, ({ jsonPath = '' }, at) => {
    const field = `${at}.jsonPath`;
    if (jsonPath === '') return [required(field)];
    const wrong = (why: string): readonly StatusCause[] => [invalidValue(field, jsonPath, why)];
    const found = schemaAt(jsonPath, root);
    if (typeof found === 'string') return wrong(`is an invalid path: ${found}`);
    if (/^\.metadata\b/.test(jsonPath)) return wrong('must not point to fields in metadata');
    if (!SELECTABLE.includes(found.type ?? '')) {
      return wrong(
        'must point to a field of type boolean, string or integer. Enum string fields and strings with formats are allowed.',
      );
    }
    if (seen.has(jsonPath)) return [duplicate(field, jsonPath)];
    seen.add(jsonPath);
    return [];
  });
  if (seen.size <= MAX_SELECTABLE) return problems;
  const message = `Too many: ${seen.size}: must have at most ${MAX_SELECTABLE} items`;
  return [...problems, { reason: 'FieldValueTooMany', field: path, message }];
}

function scaleProblems({ subresources }: Version, path: string): readonly StatusCause[] {
  const { scale } = subresources ?? {};
  if (scale === undefined) return [];
  const under = (name: 'specReplicasPath' | 'statusReplicasPath' | 'labelSelectorPath', parents: readonly string[]) => {
    const value = scale[name] ?? '';
    const simple = simplePathProblems(value, `${path}.${name}`);
    if (simple.length > 0 || parents.some((parent) => value.startsWith(`.${parent}.`))) return simple;
    const wanted = parents.map((parent) => `.${parent}`).join(' or ');
    return [invalidValue(`${path}.${name}`, value, `should be a json path under ${wanted}`)];
  };
  return [
    ...under('specReplicasPath', ['spec']),
    ...under('statusReplicasPath', ['status']),
    ...((scale.labelSelectorPath ?? '') === '' ? [] : under('labelSelectorPath', ['spec', 'status'])),
  ];
}

const APPROVED = 'api-approved.kubernetes.io';
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111';

/** How far the community has agreed to a definition in one of its groups; undefined: the group is not one of them. */
export type Approval =
  | { readonly is: 'approved'; readonly message: string }
  | { readonly is: 'bypassed' | 'missing' | 'invalid'; readonly message: string };

export function approvalOf(
  group: string,
  { annotations = {} }: NonNullable<ApiObject['metadata']>,
): Approval | undefined {
  if (!/(^|\.)(k8s|kubernetes)\.io$/.test(group)) return undefined;
  const given = annotations[APPROVED] ?? '';
  const wanted = `protected groups must have approval annotation "${APPROVED}"`;
  if (given === '') return { is: 'missing', message: `${wanted}, ${SEE}` };
  if (given.startsWith('unapproved')) return { is: 'bypassed', message: `not approved: ${JSON.stringify(given)}` };
  if (URL.canParse(given)) return { is: 'approved', message: `approved in ${given}` };
  return { is: 'invalid', message: `${wanted} with either a URL or a reason starting with "unapproved", ${SEE}` };
}

/** `old`: the annotations that stand; what is not changed may stay. */
export function approvalProblems(
  group: string,
  metadata: NonNullable<ApiObject['metadata']>,
  old?: ApiObject['metadata'],
): readonly StatusCause[] {
  const given = metadata.annotations?.[APPROVED] ?? '';
  if (old !== undefined && (old.annotations?.[APPROVED] ?? '') === given) return [];
  const approval = approvalOf(group, metadata);
  const field = `metadata.annotations[${APPROVED}]`;
  if (approval?.is === 'missing') return [required(field, approval.message)];
  return approval?.is === 'invalid' ? [invalidValue(field, given, approval.message)] : [];
}
