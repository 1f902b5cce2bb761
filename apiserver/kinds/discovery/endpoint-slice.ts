import type { Endpoint, EndpointPort } from 'kubernetes-types/discovery/v1';
import { isIP } from 'node:net';
import type { StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn, shortList } from '../columns';
import { defineKind } from '../define-kind';
import { isDns1123Label, isDns1123Subdomain } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { endpointAddress } from '../validation/addresses';
import {
  checkName,
  duplicate,
  each,
  invalidValue,
  notSupported,
  required,
  tooMany,
  when,
} from '../validation/field-errors';
import { immutable } from '../validation/object-meta';

const TYPES = ['FQDN', 'IPv4', 'IPv6'];
const PROTOCOLS = ['SCTP', 'TCP', 'UDP'];
const MAX_ENDPOINTS = 1000;
const MAX_ADDRESSES = 100;
const MAX_PORTS = 20_000;

const portsOf = (object: StoredObject): readonly EndpointPort[] =>
  (object['ports'] as EndpointPort[] | undefined) ?? [];
const endpointsOf = (object: Readonly<Record<string, unknown>>): readonly Endpoint[] =>
  (object['endpoints'] as Endpoint[] | undefined) ?? [];

export const endpointSlice = defineKind({
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  plural: 'endpointslices',
  schema: 'io.k8s.api.discovery.v1.EndpointSlice',
  columns: [
    nameColumn,
    column('AddressType', (object) => String(object['addressType'] ?? '')),
    column(
      'Ports',
      (object) => shortList(portsOf(object).map(({ port, name }) => String(port ?? name ?? '*'))) || '<unset>',
    ),
    column('Endpoints', (object) => shortList(endpointsOf(object).flatMap(({ addresses }) => addresses)) || '<unset>'),
    ageColumn,
  ],
  hasGeneration: true,
  setDefaults(object) {
    for (const port of (object['ports'] as EndpointPort[] | undefined) ?? []) {
      port.name ??= '';
      port.protocol ??= 'TCP';
    }
  },
  validate(object) {
    const type = object['addressType'];
    return [
      ...(typeof type !== 'string' || type === ''
        ? [required('addressType')]
        : TYPES.includes(type)
          ? []
          : [notSupported('addressType', type, TYPES)]),
      ...limitProblems('endpoints', endpointsOf(object), MAX_ENDPOINTS),
      ...each('endpoints', endpointsOf(object), ({ addresses = [], hostname, nodeName }, path) => [
        ...when(addresses.length === 0, required(`${path}.addresses`, 'must contain at least 1 address')),
        ...limitProblems(`${path}.addresses`, addresses, MAX_ADDRESSES),
        ...each(`${path}.addresses`, addresses, (address, at) => addressProblems(at, address, type)),
        ...checkName(`${path}.nodeName`, nodeName, isDns1123Subdomain),
        ...checkName(`${path}.hostname`, hostname, isDns1123Label),
      ]),
      ...limitProblems('ports', (object['ports'] as EndpointPort[] | undefined) ?? [], MAX_PORTS),
      ...portProblems(object['ports'] as EndpointPort[] | undefined),
    ];
  },
  validateUpdate: (object, old) => immutable('addressType', object['addressType'], old['addressType']),
});

const limitProblems = (field: string, items: readonly unknown[], max: number): readonly StatusCause[] =>
  when(items.length > max, tooMany(field, items.length, max));

function portProblems(ports: readonly EndpointPort[] | undefined): readonly StatusCause[] {
  const names = new Set<string>();
  return each('ports', ports, ({ name = '', protocol = '' }, path) => {
    const isAgain = names.has(name);
    names.add(name);
    return [
      ...checkName(`${path}.name`, name === '' ? undefined : name, isDns1123Label),
      ...(isAgain ? [duplicate(`${path}.name`, name)] : []),
      ...(PROTOCOLS.includes(protocol) ? [] : [notSupported(`${path}.protocol`, protocol, PROTOCOLS)]),
    ];
  });
}

function addressProblems(field: string, address: string, type: unknown): readonly StatusCause[] {
  if (type === 'FQDN') return checkName(field, address, isDns1123Subdomain);
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const family = isIP(address);
  return [
    ...(family === 0 || family === (type === 'IPv4' ? 4 : 6)
      ? []
      : [invalidValue(field, address, `must be an ${type} address`)]),
    ...endpointAddress(field, address),
  ];
}
