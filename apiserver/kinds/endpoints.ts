import type { EndpointSubset } from 'kubernetes-types/core/v1';
import { ageColumn, column, nameColumn, shortList } from './columns';
import type { Kind } from './kind';
import { endpointAddress } from './validation/addresses';
import { each, notSupported, required } from './validation/field-errors';
import { portRange } from './validation/numbers';
import { ALL_VERBS } from './verbs';

interface Subset {
  readonly addresses?: readonly { readonly ip: string }[];
  readonly ports?: readonly { readonly port: number }[];
}
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];

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
  createsOnUpdate: true,
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
      ...((subset.addresses ?? []).length + (subset.notReadyAddresses ?? []).length === 0
        ? [required(path, 'must specify `addresses` or `notReadyAddresses`')]
        : []),
      ...each(`${path}.addresses`, subset.addresses, ({ ip }, at) => endpointAddress(`${at}.ip`, ip)),
      ...each(`${path}.notReadyAddresses`, subset.notReadyAddresses, ({ ip }, at) => endpointAddress(`${at}.ip`, ip)),
      ...each(`${path}.ports`, subset.ports, ({ name = '', port, protocol = '' }, at) => [
        ...(name === '' && (subset.ports ?? []).length > 1 ? [required(`${at}.name`)] : []),
        ...portRange(`${at}.port`, port),
        ...(PROTOCOLS.includes(protocol) ? [] : [notSupported(`${at}.protocol`, protocol, PROTOCOLS)]),
      ]),
    ]),
};

function endpointsText(subsets: readonly Subset[]): string {
  if (subsets.length === 0) return '<none>';
  return shortList(
    subsets.flatMap(({ addresses = [], ports = [] }) =>
      ports.length === 0
        ? addresses.map(({ ip }) => ip)
        : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`)),
    ),
  );
}
