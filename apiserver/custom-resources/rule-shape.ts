import type { StatusCause } from '../../shared/status-error';
import { invalidValue, notSupported, required } from '../kinds/validation/field-errors';
import { schemaAt } from './field-path';
import type { JsonSchema, ValidationRule } from './json-schema';

const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired'];
const hasNewlines = (text: string): boolean => /[\n\r]/.test(text);

/** What is wrong with a rule before anybody looks at its expressions (apiextensions: validation.go). */
export function ruleShapeProblems(rule: ValidationRule, schema: JsonSchema, field: string): readonly StatusCause[] {
  const { messageExpression, reason, fieldPath } = rule;
  return [
    ...textProblems(rule, field),
    ...(messageExpression?.trim() === '' && messageExpression !== ''
      ? [required(`${field}.messageExpression`, 'messageExpression must be non-empty if specified')]
      : []),
    ...(reason === undefined || REASONS.includes(reason) ? [] : [notSupported(`${field}.reason`, reason, REASONS)]),
    ...(fieldPath === undefined || fieldPath === '' ? [] : pathProblems(fieldPath, schema, `${field}.fieldPath`)),
  ];
}

function textProblems({ rule = '', message = '' }: Partial<ValidationRule>, field: string): readonly StatusCause[] {
  const at = `${field}.message`;
  if (rule.trim() === '') return [required(`${field}.rule`, 'rule is not specified')];
  if (message !== '' && message.trim() === '') {
    return [invalidValue(at, message, 'message must be non-empty if specified')];
  }
  if (hasNewlines(message.trim())) return [invalidValue(at, message, 'message must not contain line breaks')];
  return hasNewlines(rule.trim()) && message === ''
    ? [required(at, 'message must be specified if rule contains line breaks')]
    : [];
}

function pathProblems(path: string, schema: JsonSchema, field: string): readonly StatusCause[] {
  const wrong = (why: string): StatusCause => invalidValue(field, path, `fieldPath must ${why}`);
  if (path.trim() === '') return [wrong('be non-empty if specified')];
  if (hasNewlines(path)) return [wrong('not contain line breaks')];
  // Every object has those, whatever its schema says.
  if (/^\.(metadata|kind|apiVersion)\b/.test(path)) return [];
  return typeof schemaAt(path, schema) === 'string' ? [wrong('be a valid path')] : [];
}
