import type { ResourceQuotaSpec } from 'kubernetes-types/core/v1';
import type { StatusCause } from '../../../shared/status-error';
import { invalidValue, required, when } from './field-errors';
import { amountProblems, isQuotaAmount, isQuotaResource, resourceNameProblems } from './resource-names';

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

/** Limits have names that mean something, and amounts that can be counted up to. */
export const validateQuotaHard = ({ hard = {} }: ResourceQuotaSpec): readonly StatusCause[] =>
  Object.entries(hard).flatMap(([name, text]) => {
    const field = `spec.hard[${name}]`;
    return [
      ...resourceNameProblems(field, name),
      ...when(
        !name.includes('/') && !isQuotaResource(name),
        invalidValue(field, name, 'must be a standard resource for quota'),
      ),
      ...amountProblems(field, name, text),
    ];
  });

export function validateQuotaScopes({
  scopes = [],
  scopeSelector,
  hard = {},
}: ResourceQuotaSpec): readonly StatusCause[] {
  const expressions = scopeSelector?.matchExpressions ?? [];
  const path = 'spec.scopeSelector.matchExpressions';
  const unfit = (scope: string): readonly string[] =>
    Object.keys(hard).filter((name) => isQuotaResource(name) && !isScoped(scope, name));
  const contrary = (field: string, all: readonly string[]): readonly StatusCause[] =>
    CONTRARY.filter((pair) => pair.every((scope) => all.includes(scope))).map(() =>
      invalidValue(field, scopes, 'conflicting scopes'),
    );
  return [
    ...scopes.flatMap((scope) => [
      ...when(!SCOPES.includes(scope), invalidValue('spec.scopes', scopes, 'unsupported scope')),
      ...unfit(scope).map(() => invalidValue('spec.scopes', scopes, 'unsupported scope applied to resource')),
    ]),
    ...contrary('spec.scopes', scopes),
    ...expressions.flatMap(({ scopeName, operator, values = [] }) => [
      ...when(!SCOPES.includes(scopeName), invalidValue(`${path}.scopeName`, scopeName, 'unsupported scope')),
      ...unfit(scopeName).map(() => invalidValue(path, scopeSelector, 'unsupported scope applied to resource')),
      ...when(
        SCOPES.includes(scopeName) && !BY_VALUE.includes(scopeName) && operator !== 'Exists',
        invalidValue(
          `${path}.operator`,
          operator,
          "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
        ),
      ),
      ...operatorProblems(path, operator, values),
    ]),
    ...contrary(
      path,
      expressions.map(({ scopeName }) => scopeName),
    ),
  ];
}

function operatorProblems(path: string, operator: string, values: readonly string[]): readonly StatusCause[] {
  const field = `${path}.values`;
  switch (operator) {
    case 'In':
    case 'NotIn': {
      const why = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector";
      return when(values.length === 0, required(field, why));
    }
    case 'Exists':
    case 'DoesNotExist': {
      const why = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector";
      return when(values.length > 0, invalidValue(field, values, why));
    }
    default:
      return [invalidValue(`${path}.operator`, operator, 'not a valid selector operator')];
  }
}

/** Pods without amounts can only be counted; claims know one scope, of their own. */
function isScoped(scope: string, name: string): boolean {
  if (scope === 'VolumeAttributesClass') return CLAIMS.includes(name);
  if (name === 'pods') return true;
  return scope !== 'BestEffort' && name !== 'requests.storage' && isQuotaAmount(name);
}
