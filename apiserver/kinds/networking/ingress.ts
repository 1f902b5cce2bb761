import type { IngressBackend, IngressSpec, IngressStatus } from 'kubernetes-types/networking/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isDns1123Subdomain } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { checkName, each, invalidValue, notSupported, required } from '../validation/field-errors';
import { STATUS } from '../verbs';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const MAX_HOSTS = 3;
const specOf = (object: ApiObject | StoredObject): IngressSpec => (object['spec'] as IngressSpec | undefined) ?? {};

export const ingress = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'Ingress',
  plural: 'ingresses',
  shortNames: ['ing'],
  subresources: [STATUS],
  schema: 'io.k8s.api.networking.v1.Ingress',
  columns: [
    nameColumn,
    column('Class', (object) => specOf(object).ingressClassName ?? '<none>'),
    column('Hosts', hostsText),
    column('Address', addressText),
    column('Ports', (object) => ((specOf(object).tls ?? []).length > 0 ? '80, 443' : '80')),
    ageColumn,
  ],
  hasStatus: true,
  hasGeneration: true,
  validate,
});

function validate(object: ApiObject): readonly StatusCause[] {
  const { rules = [], defaultBackend, tls } = specOf(object);
  return [
    ...(rules.length === 0 && defaultBackend === undefined
      ? [invalidValue('spec', specOf(object), 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend === undefined ? [] : backendProblems('spec.defaultBackend', defaultBackend)),
    ...each('spec.rules', rules, ({ host = '', http }, path) => [
      ...(host === '' ? [] : checkName(`${path}.host`, host.replace(/^\*\./, ''), isDns1123Subdomain)),
      ...(http !== undefined && (http.paths ?? []).length === 0 ? [required(`${path}.http.paths`)] : []),
      ...each(`${path}.http.paths`, http?.paths, (each, at) => pathProblems(at, each)),
    ]),
    ...each('spec.tls', tls, ({ hosts = [] }, path) =>
      hosts.flatMap((host, index) =>
        checkName(`${path}.hosts[${index}]`, host.replace(/^\*\./, ''), isDns1123Subdomain),
      ),
    ),
  ];
}

function pathProblems(
  at: string,
  { path = '', pathType, backend }: { path?: string; pathType?: string; backend: IngressBackend },
): readonly StatusCause[] {
  return [
    ...(pathType === undefined || pathType === ''
      ? [required(`${at}.pathType`, 'pathType must be specified')]
      : PATH_TYPES.includes(pathType)
        ? []
        : [notSupported(`${at}.pathType`, pathType, PATH_TYPES)]),
    ...((pathType === 'Exact' || pathType === 'Prefix') && !path.startsWith('/')
      ? [invalidValue(`${at}.path`, path, 'must be an absolute path')]
      : []),
    ...backendProblems(`${at}.backend`, backend),
  ];
}

function backendProblems(field: string, { service, resource }: IngressBackend): readonly StatusCause[] {
  if (service === undefined && resource === undefined) {
    return [required(field, 'must specify exactly one of `resource` or `service`')];
  }
  if (service === undefined) return [];
  const { name = '', number } = service.port ?? {};
  return [
    ...(service.name === '' ? [required(`${field}.service.name`)] : []),
    ...(name === '' && number === undefined ? [required(`${field}`, 'port name or number is required')] : []),
    ...(name !== '' && number !== undefined
      ? [invalidValue(field, '', 'cannot set both port name & port number')]
      : []),
  ];
}

function hostsText(object: StoredObject): string {
  const hosts = (specOf(object).rules ?? []).map(({ host = '' }) => (host === '' ? '*' : host));
  if (hosts.length === 0) return '*';
  return hosts.length > MAX_HOSTS
    ? `${hosts.slice(0, MAX_HOSTS).join(',')} + ${hosts.length - MAX_HOSTS} more...`
    : hosts.join(',');
}

function addressText(object: StoredObject): string {
  const addresses = (object['status'] as IngressStatus | undefined)?.loadBalancer?.ingress ?? [];
  return addresses.map(({ ip, hostname }) => ip ?? hostname ?? '').join(',');
}
