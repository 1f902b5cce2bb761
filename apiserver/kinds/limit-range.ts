import type { LimitRangeSpec } from 'kubernetes-types/core/v1';
import type { ApiObject } from '../../shared/api/objects';
import { compareQuantities, parseQuantity } from '../../shared/quantity';
import type { StatusCause } from '../../shared/status-error';
import { column, nameColumn } from './columns';
import { defineKind } from './define-kind';
import { each, forbiddenField, invalidValue } from './validation/field-errors';

type Item = LimitRangeSpec['limits'][number];
type Amounts = Readonly<Record<string, string>>;
const limitsOf = (object: Readonly<Record<string, unknown>>): Item[] =>
  (object['spec'] as LimitRangeSpec | undefined)?.limits ?? [];

export const limitRange = defineKind({
  group: '',
  version: 'v1',
  kind: 'LimitRange',
  plural: 'limitranges',
  shortNames: ['limits'],
  schema: 'io.k8s.api.core.v1.LimitRange',
  columns: [nameColumn, column('Created At', ({ metadata }) => metadata.creationTimestamp)],
  setDefaults(object) {
    for (const item of limitsOf(object)) {
      if (item.type !== 'Container') continue;
      // A default limit is the maximum where none is given, a default request the limit, or else the minimum.
      item.default = { ...item.max, ...item.default };
      item.defaultRequest = { ...item.min, ...item.default, ...item.defaultRequest };
    }
  },
  validate: (object: ApiObject) => each('spec.limits', limitsOf(object), problemsOf),
});

function problemsOf(item: Item, path: string): readonly StatusCause[] {
  const { min = {}, max = {}, default: limit = {}, defaultRequest = {} } = item;
  const ordered = (low: Amounts, high: Amounts, lowName: string, highName: string): readonly StatusCause[] =>
    Object.entries(low).flatMap(([name, value]) => {
      const above = high[name];
      return above !== undefined && compareQuantities(parseQuantity(value), parseQuantity(above)) > 0
        ? [
            invalidValue(
              `${path}.${lowName}[${name}]`,
              value,
              `${lowName} value ${value} is greater than ${highName} value ${above}`,
            ),
          ]
        : [];
    });
  return [
    ...(item.type === 'Pod' && (Object.keys(limit).length > 0 || Object.keys(defaultRequest).length > 0)
      ? [forbiddenField(`${path}.default`, 'may not be specified when `type` is Pod')]
      : []),
    ...ordered(min, max, 'min', 'max'),
    ...ordered(min, defaultRequest, 'min', 'default request'),
    ...ordered(defaultRequest, limit, 'defaultRequest', 'default limit'),
    ...ordered(limit, max, 'default', 'max'),
  ];
}
