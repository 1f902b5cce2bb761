import type { LabelSelector } from '../../../shared/api/objects';
import { isLabelValue, isQualifiedName } from '../../../shared/names';
import type { Selector } from '../../../shared/selectors/label-selector';
import { selectorOf } from '../../../shared/selectors/label-selector';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, each, forbiddenField, invalidValue, required, when } from './field-errors';
import { validateLabels } from './object-meta';

/** metav1 validation of a LabelSelector. */
export const validateLabelSelector = (field: string, selector: LabelSelector | undefined): readonly StatusCause[] => [
  ...validateLabels(`${field}.matchLabels`, selector?.matchLabels),
  ...each(`${field}.matchExpressions`, selector?.matchExpressions, ({ key = '', operator, values = [] }, path) => [
    ...operatorProblems(path, operator, values),
    ...checkName(`${path}.key`, key, isQualifiedName),
    ...each(`${path}.values`, values, (value, at) => checkName(at, value, isLabelValue)),
  ]),
];

function operatorProblems(path: string, operator = '', values: readonly string[]): readonly StatusCause[] {
  const field = `${path}.values`;
  switch (operator) {
    case 'In':
    case 'NotIn':
      return when(values.length === 0, required(field, "must be specified when `operator` is 'In' or 'NotIn'"));
    case 'Exists':
    case 'DoesNotExist': {
      const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
      return when(values.length > 0, forbiddenField(field, why));
    }
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

/** How to tell whom a selector means; undefined where it is none. */
export const matcherOf = (selector: LabelSelector | undefined): Selector | undefined =>
  validateLabelSelector('', selector).length === 0 ? selectorOf(selector) : undefined;

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
