/** What a service account's token says (k8s.io/kubernetes/pkg/serviceaccount/claims.go). Times are seconds since 1970. */
export interface TokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly iat: number;
  readonly nbf: number;
  readonly exp: number;
  readonly jti: string;
  readonly 'kubernetes.io': {
    readonly namespace: string;
    readonly serviceaccount: Reference;
    readonly pod?: Reference;
    readonly secret?: Reference;
    readonly node?: Reference;
  };
}

interface Reference {
  readonly name: string;
  readonly uid: string;
}

/** Of tokens that stand in a Secret and have no end of their own. */
export const LASTING_ISSUER = 'kubernetes/serviceaccount';

export const ACCOUNTS_GROUP = 'system:serviceaccounts';

/** Names and groups by which requests of a service account are known. */
export const accountUserName = (namespace: string, name: string): string =>
  `system:serviceaccount:${namespace}:${name}`;
export const accountGroups = (namespace: string): readonly string[] => [
  ACCOUNTS_GROUP,
  `${ACCOUNTS_GROUP}:${namespace}`,
];

/** The account that a user name stands for; undefined for any other user. */
export function accountOf(userName: string): { readonly namespace: string; readonly name: string } | undefined {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(userName) ?? [];
  return namespace === undefined || name === undefined ? undefined : { namespace, name };
}
