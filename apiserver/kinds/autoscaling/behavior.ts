import type { HPAScalingRules, HorizontalPodAutoscalerBehavior } from 'kubernetes-types/autoscaling/v2';
import { isQuantity, milliOf } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { each, invalidValue, notSupported, required } from '../validation/field-errors';
import { notNegative } from '../validation/numbers';

const POLICY_TYPES = ['Percent', 'Pods'];
const CHOICES = ['Disabled', 'Max', 'Min'];
const MAX_WINDOW_SECONDS = 3_600;
const MAX_PERIOD_SECONDS = 1_800;

/** How fast replicas may come and go. */
export const behaviorProblems = (behavior: HorizontalPodAutoscalerBehavior | undefined): readonly StatusCause[] => [
  ...rulesProblems('spec.behavior.scaleUp', behavior?.scaleUp),
  ...rulesProblems('spec.behavior.scaleDown', behavior?.scaleDown),
];

function rulesProblems(field: string, rules: HPAScalingRules | undefined): readonly StatusCause[] {
  if (rules === undefined) return [];
  const { stabilizationWindowSeconds: window, selectPolicy, policies } = rules;
  // The field is newer than the types of the API.
  const { tolerance } = rules as { readonly tolerance?: string };
  return [
    ...notNegative(`${field}.stabilizationWindowSeconds`, window),
    ...atMost(`${field}.stabilizationWindowSeconds`, window, MAX_WINDOW_SECONDS),
    ...(selectPolicy === undefined || CHOICES.includes(selectPolicy)
      ? []
      : [notSupported(`${field}.selectPolicy`, selectPolicy, CHOICES)]),
    ...(tolerance !== undefined && isQuantity(tolerance) && milliOf(tolerance) < 0
      ? [invalidValue(`${field}.tolerance`, tolerance, 'must be greater than or equal to 0')]
      : []),
    ...((policies ?? []).length === 0 ? [required(`${field}.policies`, 'must specify at least one Policy')] : []),
    ...each(`${field}.policies`, policies, ({ type, value, periodSeconds }, path) => [
      ...(POLICY_TYPES.includes(type) ? [] : [notSupported(`${path}.type`, type, POLICY_TYPES)]),
      ...(value <= 0 ? [invalidValue(`${path}.value`, value, 'must be greater than zero')] : []),
      ...(periodSeconds <= 0
        ? [invalidValue(`${path}.periodSeconds`, periodSeconds, 'must be greater than zero')]
        : []),
      ...atMost(`${path}.periodSeconds`, periodSeconds, MAX_PERIOD_SECONDS),
    ]),
  ];
}

const atMost = (field: string, value: number | undefined, most: number): readonly StatusCause[] =>
  value !== undefined && value > most ? [invalidValue(field, value, `must be less than or equal to ${most}`)] : [];
