import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import { createdColumn, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import { RBAC_GROUP, validateRules } from './rules';

const rulesOf = (object: Readonly<Record<string, unknown>>): readonly PolicyRule[] | undefined =>
  (object['rules'] as PolicyRule[] | undefined) ?? undefined;

export const role = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'Role',
  plural: 'roles',
  nameRule: 'path-segment',
  createsOnUpdate: true,
  schema: 'io.k8s.api.rbac.v1.Role',
  columns: [nameColumn, createdColumn],
  validate: (object) => validateRules(rulesOf(object), true),
});

export const clusterRole = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
  nameRule: 'path-segment',
  createsOnUpdate: true,
  schema: 'io.k8s.api.rbac.v1.ClusterRole',
  columns: [nameColumn, createdColumn],
  validate: (object) => validateRules(rulesOf(object), false),
});
