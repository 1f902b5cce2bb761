import type {
  JobSpec,
  PodFailurePolicyOnExitCodesRequirement,
  PodFailurePolicyOnPodConditionsPattern,
  PodFailurePolicyRule,
} from 'kubernetes-types/batch/v1';
import { isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  duplicate,
  each,
  invalidField,
  invalidValue,
  oneOfThese,
  tooMany,
  when,
} from '../validation/field-errors';

const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore'];
const OPERATORS = ['In', 'NotIn'];
const STATUSES = ['False', 'True', 'Unknown'];
const MAX_RULES = 20;
const MAX_PATTERNS = 20;
const MAX_EXIT_CODES = 255;

/** What a job makes of the ways in which its pods fail. */
export function failurePolicyProblems(
  { podFailurePolicy, backoffLimitPerIndex, template }: Partial<JobSpec>,
  path: string,
): readonly StatusCause[] {
  const { rules = [] } = podFailurePolicy ?? {};
  const { containers = [], initContainers = [] } = template?.spec ?? {};
  const names = [...containers, ...initContainers].map(({ name }) => name);
  return [
    ...when(rules.length > MAX_RULES, tooMany(`${path}.rules`, rules.length, MAX_RULES)),
    ...each(`${path}.rules`, rules, (rule, at) => ruleProblems(rule, at, { names, backoffLimitPerIndex })),
  ];
}

function ruleProblems(
  { action, onExitCodes, onPodConditions = [] }: PodFailurePolicyRule,
  at: string,
  context: { readonly names: readonly string[]; readonly backoffLimitPerIndex: number | undefined },
): readonly StatusCause[] {
  const hasConditions = onPodConditions.length > 0;
  return [
    ...oneOfThese(`${at}.action`, action, ACTIONS),
    ...when(
      action === 'FailIndex' && context.backoffLimitPerIndex === undefined,
      invalidValue(`${at}.action`, action, 'requires the backoffLimitPerIndex to be set'),
    ),
    ...(onExitCodes === undefined ? [] : exitCodeProblems(onExitCodes, `${at}.onExitCodes`, context.names)),
    ...patternProblems(onPodConditions, `${at}.onPodConditions`),
    ...when(
      onExitCodes !== undefined && hasConditions,
      invalidField(at, 'specifying both OnExitCodes and OnPodConditions is not supported'),
    ),
    ...when(
      onExitCodes === undefined && !hasConditions,
      invalidField(at, 'specifying one of OnExitCodes and OnPodConditions is required'),
    ),
  ];
}

const patternProblems = (
  patterns: readonly PodFailurePolicyOnPodConditionsPattern[],
  field: string,
): readonly StatusCause[] => [
  ...when(patterns.length > MAX_PATTERNS, tooMany(field, patterns.length, MAX_PATTERNS)),
  ...each(field, patterns, ({ type, status }, at) => [
    ...checkName(`${field}.type`, type, isQualifiedName),
    ...oneOfThese(`${at}.status`, status, STATUSES),
  ]),
];

function exitCodeProblems(
  { operator, containerName, values = [] }: PodFailurePolicyOnExitCodesRequirement,
  at: string,
  names: readonly string[],
): readonly StatusCause[] {
  const field = `${at}.values`;
  return [
    ...oneOfThese(`${at}.operator`, operator, OPERATORS),
    ...when(
      containerName !== undefined && !names.includes(containerName),
      invalidValue(
        `${at}.containerName`,
        containerName,
        'must be one of the container or initContainer names in the pod template',
      ),
    ),
    ...when(values.length === 0, invalidValue(field, values, 'at least one value is required')),
    ...when(values.length > MAX_EXIT_CODES, tooMany(field, values.length, MAX_EXIT_CODES)),
    ...each(field, values, (value, where, index) => [
      ...when(values.indexOf(value) < index, duplicate(where, value)),
      ...when(value === 0 && operator === 'In', invalidValue(where, value, 'must not be 0 for the In operator')),
    ]),
    ...when(
      values.some((value, index) => index > 0 && (values[index - 1] ?? value) > value),
      invalidValue(field, values, 'must be ordered'),
    ),
  ];
}
