import type { ApiObject } from '../../shared/api/objects';
import { StatusError, badRequest, invalid } from '../../shared/status-error';
import { invalidValue } from '../kinds/validation/field-errors';
import type { VirtualCall, VirtualHandler, VirtualHandlers } from '../http/virtual-kinds';
import type { Permissions } from './access';
import type { TokenAuthenticator } from './authenticator';
import { authenticateToken, whenKnown } from './authenticator';
import type { Attributes, Authorizer } from './authorizer';
import type { RbacAuthorizer } from './rbac/rbac-authorizer';
import type { User } from './user';
import { MASTERS } from './user';

const AUTHORIZATION = 'authorization.k8s.io/v1';

interface ResourceAttributes {
  readonly verb?: string;
  readonly group?: string;
  readonly resource?: string;
  readonly subresource?: string;
  readonly namespace?: string;
  readonly name?: string;
}
interface ReviewSpec {
  readonly user?: string;
  readonly groups?: readonly string[];
  readonly resourceAttributes?: ResourceAttributes;
  readonly nonResourceAttributes?: { readonly path?: string; readonly verb?: string };
}

/** Answers what somebody may do, and who a request comes from (authorization.k8s.io and authentication.k8s.io). */
export const reviewHandlers = (
  { authorizer, roles }: Permissions,
  tokens: readonly TokenAuthenticator[],
): VirtualHandlers => ({
  'tokenreviews.authentication.k8s.io': tokenReview(tokens),
  'selfsubjectaccessreviews.authorization.k8s.io': accessReview(
    'SelfSubjectAccessReview',
    authorizer,
    ({ user }) => user,
  ),
  'subjectaccessreviews.authorization.k8s.io': accessReview('SubjectAccessReview', authorizer, (_call, spec) =>
    named(spec),
  ),
  'localsubjectaccessreviews.authorization.k8s.io': accessReview(
    'LocalSubjectAccessReview',
    authorizer,
    (call, spec) => {
      if (spec.resourceAttributes?.namespace !== call.namespace) {
        throw badRequest(`spec.resourceAttributes.namespace must match namespace: ${call.namespace ?? ''}`);
      }
      return named(spec);
    },
  ),
  'selfsubjectrulesreviews.authorization.k8s.io': rulesReview(roles),
  'selfsubjectreviews.authentication.k8s.io': ({ user }) => ({
    kind: 'SelfSubjectReview',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {},
    status: { userInfo: userInfoOf(user) },
  }),
});

const userInfoOf = ({ name, uid, groups, extra }: User): object => ({
  username: name,
  ...(uid === undefined ? {} : { uid }),
  groups,
  ...(extra === undefined ? {} : { extra }),
});

/** Whose a token is; for others who serve requests. What is said of a bad token is that it is one. */
const tokenReview =
  (tokens: readonly TokenAuthenticator[]): VirtualHandler =>
  async ({ body }) => {
    const { spec } = (await body()) as { readonly spec?: { readonly token?: string; readonly audiences?: string[] } };
    const { token = '', audiences } = spec ?? {};
    if (token === '') throw badRequest('token is required for TokenReview in authentication');
    return {
      kind: 'TokenReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: {},
      spec,
      status: await whenKnown(() => judge(token, audiences)),
    };

    function judge(given: string, wanted: readonly string[] | undefined): object {
      try {
        const found = authenticateToken(tokens, given, wanted?.length === 0 ? undefined : wanted);
        return found === undefined
          ? { user: {} }
          : { authenticated: true, user: userInfoOf(found.user), audiences: found.audiences };
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'Unauthorized') {
          return { user: {}, error: 'invalid bearer token' };
        }
        throw error;
      }
    }
  };

const named = ({ user = '', groups = [] }: ReviewSpec): User => ({ name: user, groups: [...groups] });

function accessReview(
  kind: string,
  authorizer: Authorizer,
  subjectOf: (call: VirtualCall, spec: ReviewSpec) => User,
): VirtualHandler {
  return async (call) => {
    const review = await call.body();
    const spec = specOf(review);
    const attributes = attributesOf(kind, spec);
    const subject = subjectOf(call, spec);
    const isAllowed = authorizer.isAllowed(subject, attributes);
    const reason = isAllowed ? undefined : authorizer.whyNot?.(subject, attributes);
    const status = { allowed: isAllowed, ...(reason === undefined ? {} : { reason }) };
    return { kind, apiVersion: AUTHORIZATION, metadata: {}, spec, status };
  };
}

const specOf = (review: ApiObject): ReviewSpec => (review['spec'] as ReviewSpec | undefined) ?? {};

/** Throws Invalid unless the review asks about one thing, and of somebody where it is not about who asks. */
function attributesOf(kind: string, spec: ReviewSpec): Attributes {
  const { resourceAttributes: on, nonResourceAttributes: at, user = '', groups = [] } = spec;
  const problems = [
    ...(on !== undefined && at !== undefined
      ? [invalidValue('spec.nonResourceAttributes', at, 'cannot be specified in combination with resourceAttributes')]
      : []),
    ...(on === undefined && at === undefined
      ? [
          invalidValue(
            'spec.resourceAttributes',
            null,
            'exactly one of nonResourceAttributes or resourceAttributes must be specified',
          ),
        ]
      : []),
    ...(kind !== 'SelfSubjectAccessReview' && user === '' && groups.length === 0
      ? [invalidValue('spec.user', user, 'at least one of user or group must be specified')]
      : []),
    ...(kind === 'LocalSubjectAccessReview' && at !== undefined
      ? [invalidValue('spec.nonResourceAttributes', at, 'disallowed on this kind of request')]
      : []),
  ];
  if (problems.length > 0) throw invalid({ group: 'authorization.k8s.io', kind }, '', problems);
  if (on === undefined) return { verb: at?.verb ?? '', path: at?.path ?? '' };
  const { verb = '', group = '', resource = '', subresource = '', namespace = '', name = '' } = on;
  return {
    verb,
    group,
    resource,
    ...(subresource === '' ? {} : { subresource }),
    ...(namespace === '' ? {} : { namespace }),
    ...(name === '' ? {} : { name }),
  };
}

function rulesReview(rbac: RbacAuthorizer): VirtualHandler {
  return async ({ user, body }) => {
    const { namespace = '' } = ((await body())['spec'] as { namespace?: string } | undefined) ?? {};
    if (namespace === '') throw badRequest('no namespace on request');
    const rules = [...rbac.rulesFor(user, namespace)];
    if (user.groups.includes(MASTERS)) {
      rules.push({ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }, { verbs: ['*'], nonResourceURLs: ['*'] });
    }
    return {
      kind: 'SelfSubjectRulesReview',
      apiVersion: AUTHORIZATION,
      metadata: {},
      spec: { namespace },
      status: {
        resourceRules: rules.filter(({ resources = [] }) => resources.length > 0),
        nonResourceRules: rules
          .filter(({ nonResourceURLs = [] }) => nonResourceURLs.length > 0)
          .map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
        incomplete: false,
      },
    };
  };
}
