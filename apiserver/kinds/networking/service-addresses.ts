import type { StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';

interface ParentReference {
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}
const parentText = (object: StoredObject): string => {
  const { parentRef } = (object['spec'] ?? {}) as { readonly parentRef?: ParentReference };
  if (parentRef === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = parentRef;
  return [group === '' ? resource : `${resource}.${group}`, namespace, name].filter((part) => part !== '').join('/');
};

/** An address that a Service holds. Made from the Services when asked for, never stored. */
export const ipAddress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  namespaced: false,
  shortNames: ['ip'],
  verbs: ['get', 'list'],
  schema: 'io.k8s.api.networking.v1.IPAddress',
  columns: [nameColumn, column('ParentRef', parentText), ageColumn],
});

/** Where Services get their addresses from: what the server was started with. */
export const serviceCidr = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  verbs: ['get', 'list'],
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  columns: [
    nameColumn,
    column('CIDRs', (object) => ((object['spec'] ?? {}) as { cidrs?: readonly string[] }).cidrs?.join(',') ?? ''),
    ageColumn,
  ],
});
