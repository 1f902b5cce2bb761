import type { EndpointSubset } from 'kubernetes-types/core/v1';
import { ageColumn, column, nameColumn } from './columns';
import type { Kind } from './kind';
import { ipAddress } from './validation/addresses';
import { each } from './validation/field-errors';
import { ALL_VERBS } from './verbs';

interface Subset {
  readonly addresses?: readonly { readonly ip: string }[];
  readonly ports?: readonly { readonly port: number }[];
}
const MAX_SHOWN = 3;

export const endpoints: Kind = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  plural: 'endpoints',
  singular: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  categories: [],
  verbs: ALL_VERBS,
  subresources: [],
  schema: 'io.k8s.api.core.v1.Endpoints',
  columns: [
    nameColumn,
    column('Endpoints', ({ subsets }) => endpointsText((subsets as readonly Subset[] | undefined) ?? []), {
      description: 'Addresses and ports behind the service of the same name',
    }),
    ageColumn,
  ],
  fieldSelectors: [],
  nameRule: 'dns1123-subdomain',
  hasStatus: false,
  hasGeneration: false,
  setDefaults(object) {
    for (const { ports = [] } of (object['subsets'] as EndpointSubset[] | undefined) ?? []) {
      for (const port of ports) port.protocol ??= 'TCP';
    }
  },
  validate: (object) =>
    each('subsets', (object['subsets'] as EndpointSubset[] | undefined) ?? [], (subset, path) => [
      ...each(`${path}.addresses`, subset.addresses, ({ ip }, at) => ipAddress(`${at}.ip`, ip)),
      ...each(`${path}.notReadyAddresses`, subset.notReadyAddresses, ({ ip }, at) => ipAddress(`${at}.ip`, ip)),
    ]),
};

function endpointsText(subsets: readonly Subset[]): string {
  const all = subsets.flatMap(({ addresses = [], ports = [] }) =>
    addresses.flatMap(({ ip }) => (ports.length === 0 ? [ip] : ports.map(({ port }) => `${ip}:${port}`))),
  );
  if (all.length === 0) return '<none>';
  const shown = all.slice(0, MAX_SHOWN).join(',');
  return all.length > MAX_SHOWN ? `${shown} + ${all.length - MAX_SHOWN} more...` : shown;
}
