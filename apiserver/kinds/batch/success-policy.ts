import type { SuccessPolicy } from 'kubernetes-types/batch/v1';
import type { StatusCause } from '../../../shared/status-error';
import { each, invalidValue, required, tooLong, tooMany, when } from '../validation/field-errors';
import { notNegative } from '../validation/numbers';

const MAX_RULES = 20;
const MAX_INDEXES_BYTES = 64 * 1024;

/** By which of its indexes an Indexed job counts as done. */
export function successPolicyProblems(
  { rules = [] }: Partial<SuccessPolicy>,
  field: string,
  completions: number,
): readonly StatusCause[] {
  if (rules.length === 0) {
    return [required(field, 'at least one rules must be specified when the successPolicy is specified')];
  }
  return [
    ...when(rules.length > MAX_RULES, tooMany(field, rules.length, MAX_RULES)),
    ...each(field, rules, ({ succeededCount, succeededIndexes }, path) => {
      const indexes = countIndexes(succeededIndexes ?? '', completions);
      const atMost = (max: number, what: string): readonly StatusCause[] =>
        when(
          succeededCount !== undefined && succeededCount > max,
          invalidValue(`${path}.succeededCount`, succeededCount, `must be less than or equal to ${max} (${what})`),
        );
      return [
        ...when(
          succeededCount === undefined && succeededIndexes === undefined,
          required(path, 'at least one of succeededCount or succeededIndexes must be specified'),
        ),
        ...when(
          Buffer.byteLength(succeededIndexes ?? '') > MAX_INDEXES_BYTES,
          tooLong(`${path}.succeededIndexes`, MAX_INDEXES_BYTES),
        ),
        ...(typeof indexes === 'number'
          ? []
          : [invalidValue(`${path}.succeededIndexes`, succeededIndexes, `error parsing succeededIndexes: ${indexes}`)]),
        ...notNegative(`${path}.succeededCount`, succeededCount),
        ...atMost(completions, 'the number of specified completions'),
        ...(succeededIndexes !== undefined && typeof indexes === 'number'
          ? atMost(indexes, 'the number of indexes in the specified succeededIndexes field')
          : []),
      ];
    }),
  ];
}

/** How many `0-2,5` are, or what is wrong with them: ascending, each below the number of completions. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let [last, total] = [-1, 0];
  for (const part of text.split(',')) {
    const limits = part.split('-');
    if (limits.length > 2)
      return `the fragment ${JSON.stringify(part)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    for (const [index, limit] of limits.entries()) {
      if (!/^[+-]?\d+$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
      const value = Number(limit);
      if (value >= completions) return `too large index: ${JSON.stringify(limit)}`;
      if (value <= last) return `non-increasing order, previous: ${last}, current: ${value}`;
      total += index === 0 ? 1 : value - last;
      last = value;
    }
  }
  return total;
}
