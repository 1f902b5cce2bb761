import type { PodSpec, Toleration } from '../../../shared/api/objects';
import { isLabelValue, isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import {
  checkName,
  checkNameIfSet,
  duplicate,
  each,
  forbiddenField,
  invalidValue,
  notSupported,
  oneOfIfSet,
  required,
  when,
} from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';
import { positive } from '../validation/numbers';

const WHEN = ['DoNotSchedule', 'ScheduleAnyway'];
const INCLUSIONS = ['Honor', 'Ignore'];
export const TAINT_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
type SpreadConstraint = NonNullable<PodSpec['topologySpreadConstraints']>[number];

/** How a pod and its like spread over nodes. */
export const spreadProblems = ({ topologySpreadConstraints: all = [] }: PodSpec): readonly StatusCause[] =>
  each('spec.topologySpreadConstraints', all, (constraint, path, index) => {
    const { maxSkew = 0, topologyKey = '', whenUnsatisfiable = '', minDomains } = constraint;
    const isAgain = all
      .slice(index + 1)
      .some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === whenUnsatisfiable);
    return [
      ...positive(`${path}.maxSkew`, maxSkew),
      ...when(topologyKey === '', required(`${path}.topologyKey`, 'can not be empty')),
      ...oneOfIfSet(`${path}.whenUnsatisfiable`, whenUnsatisfiable, WHEN),
      ...when(isAgain, duplicate(`${path}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${whenUnsatisfiable}}`)),
      ...positive(`${path}.minDomains`, minDomains),
      ...when(
        minDomains !== undefined && whenUnsatisfiable !== 'DoNotSchedule',
        invalidValue(
          `${path}.minDomains`,
          minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
        ),
      ),
      ...oneOfIfSet(`${path}.nodeAffinityPolicy`, constraint.nodeAffinityPolicy, INCLUSIONS),
      ...oneOfIfSet(`${path}.nodeTaintsPolicy`, constraint.nodeTaintsPolicy, INCLUSIONS),
      ...matchKeysProblems(constraint, `${path}.matchLabelKeys`),
      ...validateLabelSelector(`${path}.labelSelector`, constraint.labelSelector),
    ];
  });

function matchKeysProblems(
  { matchLabelKeys = [], labelSelector }: SpreadConstraint,
  field: string,
): readonly StatusCause[] {
  const selected = [
    ...Object.keys(labelSelector?.matchLabels ?? {}),
    ...(labelSelector?.matchExpressions ?? []).map(({ key }) => key),
  ];
  return [
    ...when(
      matchLabelKeys.length > 0 && labelSelector === undefined,
      forbiddenField(field, 'must not be specified when labelSelector is not set'),
    ),
    ...each(field, matchLabelKeys, (key, at) => [
      ...checkName(at, key, isQualifiedName),
      ...when(selected.includes(key), invalidValue(at, key, 'exists in both matchLabelKeys and labelSelector')),
    ]),
  ];
}

/** What holds a pod back, and when it counts as ready. */
export function gateProblems({ schedulingGates, readinessGates }: PodSpec): readonly StatusCause[] {
  const seen = new Set<string>();
  return [
    ...each('spec.readinessGates', readinessGates, ({ conditionType }, path) =>
      checkName(`${path}.conditionType`, conditionType, isQualifiedName),
    ),
    ...each('spec.schedulingGates', schedulingGates, ({ name }, path) => {
      const isAgain = seen.has(name);
      seen.add(name);
      return [...checkName(path, name, isQualifiedName), ...when(isAgain, duplicate(path, name))];
    }),
  ];
}

export const tolerationProblems = (
  { key = '', operator = '', value = '', effect = '', tolerationSeconds }: Toleration,
  path: string,
): readonly StatusCause[] => [
  ...checkNameIfSet(`${path}.key`, key, isQualifiedName),
  ...when(
    key === '' && operator !== 'Exists',
    invalidValue(
      `${path}.operator`,
      operator,
      'operator must be Exists when `key` is empty, which means "match all values and all keys"',
    ),
  ),
  ...when(
    tolerationSeconds !== undefined && effect !== 'NoExecute',
    invalidValue(`${path}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set"),
  ),
  ...tolerationOperatorProblems(operator, value, `${path}.operator`),
  ...(effect === '' ? [] : oneOfIfSet(`${path}.effect`, effect, TAINT_EFFECTS)),
];

function tolerationOperatorProblems(operator: string, value: string, field: string): readonly StatusCause[] {
  if (operator === 'Equal' || operator === '') {
    const problems = isLabelValue(value);
    return when(problems.length > 0, invalidValue(field, value, problems.join(';')));
  }
  if (operator !== 'Exists') return [notSupported(field, operator, ['Equal', 'Exists'])];
  return when(value !== '', invalidValue(field, value, "value must be empty when `operator` is 'Exists'"));
}
