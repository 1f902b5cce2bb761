import type { ResourceQuotaSpec, ResourceQuotaStatus } from 'kubernetes-types/core/v1';
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { StatusCause } from '../../shared/status-error';
import { ageColumn, column, nameColumn } from './columns';
import { defineKind } from './define-kind';
import { validateQuotaHard, validateQuotaScopes } from './validation/quota';
import { invalidValue, when } from './validation/field-errors';
import { STATUS } from './verbs';

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
  validate: (object) => [...validateQuotaHard(specOf(object)), ...validateQuotaScopes(specOf(object))],
  validateUpdate: keepsScopes,
});

/** What a quota is about stays: only its limits change. */
function keepsScopes(object: ApiObject, old: StoredObject): readonly StatusCause[] {
  const [{ scopes = [] }, before] = [specOf(object), specOf(old)];
  const isSame = isSameJson([...scopes].sort(), [...(before.scopes ?? [])].sort());
  return when(!isSame, invalidValue('spec.scopes', scopes, 'field is immutable'));
}
