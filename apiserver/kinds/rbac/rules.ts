import type { PolicyRule, Subject } from 'kubernetes-types/rbac/v1';
import type { StatusCause } from '../../../shared/status-error';
import { each, invalidValue, notSupported, required } from '../validation/field-errors';

export const RBAC_GROUP = 'rbac.authorization.k8s.io';
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group'];

/** `isNamespaced`: a Role cannot speak of paths that are no resources. */
export const validateRules = (
  rules: readonly PolicyRule[] | undefined,
  isNamespaced: boolean,
): readonly StatusCause[] =>
  each('rules', rules ?? undefined, (rule, path) => {
    const { verbs = [], apiGroups = [], resources = [], nonResourceURLs = [] } = rule;
    const noVerbs = verbs.length === 0 ? [required(`${path}.verbs`, 'verbs must contain at least one value')] : [];
    if (nonResourceURLs.length > 0) {
      return [
        ...noVerbs,
        ...(isNamespaced
          ? [
              invalidValue(
                `${path}.nonResourceURLs`,
                nonResourceURLs,
                'namespaced rules cannot apply to non-resource URLs',
              ),
            ]
          : []),
        ...(apiGroups.length + resources.length > 0
          ? [
              invalidValue(
                `${path}.nonResourceURLs`,
                nonResourceURLs,
                'rules cannot apply to both regular resources and non-resource URLs',
              ),
            ]
          : []),
      ];
    }
    return [
      ...noVerbs,
      ...(apiGroups.length === 0
        ? [required(`${path}.apiGroups`, 'resource rules must supply at least one api group')]
        : []),
      ...(resources.length === 0
        ? [required(`${path}.resources`, 'resource rules must supply at least one resource')]
        : []),
    ];
  });

export const setSubjectDefaults = (subjects: Subject[] | undefined): void => {
  for (const subject of subjects ?? []) {
    subject.apiGroup ??= subject.kind === 'ServiceAccount' ? '' : RBAC_GROUP;
    if (subject.apiGroup === '') delete subject.apiGroup;
  }
};

export const validateSubjects = (
  subjects: readonly Subject[] | undefined,
  isNamespaced: boolean,
): readonly StatusCause[] =>
  each('subjects', subjects, ({ kind, name, namespace = '', apiGroup = '' }, path) => {
    const group = kind === 'ServiceAccount' ? '' : RBAC_GROUP;
    return [
      ...((name ?? '') === '' ? [required(`${path}.name`)] : []),
      ...(SUBJECT_KINDS.includes(kind) ? [] : [notSupported(`${path}.kind`, kind, SUBJECT_KINDS)]),
      ...(SUBJECT_KINDS.includes(kind) && apiGroup !== group
        ? [notSupported(`${path}.apiGroup`, apiGroup, [group])]
        : []),
      ...(kind === 'ServiceAccount' && namespace === '' && !isNamespaced ? [required(`${path}.namespace`)] : []),
    ];
  });
