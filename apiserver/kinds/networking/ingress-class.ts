import type { IngressClassParametersReference, IngressClassSpec } from 'kubernetes-types/networking/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isDns1123Label, isDns1123Subdomain, isPathSegment } from '../../../shared/names';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { domainPrefixedPath } from '../validation/domain-prefixed-path';
import { checkName, forbiddenField, notSupported, required, tooLong, when } from '../validation/field-errors';
import { immutable } from '../validation/object-meta';

const MAX_CONTROLLER = 250;
const SCOPES = ['Cluster', 'Namespace'];

const specOf = (object: ApiObject | StoredObject): IngressClassSpec =>
  (object['spec'] as IngressClassSpec | undefined) ?? {};

export const ingressClass = defineKind({
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  plural: 'ingressclasses',
  namespaced: false,
  schema: 'io.k8s.api.networking.v1.IngressClass',
  columns: [
    nameColumn,
    column('Controller', (object) => specOf(object).controller ?? ''),
    column('Parameters', (object) => {
      const { parameters } = specOf(object);
      if (parameters === undefined) return '<none>';
      return `${parameters.kind}${parameters.apiGroup === undefined ? '' : `.${parameters.apiGroup}`}/${parameters.name}`;
    }),
    ageColumn,
  ],
  hasGeneration: true,
  setDefaults(object) {
    const { parameters } = specOf(object);
    if (parameters !== undefined) parameters.scope ??= 'Cluster';
  },
  validate: (object) => {
    const { controller = '', parameters } = specOf(object);
    return [...controllerProblems(controller), ...(parameters === undefined ? [] : parameterProblems(parameters))];
  },
  validateUpdate: (object, old) => immutable('spec.controller', specOf(object).controller, specOf(old).controller),
});

function controllerProblems(controller: string): readonly StatusCause[] {
  const field = 'spec.controller';
  return [
    ...when(controller.length > MAX_CONTROLLER, tooLong(field, MAX_CONTROLLER)),
    ...domainPrefixedPath(field, controller),
  ];
}

function parameterProblems(parameters: IngressClassParametersReference): readonly StatusCause[] {
  const field = 'spec.parameters';
  const { apiGroup, kind, name, namespace, scope = '' } = parameters;
  return [
    ...checkName(`${field}.apiGroup`, apiGroup, isDns1123Subdomain),
    ...(kind === '' ? [required(`${field}.kind`)] : checkName(`${field}.kind`, kind, isPathSegment)),
    ...(name === '' ? [required(`${field}.name`)] : checkName(`${field}.name`, name, isPathSegment)),
    ...(SCOPES.includes(scope) ? [] : [notSupported(`${field}.scope`, scope, SCOPES)]),
    ...(scope === 'Namespace' && namespace === undefined
      ? [required(`${field}.namespace`, "`parameters.scope` is set to 'Namespace'")]
      : []),
    ...(scope === 'Namespace' ? checkName(`${field}.namespace`, namespace, isDns1123Label) : []),
    ...(scope === 'Cluster' && namespace !== undefined
      ? [forbiddenField(`${field}.namespace`, "`parameters.scope` is set to 'Cluster'")]
      : []),
  ];
}
