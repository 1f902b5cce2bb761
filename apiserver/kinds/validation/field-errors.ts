import type { StatusCause } from '../../../shared/status-error';
import type { NameRule } from '../../../shared/names';

/** Field errors in Kubernetes' words (k8s.io/apimachinery/pkg/util/validation/field). */
const cause = (reason: string, field: string, message: string): StatusCause => ({ reason, message, field });

const quoted = (value: unknown): string => JSON.stringify(value) ?? 'null';
const withDetail = (text: string, detail: string): string => (detail === '' ? text : `${text}: ${detail}`);

export const required = (field: string, detail = ''): StatusCause =>
  cause('FieldValueRequired', field, withDetail('Required value', detail));

export const invalidValue = (field: string, value: unknown, detail: string): StatusCause =>
  cause('FieldValueInvalid', field, withDetail(`Invalid value: ${quoted(value)}`, detail));

export const duplicate = (field: string, value: unknown): StatusCause =>
  cause('FieldValueDuplicate', field, `Duplicate value: ${quoted(value)}`);

export const notSupported = (field: string, value: unknown, supported: readonly string[]): StatusCause =>
  notAmong(field, value, [...supported].sort());

/** The same, where the order of what is supported is somebody's own. */
export const notAmong = (field: string, value: unknown, supported: readonly string[]): StatusCause =>
  cause(
    'FieldValueNotSupported',
    field,
    `Unsupported value: ${quoted(value)}: supported values: ${supported.map(quoted).join(', ')}`,
  );

export const forbiddenField = (field: string, detail: string): StatusCause =>
  cause('FieldValueForbidden', field, withDetail('Forbidden', detail));

export const notFoundField = (field: string, value: unknown): StatusCause =>
  cause('FieldValueNotFound', field, `Not found: ${quoted(value)}`);

export const tooLong = (field: string, maxBytes: number): StatusCause =>
  cause('FieldValueTooLong', field, `Too long: may not be more than ${maxBytes} bytes`);

/** One Invalid per problem the rule finds; nothing for an absent value. */
export const checkName = (field: string, value: string | undefined, rule: NameRule): StatusCause[] =>
  value === undefined ? [] : rule(value).map((problem) => invalidValue(field, value, problem));

/** What is wrong with each item of a list, with its path `field[i]`. */
export const each = <T>(
  field: string,
  items: readonly T[] | undefined,
  check: (item: T, path: string, index: number) => readonly StatusCause[],
): StatusCause[] => (items ?? []).flatMap((item, index) => check(item, `${field}[${index}]`, index));
