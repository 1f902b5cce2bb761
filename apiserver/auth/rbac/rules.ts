import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { Attributes } from '../authorizer';

const ALL = '*';
const has = (allowed: readonly string[] | undefined, wanted: string): boolean =>
  allowed?.includes(ALL) === true || allowed?.includes(wanted) === true;

/** Whether a rule allows a request (kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go). */
export function allows(rule: PolicyRule, attributes: Attributes): boolean {
  if (!has(rule.verbs, attributes.verb)) return false;
  if ('path' in attributes) return (rule.nonResourceURLs ?? []).some((url) => coversPath(url, attributes.path));
  const { group, resource, subresource, name = '' } = attributes;
  const names = rule.resourceNames ?? [];
  return (
    has(rule.apiGroups, group) &&
    (rule.resources ?? []).some((allowed) => coversResource(allowed, resource, subresource)) &&
    (names.length === 0 || names.includes(name))
  );
}

/** `*`, `pods`, `pods/log`, or `*` with a subresource: of every kind. */
function coversResource(allowed: string, resource: string, subresource: string | undefined): boolean {
  if (allowed === ALL) return true;
  if (subresource === undefined) return allowed === resource;
  return allowed === `${resource}/${subresource}` || allowed === `*/${subresource}`;
}

/** A path, or what begins with it where it ends in `*`. */
const coversPath = (allowed: string, path: string): boolean =>
  allowed === ALL || allowed === path || (allowed.endsWith(ALL) && path.startsWith(allowed.slice(0, -1)));

/** Every single thing that a rule allows, as a request for it: what somebody must be allowed who hands the rule on. */
export function* requestsOf(rule: PolicyRule, namespace: string | undefined): Generator<Attributes> {
  for (const verb of rule.verbs) {
    for (const path of rule.nonResourceURLs ?? []) yield { verb, path };
    for (const group of rule.apiGroups ?? []) {
      for (const full of rule.resources ?? []) {
        const [resource = '', subresource] = full.split('/');
        const request = {
          verb,
          group,
          resource,
          ...(subresource === undefined ? {} : { subresource }),
          ...(namespace === undefined ? {} : { namespace }),
        };
        const names = rule.resourceNames ?? [];
        if (names.length === 0) yield request;
        else for (const name of names) yield { ...request, name };
      }
    }
  }
}
