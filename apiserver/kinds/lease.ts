import type { ApiObject, Lease, StoredObject } from '../../shared/api/objects';
import { ageColumn, column, nameColumn } from './columns';
import type { Kind } from './kind';
import { invalidValue } from './validation/field-errors';
import { ALL_VERBS } from './verbs';

const specOf = (object: ApiObject | StoredObject): NonNullable<Lease['spec']> =>
  (object['spec'] as Lease['spec']) ?? {};

export const lease: Kind = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  singular: 'lease',
  namespaced: true,
  shortNames: [],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: 'io.k8s.api.coordination.v1.Lease',
  columns: [
    nameColumn,
    column('Holder', (object) => specOf(object).holderIdentity ?? '', {
      description: 'The current holder of the lease',
    }),
    ageColumn,
  ],
  fieldSelectors: [],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
  needsResourceVersion: true,
  createsOnUpdate: true,
  setDefaults(object) {
    object['spec'] ??= {};
  },
  validate(object) {
    const { leaseDurationSeconds, leaseTransitions } = specOf(object);
    return [
      ...(leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0
        ? [invalidValue('spec.leaseDurationSeconds', leaseDurationSeconds, 'must be greater than 0')]
        : []),
      ...(leaseTransitions !== undefined && leaseTransitions < 0
        ? [invalidValue('spec.leaseTransitions', leaseTransitions, 'must be greater than or equal to 0')]
        : []),
    ];
  },
};
