import type { ResourceQuotaSpec } from 'kubernetes-types/core/v1';
import { isQualifiedName } from '../../../shared/names';
import { parseQuantity } from '../../../shared/quantity';
import type { StatusCause } from '../../../shared/status-error';
import { each, invalidValue, notSupported, required } from './field-errors';

const NANO = 1_000_000_000n;
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];
const COUNTS = [
  'configmaps',
  'persistentvolumeclaims',
  'pods',
  'replicationcontrollers',
  'resourcequotas',
  'secrets',
  'services',
  'services.loadbalancers',
  'services.nodeports',
];
const AMOUNTS = [...COMPUTE, ...COMPUTE.flatMap((name) => [`requests.${name}`, `limits.${name}`]), 'requests.storage'];
const CLAIMS = ['persistentvolumeclaims', 'requests.storage'];

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];
/** Scopes that may be asked for by value. */
const BY_VALUE = ['PriorityClass', 'VolumeAttributesClass'];
const CONTRARY = [
  ['BestEffort', 'NotBestEffort'],
  ['NotTerminating', 'Terminating'],
] as const;
const OPERATORS = ['DoesNotExist', 'Exists', 'In', 'NotIn'];

const isStandard = (name: string): boolean =>
  COUNTS.includes(name) || AMOUNTS.includes(name) || /^(requests\.)?hugepages-/.test(name);

/** Limits have names that mean something, and amounts that can be counted up to. */
export const validateQuotaHard = ({ hard = {} }: ResourceQuotaSpec): readonly StatusCause[] =>
  Object.entries(hard).flatMap(([name, text]) => {
    const field = `spec.hard[${name}]`;
    const { nanos } = parseQuantity(text);
    return [
      ...isQualifiedName(name).map((problem) => invalidValue(field, name, problem)),
      ...(name.includes('/') || isStandard(name)
        ? []
        : [invalidValue(field, name, 'must be a standard resource for quota')]),
      ...(nanos < 0n ? [invalidValue(field, text, 'must be greater than or equal to 0')] : []),
      ...((COUNTS.includes(name) || name.startsWith('count/')) && nanos % NANO !== 0n
        ? [invalidValue(field, text, 'must be an integer')]
        : []),
    ];
  });

export function validateQuotaScopes({ scopes, scopeSelector, hard = {} }: ResourceQuotaSpec): readonly StatusCause[] {
  const unfit = (scope: string): boolean =>
    SCOPES.includes(scope) && Object.keys(hard).some((name) => isStandard(name) && !isScoped(scope, name));
  const contradict = (all: readonly string[]): boolean =>
    CONTRARY.some((pair) => pair.every((scope) => all.includes(scope)));
  const expressions = scopeSelector?.matchExpressions ?? [];
  const selected = expressions.map(({ scopeName }) => scopeName);
  const path = 'spec.scopeSelector.matchExpressions';
  return [
    ...(scopes ?? []).flatMap((scope, index) =>
      SCOPES.includes(scope) ? [] : [notSupported(`spec.scopes[${index}]`, scope, SCOPES)],
    ),
    ...((scopes ?? []).some(unfit)
      ? [invalidValue('spec.scopes', scopes, 'unsupported scope applied to resource')]
      : []),
    ...(contradict(scopes ?? []) ? [invalidValue('spec.scopes', scopes, 'conflicting scopes')] : []),
    ...each(path, expressions, ({ scopeName, operator, values = [] }, field) => [
      ...(SCOPES.includes(scopeName) ? [] : [notSupported(`${field}.scopeName`, scopeName, SCOPES)]),
      ...(OPERATORS.includes(operator) ? [] : [notSupported(`${field}.operator`, operator, OPERATORS)]),
      ...(!BY_VALUE.includes(scopeName) && operator !== 'Exists'
        ? [
            invalidValue(
              `${field}.operator`,
              operator,
              "must be 'Exist' only operator when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
            ),
          ]
        : []),
      ...((operator === 'In' || operator === 'NotIn') && values.length === 0
        ? [
            required(
              `${field}.values`,
              "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
            ),
          ]
        : []),
      ...((operator === 'Exists' || operator === 'DoesNotExist') && values.length > 0
        ? [
            invalidValue(
              `${field}.values`,
              values,
              "must be no value when `operator` is 'Exists' or 'DoesNotExist' for scope selector",
            ),
          ]
        : []),
    ]),
    ...(selected.some(unfit) ? [invalidValue(path, selected, 'unsupported scope applied to resource')] : []),
    ...(contradict(selected) ? [invalidValue(path, selected, 'conflicting scopes')] : []),
  ];
}

/** Pods without amounts can only be counted; claims know one scope, of their own. */
function isScoped(scope: string, name: string): boolean {
  if (scope === 'VolumeAttributesClass') return CLAIMS.includes(name);
  if (name === 'pods') return true;
  return scope !== 'BestEffort' && name !== 'requests.storage' && AMOUNTS.includes(name);
}
