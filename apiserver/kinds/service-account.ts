import { ageColumn, column, nameColumn } from './columns';
import type { Kind } from './kind';
import { ALL_VERBS } from './verbs';

export const serviceAccount: Kind = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  singular: 'serviceaccount',
  namespaced: true,
  shortNames: ['sa'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [
    { name: 'token', verbs: ['create'], kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' },
  ],
  schema: 'io.k8s.api.core.v1.ServiceAccount',
  columns: [
    nameColumn,
    column('Secrets', ({ secrets }) => (Array.isArray(secrets) ? secrets.length : 0), {
      description: 'Secrets is the list of secrets that pods running with this account may use',
    }),
    ageColumn,
  ],
  fieldSelectors: [],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
};
