import type { ResourceQuotaSpec, ResourceQuotaStatus } from 'kubernetes-types/core/v1';
import type { StoredObject } from '../../shared/api/objects';
import { ageColumn, column, nameColumn } from './columns';
import { defineKind } from './define-kind';
import { notSupported } from './validation/field-errors';
import { STATUS } from './verbs';

const SCOPES = [
  'BestEffort',
  'CrossNamespacePodAffinity',
  'NotBestEffort',
  'NotTerminating',
  'PriorityClass',
  'Terminating',
  'VolumeAttributesClass',
];
const specOf = (object: Readonly<Record<string, unknown>>): ResourceQuotaSpec =>
  (object['spec'] as ResourceQuotaSpec | undefined) ?? {};

/** `limits.` resources are shown apart from what is requested. */
function usageText(object: StoredObject, wantsLimits: boolean): string {
  const { hard = {}, used = {} } = (object['status'] as ResourceQuotaStatus | undefined) ?? {};
  return Object.entries(hard)
    .filter(([name]) => name.startsWith('limits.') === wantsLimits)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${used[name] ?? '0'}/${value}`)
    .join(', ');
}

export const resourceQuota = defineKind({
  group: '',
  version: 'v1',
  kind: 'ResourceQuota',
  plural: 'resourcequotas',
  shortNames: ['quota'],
  subresources: [STATUS],
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  columns: [
    nameColumn,
    column('Request', (object) => usageText(object, false)),
    column('Limit', (object) => usageText(object, true)),
    ageColumn,
  ],
  hasStatus: true,
  validate: (object) =>
    (specOf(object).scopes ?? []).flatMap((scope, index) =>
      SCOPES.includes(scope) ? [] : [notSupported(`spec.scopes[${index}]`, scope, SCOPES)],
    ),
});
