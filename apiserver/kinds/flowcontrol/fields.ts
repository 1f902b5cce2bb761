import type { ApiObject } from '../../../shared/api/objects';
import type { StatusCause } from '../../../shared/status-error';
import { duplicate, each, required } from '../validation/field-errors';

interface Condition {
  readonly type?: string;
  readonly status?: string;
}

export const conditionsOf = (object: ApiObject): readonly Condition[] =>
  (object['status'] as { conditions?: readonly Condition[] } | undefined)?.conditions ?? [];

/** Each condition has a type, and none has the same. */
export function conditionProblems(object: ApiObject): readonly StatusCause[] {
  const types = conditionsOf(object).map(({ type }) => type);
  return each('status.conditions', conditionsOf(object), ({ type = '' }, path, index) => [
    ...(types.indexOf(type) < index && types.includes(type) ? [duplicate(`${path}.type`, type)] : []),
    ...(type === '' ? [required(`${path}.type`, 'must not be empty')] : []),
  ]);
}

export const NONE = '<none>';
