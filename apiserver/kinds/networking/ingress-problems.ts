import net from 'node:net';
import type { HTTPIngressPath, IngressBackend, IngressSpec } from 'kubernetes-types/networking/v1';
import type { ApiObject } from '../../../shared/api/objects';
import { isDns1035Label, isDns1123Subdomain, isPathSegment, isPortName } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { CLASS_ANNOTATION } from '../../ingress/ingress-class';
import { checkName, each, invalidValue, notSupported, required } from '../validation/field-errors';

const PATH_TYPES = ['Exact', 'ImplementationSpecific', 'Prefix'];
const FORBIDDEN_SEQUENCES = ['//', '/./', '/../', '%2f', '%2F'];
const FORBIDDEN_SUFFIXES = ['/..', '/.'];
const WILDCARD = /^\*\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const WILDCARD_PROBLEM =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

const specOf = (object: ApiObject): IngressSpec => (object['spec'] as IngressSpec | undefined) ?? {};

/** Kubernetes' validation of an Ingress (pkg/apis/networking/validation), for new and changed ones. */
export function ingressProblems(object: ApiObject): readonly StatusCause[] {
  const { rules = [], defaultBackend, tls, ingressClassName } = specOf(object);
  return [
    ...(rules.length === 0 && defaultBackend === undefined
      ? [invalidValue('spec', specOf(object), 'either `defaultBackend` or `rules` must be specified')]
      : []),
    ...(defaultBackend === undefined ? [] : backendProblems('spec.defaultBackend', defaultBackend)),
    ...each('spec.rules', rules, ({ host = '', http }, path) => [
      ...(net.isIP(host) === 0 ? [] : [invalidValue(`${path}.host`, host, 'must be a DNS name, not an IP address')]),
      ...(host === '' ? [] : hostProblems(`${path}.host`, host)),
      ...(http !== undefined && (http.paths ?? []).length === 0 ? [required(`${path}.http.paths`)] : []),
      ...each(`${path}.http.paths`, http?.paths, (one, at) => pathProblems(at, one)),
    ]),
    ...each('spec.tls', tls, ({ hosts = [], secretName = '' }, path) => [
      ...hosts.flatMap((host, index) => hostProblems(`${path}.hosts[${index}]`, host)),
      ...(secretName === '' ? [] : checkName(`${path}.secretName`, secretName, isDns1123Subdomain)),
    ]),
    ...checkName('spec.ingressClassName', ingressClassName, isDns1123Subdomain),
  ];
}

/** What only a new one may not be: of two classes. */
export function newIngressProblems(object: ApiObject): readonly StatusCause[] {
  const annotated = object.metadata?.annotations?.[CLASS_ANNOTATION];
  const { ingressClassName } = specOf(object);
  return annotated === undefined || ingressClassName === undefined || annotated === ingressClassName
    ? []
    : [
        invalidValue(
          `annotations.${CLASS_ANNOTATION}`,
          annotated,
          'must match `ingressClassName` when both are specified',
        ),
      ];
}

function hostProblems(field: string, host: string): readonly StatusCause[] {
  if (!host.includes('*')) return checkName(field, host, isDns1123Subdomain);
  return WILDCARD.test(host) && host.length <= 253 ? [] : [invalidValue(field, host, WILDCARD_PROBLEM)];
}

function pathProblems(at: string, { path = '', pathType, backend }: HTTPIngressPath): readonly StatusCause[] {
  const field = `${at}.path`;
  if ((pathType as string | undefined) === undefined || (pathType as string) === '')
    return [required(`${at}.pathType`, 'pathType must be specified')];
  const isPlain = pathType === 'Exact' || pathType === 'Prefix';
  return [
    ...(!path.startsWith('/') && (isPlain || path !== '')
      ? [invalidValue(field, path, 'must be an absolute path')]
      : []),
    ...(isPlain ? FORBIDDEN_SEQUENCES : [])
      .filter((sequence) => path.includes(sequence))
      .map((sequence) => invalidValue(field, path, `must not contain '${sequence}'`)),
    ...(isPlain ? FORBIDDEN_SUFFIXES : [])
      .filter((suffix) => path.endsWith(suffix))
      .map((suffix) => invalidValue(field, path, `cannot end with '${suffix}'`)),
    ...(PATH_TYPES.includes(pathType) ? [] : [notSupported(`${at}.pathType`, pathType, PATH_TYPES)]),
    ...backendProblems(`${at}.backend`, backend),
  ];
}

function backendProblems(field: string, { service, resource }: IngressBackend): readonly StatusCause[] {
  if (service !== undefined && resource !== undefined)
    return [invalidValue(field, '', 'cannot set both resource and service backends')];
  if (resource !== undefined)
    return [
      ...checkName(`${field}.resource.apiGroup`, resource.apiGroup, isDns1123Subdomain),
      ...(resource.kind === ''
        ? [required(`${field}.resource.kind`)]
        : checkName(`${field}.resource.kind`, resource.kind, isPathSegment)),
      ...(resource.name === ''
        ? [required(`${field}.resource.name`)]
        : checkName(`${field}.resource.name`, resource.name, isPathSegment)),
    ];
  if (service === undefined) return [invalidValue(field, '', 'resource or service backend is required')];
  const { name = '', number = 0 } = service.port ?? {};
  return [
    ...(service.name === ''
      ? [required(`${field}.service.name`)]
      : checkName(`${field}.service.name`, service.name, isDns1035Label)),
    ...portProblems(field, name, number),
  ];
}

function portProblems(field: string, name: string, number: number): readonly StatusCause[] {
  if (name !== '' && number !== 0) return [invalidValue(field, '', 'cannot set both port name & port number')];
  if (name !== '') return checkName(`${field}.service.port.name`, name, isPortName);
  if (number === 0) return [required(field, 'port name or number is required')];
  return number >= 1 && number <= 65_535
    ? []
    : [invalidValue(`${field}.service.port.number`, number, 'must be between 1 and 65535, inclusive')];
}
