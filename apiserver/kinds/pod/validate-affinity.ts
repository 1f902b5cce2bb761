import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from 'kubernetes-types/core/v1';
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { checkName, each, forbiddenField, invalidValue, required, when } from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';

const SET_OPERATORS = ['In', 'NotIn'];
const EXISTENCE_OPERATORS = ['Exists', 'DoesNotExist'];
const ORDER_OPERATORS = ['Gt', 'Lt'];
const MAX_WEIGHT = 100;
/** The fields of an affinity: what must be, and what had better be. */
export const NEEDED = 'requiredDuringSchedulingIgnoredDuringExecution';
export const WISHED = 'preferredDuringSchedulingIgnoredDuringExecution';

/** Which nodes, and near which pods. */
export const affinityProblems = ({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity): readonly StatusCause[] => [
  ...(nodeAffinity?.[NEEDED] === undefined
    ? []
    : nodeSelectorProblems(`spec.affinity.nodeAffinity.${NEEDED}`, nodeAffinity[NEEDED])),
  ...each(`spec.affinity.nodeAffinity.${WISHED}`, nodeAffinity?.[WISHED], ({ weight, preference }, path) => [
    ...weightProblems(`${path}.weight`, weight),
    ...nodeTermProblems(preference ?? {}, `${path}.preference`, { allowsAnyValue: true }),
  ]),
  ...podAffinityProblems('spec.affinity.podAffinity', podAffinity),
  ...podAffinityProblems('spec.affinity.podAntiAffinity', podAntiAffinity),
];

/** Also of where a PersistentVolume can be reached from. */
export const nodeSelectorProblems = (
  field: string,
  { nodeSelectorTerms = [] }: Partial<NodeSelector>,
): readonly StatusCause[] =>
  nodeSelectorTerms.length === 0
    ? [required(`${field}.nodeSelectorTerms`, 'must have at least one node selector term')]
    : each(`${field}.nodeSelectorTerms`, nodeSelectorTerms, (term, path) =>
        nodeTermProblems(term, path, { allowsAnyValue: false }),
      );

const weightProblems = (field: string, weight = 0): readonly StatusCause[] =>
  when(weight < 1 || weight > MAX_WEIGHT, invalidValue(field, weight, 'must be in the range 1-100'));

/** `allowsAnyValue`: a wish for what no node can have is none that anybody has to mend. */
const nodeTermProblems = (
  { matchExpressions, matchFields }: NodeSelectorTerm,
  path: string,
  { allowsAnyValue }: { readonly allowsAnyValue: boolean },
): readonly StatusCause[] => [
  ...each(`${path}.matchExpressions`, matchExpressions, (expression, at) => [
    ...operatorProblems(expression, at),
    ...checkName(`${at}.key`, expression.key ?? '', isQualifiedName),
    ...(allowsAnyValue
      ? []
      : each(`${at}.values`, expression.values, (value, where) => checkName(where, value, isLabelValue))),
  ]),
  ...each(`${path}.matchFields`, matchFields, fieldTermProblems),
];

function operatorProblems({ operator, values = [] }: NodeSelectorRequirement, path: string): readonly StatusCause[] {
  const field = `${path}.values`;
  if (SET_OPERATORS.includes(operator))
    return when(values.length === 0, required(field, "must be specified when `operator` is 'In' or 'NotIn'"));
  if (EXISTENCE_OPERATORS.includes(operator)) {
    const why = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'";
    return when(values.length > 0, forbiddenField(field, why));
  }
  if (ORDER_OPERATORS.includes(operator)) {
    const why = "must be specified single value when `operator` is 'Lt' or 'Gt'";
    return when(values.length !== 1, required(field, why));
  }
  return [invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator')];
}

/** A node by its name. */
const fieldTermProblems = (
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: string,
): readonly StatusCause[] => [
  ...(SET_OPERATORS.includes(operator)
    ? when(
        values.length !== 1,
        required(`${path}.values`, "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"),
      )
    : [invalidValue(`${path}.operator`, operator ?? '', 'not a valid selector operator')]),
  ...(key === 'metadata.name'
    ? each(`${path}.values`, values, (value, at) => checkName(at, value, isDns1123Subdomain))
    : [invalidValue(`${path}.key`, key ?? '', 'not a valid field selector key')]),
];

const podAffinityProblems = (field: string, affinity: PodAffinity | undefined): readonly StatusCause[] => [
  ...each(`${field}.${NEEDED}`, affinity?.[NEEDED], podTermProblems),
  ...each(`${field}.${WISHED}`, affinity?.[WISHED], ({ weight, podAffinityTerm }, path) => [
    ...weightProblems(`${path}.weight`, weight),
    ...podTermProblems(podAffinityTerm ?? {}, `${path}.podAffinityTerm`),
  ]),
];

function podTermProblems(term: Partial<PodAffinityTerm>, path: string): readonly StatusCause[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey = '' } = term;
  const { matchLabelKeys = [], mismatchLabelKeys = [] } = term;
  const keysProblems = (field: string, keys: readonly string[]): readonly StatusCause[] =>
    keys.length > 0 && labelSelector === undefined
      ? [forbiddenField(field, 'must not be specified when labelSelector is not set')]
      : each(field, keys, (key, at) => checkName(at, key, isQualifiedName));
  return [
    ...validateLabelSelector(`${path}.labelSelector`, labelSelector),
    ...validateLabelSelector(`${path}.namespaceSelector`, namespaceSelector),
    ...namespaces.flatMap((name) => checkName(`${path}.namespace`, name, isDns1123Label)),
    ...keysProblems(`${path}.matchLabelKeys`, matchLabelKeys),
    ...keysProblems(`${path}.mismatchLabelKeys`, mismatchLabelKeys),
    ...each(`${path}.matchLabelKeys`, matchLabelKeys, (key, at) =>
      when(
        mismatchLabelKeys.includes(key),
        invalidValue(at, key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
      ),
    ),
    ...when(topologyKey === '', required(`${path}.topologyKey`, 'can not be empty')),
    ...checkName(`${path}.topologyKey`, topologyKey, isQualifiedName),
  ];
}
