import type { StatusCause } from '../../shared/status-error';
import { invalid } from '../../shared/status-error';
import { forbiddenField, invalidValue, notSupported, required, tooLong } from '../kinds/validation/field-errors';
import type { WriteOptions } from '../registry/registry';

/** The types of meta.k8s.io/v1 that the query of a write stands for, by its method. */
const OPTIONS: Readonly<Record<string, string>> = {
  POST: 'CreateOptions',
  PUT: 'UpdateOptions',
  PATCH: 'PatchOptions',
  DELETE: 'DeleteOptions',
};
const FIELD_VALIDATIONS = ['', 'Ignore', 'Strict', 'Warn'] as const;
const MAX_MANAGER_BYTES = 128;
/** What Go calls printable: no control characters, no other space than the plain one. */
const UNPRINTABLE = /[^\P{C}]|[^\P{Z} ]/u;

/** What a write's query asks for beside the object. */
export interface RequestOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: NonNullable<WriteOptions['fieldValidation']>;
  readonly fieldManager?: string;
}

/** Throws Invalid, with one cause for each option that has no such value; `isApply` is of a PATCH by configuration. */
export function requestOptions(
  method: string | undefined,
  query: URLSearchParams,
  { isApply }: { readonly isApply?: boolean } = {},
): RequestOptions {
  const dryRun = query.getAll('dryRun');
  const fieldManager = query.get('fieldManager') ?? '';
  const fieldValidation = query.get('fieldValidation') ?? '';
  refuse(method, [
    ...(isApply === true && fieldManager === '' ? [required('fieldManager', 'is required for apply patch')] : []),
    ...(isApply === false && query.has('force')
      ? [forbiddenField('force', 'may not be specified for non-apply patch')]
      : []),
    ...dryRunProblems(dryRun),
    ...managerProblems(fieldManager),
    ...(FIELD_VALIDATIONS.some((each) => each === fieldValidation)
      ? []
      : [notSupported('fieldValidation', fieldValidation, FIELD_VALIDATIONS)]),
  ]);
  return {
    dryRun: dryRun.length > 0,
    fieldValidation: fieldValidation === 'Strict' || fieldValidation === 'Ignore' ? fieldValidation : 'Warn',
    ...(fieldManager === '' ? {} : { fieldManager }),
  };
}

/** Whether nothing is to be stored. Throws Invalid. */
export function isDryRun(method: string | undefined, values: readonly string[]): boolean {
  refuse(method, dryRunProblems(values));
  return values.length > 0;
}

function refuse(method: string | undefined, problems: readonly StatusCause[]): void {
  const kind = OPTIONS[method ?? ''] ?? 'CreateOptions';
  if (problems.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', problems);
}

const dryRunProblems = (values: readonly string[]): readonly StatusCause[] =>
  values.every((value) => value === 'All') ? [] : [notSupported('dryRun', values, ['All'])];

const managerProblems = (name: string): readonly StatusCause[] => [
  ...(Buffer.byteLength(name) > MAX_MANAGER_BYTES ? [tooLong('fieldManager', MAX_MANAGER_BYTES)] : []),
  ...(UNPRINTABLE.test(name) ? [invalidValue('fieldManager', name, 'should only contain printable characters')] : []),
];
