import { defineKind } from './define-kind';
import type { Kind } from './kind';

/** Kinds that are only created, to ask something; the answer is their status, and nothing is stored. */
const review = (
  group: 'authentication' | 'authorization',
  kind: string,
  namespaced: boolean,
  version: 'v1' | 'v1beta1' = 'v1',
): Kind =>
  defineKind({
    group: `${group}.k8s.io`,
    version,
    kind,
    plural: `${kind.toLowerCase()}s`,
    namespaced,
    verbs: ['create'],
    schema: `io.k8s.api.${group}.v1.${kind}`,
  });

export const REVIEWS: readonly Kind[] = [
  review('authentication', 'SelfSubjectReview', false),
  review('authentication', 'TokenReview', false),
  // The older version, of the same fields, is the only one that kubectl 1.27 asks for.
  review('authentication', 'SelfSubjectReview', false, 'v1beta1'),
  review('authorization', 'LocalSubjectAccessReview', true),
  review('authorization', 'SelfSubjectAccessReview', false),
  review('authorization', 'SelfSubjectRulesReview', false),
  review('authorization', 'SubjectAccessReview', false),
];
