import type { StatusCause } from '../../../shared/status-error';
import type { NameRule } from '../../../shared/names';

/** Field errors in Kubernetes' words (k8s.io/apimachinery/pkg/util/validation/field). */
const cause = (reason: string, field: string, message: string): StatusCause => ({ reason, message, field });

const quoted = (value: unknown): string => JSON.stringify(value) ?? 'null';
const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

/** The cause, where it is one. */
export const when = (isWrong: boolean, cause: StatusCause): readonly StatusCause[] => (isWrong ? [cause] : []);

export const required = (field: string, detail = ''): StatusCause =>
  cause('FieldValueRequired', field, withDetail('Required value', detail));

export const invalidValue = (field: string, value: unknown, detail: string): StatusCause =>
  cause('FieldValueInvalid', field, withDetail(`Invalid value: ${quoted(value)}`, detail));

/** Of what is wrong as a whole, with nothing to quote. */
export const invalidField = (field: string, detail: string): StatusCause =>
  cause('FieldValueInvalid', field, withDetail('Invalid value', detail));

export const duplicate = (field: string, value: unknown, detail = ''): StatusCause =>
  cause('FieldValueDuplicate', field, withDetail(`Duplicate value: ${quoted(value)}`, detail));

export const notSupported = (field: string, value: unknown, supported: readonly string[]): StatusCause =>
  cause(
    'FieldValueNotSupported',
    field,
    `Unsupported value: ${quoted(value)}: supported values: ${supported.map(quoted).join(', ')}`,
  );

/** One of a few; nothing at all is too little. The order of `known` is that of the message. */
export const oneOf = (field: string, value: string | undefined, known: readonly string[]): readonly StatusCause[] =>
  (value ?? '') === '' ? [required(field)] : oneOfIfSet(field, value, known);

/** The same, which tells what it could be. */
export const oneOfThese = (
  field: string,
  value: string | undefined,
  known: readonly string[],
): readonly StatusCause[] =>
  (value ?? '') === ''
    ? [required(field, `valid values: [${known.map(quoted).join(' ')}]`)]
    : oneOfIfSet(field, value, known);

/** The same of what may be absent. */
export const oneOfIfSet = (
  field: string,
  value: string | undefined,
  known: readonly string[],
): readonly StatusCause[] => when(value !== undefined && !known.includes(value), notSupported(field, value, known));

export const forbiddenField = (field: string, detail: string): StatusCause =>
  cause('FieldValueForbidden', field, withDetail('Forbidden', detail));

export const notFoundField = (field: string, value: unknown): StatusCause =>
  cause('FieldValueNotFound', field, `Not found: ${quoted(value)}`);

export const tooLong = (field: string, maxBytes: number): StatusCause =>
  cause('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);

export const tooMany = (field: string, count: number, max: number): StatusCause =>
  cause('FieldValueTooMany', field, `Too many: ${count}: must have at most ${max} items`);

/** One Invalid per problem the rule finds; nothing for an absent value. */
export const checkName = (field: string, value: string | undefined, rule: NameRule): StatusCause[] =>
  value === undefined ? [] : rule(value).map((problem) => invalidValue(field, value, problem));

/** The same of a name that must be there. */
export const requiredName = (field: string, value = '', rule?: NameRule): readonly StatusCause[] =>
  value === '' ? [required(field)] : rule === undefined ? [] : checkName(field, value, rule);

/** The same of one that may be empty as well as absent. */
export const checkNameIfSet = (field: string, value: string | undefined, rule: NameRule): readonly StatusCause[] =>
  checkName(field, value === '' ? undefined : value, rule);

/** What is wrong with each item of a list, with its path `field[i]`. */
export const each = <T>(
  field: string,
  items: readonly T[] | undefined,
  check: (item: T, path: string, index: number) => readonly StatusCause[],
): StatusCause[] => (items ?? []).flatMap((item, index) => check(item, `${field}[${index}]`, index));
