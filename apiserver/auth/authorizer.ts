import type { PolicyRequest } from '../../shared/policy-rules';
import { StatusError } from '../../shared/status-error';
import { UNAUTHENTICATED } from './anonymous';
import type { User } from './user';
import { MASTERS } from './user';

/** What a request wants to do. */
export type Attributes =
  | (Extract<PolicyRequest, { readonly resource: string }> & {
      readonly namespace?: string;
      /** Of a list or watch, as the request has it. */
      readonly fieldSelector?: string;
    })
  | Extract<PolicyRequest, { readonly path: string }>;

export interface Authorizer {
  isAllowed(user: User, attributes: Attributes): boolean;
  /** What is to be said about a refusal, beside that it is one. */
  whyNot?(user: User, attributes: Attributes): string | undefined;
}

/** Members of system:masters may do everything, everybody authenticated may look at what the server offers. */
export const mastersOnly: Authorizer = {
  isAllowed: (user, attributes) =>
    user.groups.includes(MASTERS) ||
    ('path' in attributes &&
      attributes.verb === 'get' &&
      !user.groups.includes(UNAUTHENTICATED) &&
      isDiscovery(attributes.path)),
};

/** What any of them allows is allowed. */
export const anyOf = (authorizers: readonly Authorizer[]): Authorizer => ({
  isAllowed: (user, attributes) => authorizers.some((each) => each.isAllowed(user, attributes)),
  whyNot(user, attributes) {
    const reasons = authorizers.flatMap((each) => each.whyNot?.(user, attributes) ?? []);
    return reasons.length === 0 ? undefined : reasons.join(', ');
  },
});

const isDiscovery = (path: string): boolean => /^\/(api|apis|openapi|version)(\/|$)/.test(path);

/** Throws Forbidden in Kubernetes' words. */
export function authorize(authorizer: Authorizer, user: User, attributes: Attributes): void {
  if (authorizer.isAllowed(user, attributes)) return;
  const reason = authorizer.whyNot?.(user, attributes);
  const because = reason === undefined ? '' : `: ${reason}`;
  const who = `User ${JSON.stringify(user.name)} cannot ${attributes.verb}`;
  if ('path' in attributes)
    throw new StatusError('Forbidden', `forbidden: ${who} path ${JSON.stringify(attributes.path)}${because}`);
  const { group, resource, subresource, namespace, name } = attributes;
  const full = subresource === undefined ? resource : `${resource}/${subresource}`;
  const what = `${who} resource ${JSON.stringify(full)} in API group ${JSON.stringify(group)}`;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  const qualified = group === '' ? resource : `${resource}.${group}`;
  const subject = name === undefined ? qualified : `${qualified} ${JSON.stringify(name)}`;
  throw new StatusError('Forbidden', `${subject} is forbidden: ${what} ${where}${because}`, {
    kind: resource,
    ...(name === undefined ? {} : { name }),
    ...(group === '' ? {} : { group }),
  });
}
