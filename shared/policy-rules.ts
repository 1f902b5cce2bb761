import type { PolicyRule } from 'kubernetes-types/rbac/v1';

/** One thing that somebody may want to do. */
export type PolicyRequest =
  | {
      readonly verb: string;
      readonly group: string;
      readonly resource: string;
      readonly subresource?: string;
      readonly name?: string;
    }
  | { readonly verb: string; readonly path: string };

const ALL = '*';
const has = (allowed: readonly string[] | undefined, wanted: string): boolean =>
  allowed?.includes(ALL) === true || allowed?.includes(wanted) === true;

/** Whether a rule allows a request (kubernetes/pkg/apis/rbac/v1/evaluation_helpers.go). */
export function allows(rule: PolicyRule, request: PolicyRequest): boolean {
  if (!has(rule.verbs, request.verb)) return false;
  if ('path' in request) return (rule.nonResourceURLs ?? []).some((url) => coversPath(url, request.path));
  const { group, resource, subresource, name = '' } = request;
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

/**
 * Every single thing that a rule allows, as a request for it, in Kubernetes' order: what somebody must be allowed who
 * hands the rule on (component-helpers/auth/rbac: BreakdownRule).
 */
export function* requestsOf(rule: PolicyRule): Generator<PolicyRequest> {
  const names = rule.resourceNames ?? [];
  for (const group of rule.apiGroups ?? []) {
    for (const full of rule.resources ?? []) {
      const [resource = '', subresource] = full.split('/');
      for (const verb of rule.verbs) {
        const request = { verb, group, resource, ...(subresource === undefined ? {} : { subresource }) };
        if (names.length === 0) yield request;
        else for (const name of names) yield { ...request, name };
      }
    }
  }
  for (const path of rule.nonResourceURLs ?? []) for (const verb of rule.verbs) yield { verb, path };
}

/** Every single thing that rules allow and `owned` do not. */
export function* uncovered(rules: readonly PolicyRule[], owned: readonly PolicyRule[]): Generator<PolicyRequest> {
  for (const rule of rules)
    for (const request of requestsOf(rule)) if (!owned.some((each) => allows(each, request))) yield request;
}
