import { isIP, isIPv6 } from 'node:net';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isDns1123Subdomain, isPathSegment } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { cidr, ipAddress as validIp } from '../validation/addresses';
import { checkName, each, invalidValue, required } from '../validation/field-errors';
import { immutable } from '../validation/object-meta';
import { STATUS } from '../verbs';

interface ParentReference {
  readonly group?: string;
  readonly resource?: string;
  readonly namespace?: string;
  readonly name?: string;
}
const parentOf = (object: ApiObject | StoredObject): ParentReference | undefined =>
  ((object['spec'] ?? {}) as { readonly parentRef?: ParentReference }).parentRef;

const parentText = (object: StoredObject): string => {
  const parentRef = parentOf(object);
  if (parentRef === undefined) return '<none>';
  const { group = '', resource = '', namespace = '', name = '' } = parentRef;
  return [group === '' ? resource : `${resource}.${group}`, namespace, name].filter((part) => part !== '').join('/');
};

/** An address that something holds: those of Services are kept by their controller. */
export const ipAddress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  plural: 'ipaddresses',
  singular: 'ipaddress',
  namespaced: false,
  shortNames: ['ip'],
  schema: 'io.k8s.api.networking.v1.IPAddress',
  columns: [nameColumn, column('ParentRef', parentText), ageColumn],
  nameRule: 'path-segment',
  validate: (object) => [...nameProblems(object.metadata?.name ?? ''), ...parentProblems(parentOf(object))],
  validateUpdate: (object, old) => immutable('spec.parentRef', parentOf(object), parentOf(old)),
});

/** IPv6 addresses have one written form among many. */
function nameProblems(name: string): readonly StatusCause[] {
  if (isIP(name) === 0) return validIp('metadata.name', name);
  const canonical = isIPv6(name) ? new URL(`http://[${name}]`).hostname.slice(1, -1) : name;
  return canonical === name ? [] : [invalidValue('metadata.name', name, 'must be an IP address in canonical form')];
}

function parentProblems(parent: ParentReference | undefined): readonly StatusCause[] {
  if (parent === undefined) return [required('spec.parentRef')];
  const { group = '', resource = '', name = '' } = parent;
  return [
    ...(group === '' ? [] : checkName('spec.parentRef.group', group, isDns1123Subdomain)),
    ...(resource === ''
      ? [required('spec.parentRef.resource')]
      : checkName('spec.parentRef.resource', resource, isPathSegment)),
    ...(name === '' ? [required('spec.parentRef.name')] : checkName('spec.parentRef.name', name, isPathSegment)),
  ];
}

const cidrsOf = (object: ApiObject | StoredObject): readonly string[] =>
  ((object['spec'] ?? {}) as { cidrs?: readonly string[] }).cidrs ?? [];

/**
 * A block of addresses for Services. The one named `kubernetes` is what the server was started with; it gives addresses
 * from no other.
 */
export const serviceCidr = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'ServiceCIDR',
  plural: 'servicecidrs',
  namespaced: false,
  subresources: [STATUS],
  schema: 'io.k8s.api.networking.v1.ServiceCIDR',
  columns: [nameColumn, column('CIDRs', (object) => cidrsOf(object).join(',')), ageColumn],
  hasStatus: true,
  validate(object) {
    const cidrs = cidrsOf(object);
    const families = new Set(cidrs.map((each) => each.includes(':')));
    return [
      ...(cidrs.length === 0 ? [required('spec.cidrs', 'at least one CIDR required')] : []),
      ...(cidrs.length > 2 ? [invalidValue('spec', cidrs, 'may only hold up to 2 values')] : []),
      ...(cidrs.length === 2 && families.size === 1
        ? [
            invalidValue(
              'spec',
              cidrs,
              'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64',
            ),
          ]
        : []),
      ...each('spec.cidrs', cidrs, (block, path) => cidr(path, block)),
    ];
  },
  validateUpdate: (object, old) => immutable('spec.cidrs', cidrsOf(object), cidrsOf(old)),
});
