import type { RoleRef, Subject } from 'kubernetes-types/rbac/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { StatusCause } from '../../../shared/status-error';
import { ageColumn, column, nameColumn } from '../columns';
import { defineKind } from '../define-kind';
import type { Column, Kind } from '../kind';
import { invalidValue, notSupported, required } from '../validation/field-errors';
import { RBAC_GROUP, setSubjectDefaults, validateSubjects } from './rules';

const roleRefOf = (object: Readonly<Record<string, unknown>>): Partial<RoleRef> =>
  (object['roleRef'] as RoleRef | undefined) ?? {};
const subjectsOf = (object: Readonly<Record<string, unknown>>): Subject[] =>
  (object['subjects'] as Subject[] | undefined) ?? [];

const subjectColumn = (name: string, kind: string): Column =>
  column(
    name,
    (object) =>
      subjectsOf(object)
        .filter((subject) => subject.kind === kind)
        .map((subject) => (kind === 'ServiceAccount' ? `${subject.namespace ?? ''}/${subject.name}` : subject.name))
        .join(', '),
    { wide: true },
  );

const common = (roleKinds: readonly string[], isNamespaced: boolean): Partial<Kind> => ({
  namespaced: isNamespaced,
  nameRule: 'path-segment',
  createsOnUpdate: true,
  columns: [
    nameColumn,
    column('Role', (object) => `${roleRefOf(object).kind ?? ''}/${roleRefOf(object).name ?? ''}`),
    ageColumn,
    subjectColumn('Users', 'User'),
    subjectColumn('Groups', 'Group'),
    subjectColumn('ServiceAccounts', 'ServiceAccount'),
  ],
  setDefaults(object) {
    const ref = (object['roleRef'] ??= {}) as Partial<RoleRef>;
    ref.apiGroup ??= RBAC_GROUP;
    setSubjectDefaults(object['subjects'] as Subject[] | undefined);
  },
  validate: (object) => [...refProblems(object, roleKinds), ...validateSubjects(subjectsOf(object), isNamespaced)],
  validateUpdate: (object: ApiObject, old: StoredObject) =>
    isSameJson(roleRefOf(object), roleRefOf(old))
      ? []
      : [invalidValue('roleRef', roleRefOf(object), 'cannot change roleRef')],
});

function refProblems(object: ApiObject, kinds: readonly string[]): readonly StatusCause[] {
  const { apiGroup = '', kind = '', name = '' } = roleRefOf(object);
  return [
    ...(apiGroup === RBAC_GROUP ? [] : [notSupported('roleRef.apiGroup', apiGroup, [RBAC_GROUP])]),
    ...(kinds.includes(kind) ? [] : [notSupported('roleRef.kind', kind, kinds)]),
    ...(name === '' ? [required('roleRef.name')] : []),
  ];
}

export const roleBinding = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'RoleBinding',
  plural: 'rolebindings',
  schema: 'io.k8s.api.rbac.v1.RoleBinding',
  ...common(['Role', 'ClusterRole'], true),
});

export const clusterRoleBinding = defineKind({
  group: RBAC_GROUP,
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  schema: 'io.k8s.api.rbac.v1.ClusterRoleBinding',
  ...common(['ClusterRole'], false),
});
