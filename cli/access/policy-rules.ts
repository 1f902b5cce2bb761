import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { PolicyRequest } from '../../shared/policy-rules';
import { requestsOf, uncovered } from '../../shared/policy-rules';

/** Every single thing that a rule allows, as a rule of its own. */
export const brokenDown = (rule: PolicyRule): readonly PolicyRule[] => [...requestsOf(rule)].map(ruleFor);

/** Every single thing that rules allow and `owned` do not, each as a rule of its own. */
export const uncoveredRules = (rules: readonly PolicyRule[], owned: readonly PolicyRule[]): readonly PolicyRule[] =>
  [...uncovered(rules, owned)].map(ruleFor);

function ruleFor(request: PolicyRequest): PolicyRule {
  const verbs = [request.verb];
  if ('path' in request) return { verbs, nonResourceURLs: [request.path] };
  const { group, resource, subresource, name } = request;
  return {
    verbs,
    apiGroups: [group],
    resources: [subresource === undefined ? resource : `${resource}/${subresource}`],
    ...(name === undefined ? {} : { resourceNames: [name] }),
  };
}

/** Rules that differ in their verb alone as one, in the order of what they print as (component-helpers/auth/rbac: CompactRules). */
export function compacted(singles: readonly PolicyRule[]): readonly PolicyRule[] {
  const simple = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const single of singles) {
    if (single.nonResourceURLs !== undefined) {
      others.push(single);
      continue;
    }
    const { verbs, ...of } = single;
    const key = JSON.stringify(of);
    const known = simple.get(key)?.verbs ?? [];
    simple.set(key, { ...of, verbs: [...known, ...verbs.filter((verb) => !known.includes(verb))] });
  }
  const textOf = (rule: PolicyRule): string =>
    [rule.verbs, rule.apiGroups, rule.resources, rule.resourceNames, rule.nonResourceURLs]
      .map((values = []) => `[${values.join(' ')}]`)
      .join(',');
  return [...others, ...simple.values()].sort((a, b) => (textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0));
}
