import { ageColumn, column, nameColumn } from './columns';
import { defineKind } from './define-kind';

interface Condition {
  readonly type: string;
  readonly status: string;
}

/** A group and version that is served, all of them by this server itself. Made when asked for, never stored. */
export const apiService = defineKind({
  group: 'apiregistration.k8s.io',
  version: 'v1',
  kind: 'APIService',
  plural: 'apiservices',
  namespaced: false,
  categories: ['api-extensions'],
  verbs: ['get', 'list'],
  schema: 'io.k8s.kube-aggregator.pkg.apis.apiregistration.v1.APIService',
  columns: [
    nameColumn,
    column('Service', () => 'Local', { description: 'Who serves it' }),
    column('Available', ({ status }) => availability(status), { description: 'Whether it is served' }),
    ageColumn,
  ],
});

const availability = (status: unknown): string =>
  (status as { readonly conditions?: readonly Condition[] } | undefined)?.conditions?.find(
    ({ type }) => type === 'Available',
  )?.status ?? 'Unknown';
