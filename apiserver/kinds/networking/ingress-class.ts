import type { IngressClassSpec } from 'kubernetes-types/networking/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { immutable } from '../validation/object-meta';

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
  validateUpdate: (object, old) => immutable('spec.controller', specOf(object).controller, specOf(old).controller),
});
