import type { PodDisruptionBudgetSpec } from 'kubernetes-types/policy/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { statusNumber } from '../apps/workload';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { invalidValue, notSupported } from '../validation/field-errors';
import { validateLabelSelector } from '../validation/label-selector';
import { numberOrShare } from '../validation/numbers';
import { STATUS } from '../verbs';

const POLICIES = ['AlwaysAllow', 'IfHealthyBudget'];
const specOf = (object: ApiObject | StoredObject): PodDisruptionBudgetSpec =>
  (object['spec'] as PodDisruptionBudgetSpec | undefined) ?? {};
const orNone = (value: string | number | undefined): string => (value === undefined ? 'N/A' : String(value));

export const podDisruptionBudget = defineKind({
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  shortNames: ['pdb'],
  subresources: [STATUS],
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  columns: [
    nameColumn,
    column('Min Available', (object) => orNone(specOf(object).minAvailable)),
    column('Max Unavailable', (object) => orNone(specOf(object).maxUnavailable)),
    column('Allowed Disruptions', (object) => statusNumber(object, 'disruptionsAllowed'), { type: 'integer' }),
    ageColumn,
  ],
  hasStatus: true,
  hasGeneration: true,
  needsResourceVersion: true,
  validate(object) {
    const spec = specOf(object);
    const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
    return [
      ...(minAvailable !== undefined && maxUnavailable !== undefined
        ? [invalidValue('spec', spec, 'minAvailable and maxUnavailable cannot be both set')]
        : []),
      ...numberOrShare('spec.minAvailable', minAvailable),
      ...numberOrShare('spec.maxUnavailable', maxUnavailable),
      ...validateLabelSelector('spec.selector', spec.selector),
      ...(policy === undefined || POLICIES.includes(policy)
        ? []
        : [notSupported('spec.unhealthyPodEvictionPolicy', policy, POLICIES)]),
    ];
  },
});
