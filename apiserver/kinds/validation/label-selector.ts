import type { LabelSelector } from '../../../shared/api/objects';
import { isLabelValue, isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, each, forbiddenField, invalidValue, required } from './field-errors';
import { validateLabels } from './object-meta';

const OPERATORS = ['In', 'NotIn', 'Exists', 'DoesNotExist'];

/** metav1 validation of a LabelSelector. */
export function validateLabelSelector(field: string, selector: LabelSelector | undefined): readonly StatusCause[] {
  return [
    ...validateLabels(`${field}.matchLabels`, selector?.matchLabels),
    ...each(`${field}.matchExpressions`, selector?.matchExpressions, ({ key, operator, values = [] }, path) => [
      ...checkName(`${path}.key`, key, isQualifiedName),
      ...(OPERATORS.includes(operator)
        ? []
        : [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')]),
      ...((operator === 'In' || operator === 'NotIn') && values.length === 0
        ? [required(`${path}.values`, "must be specified when `operator` is 'In' or 'NotIn'")]
        : []),
      ...((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0
        ? [forbiddenField(`${path}.values`, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")]
        : []),
      ...values.flatMap((value, index) => checkName(`${path}.values[${index}]`, value, isLabelValue)),
    ]),
  ];
}

export const isEmptySelector = (selector: LabelSelector | undefined): boolean =>
  Object.keys(selector?.matchLabels ?? {}).length === 0 && (selector?.matchExpressions ?? []).length === 0;
