import type { PolicyRule } from 'kubernetes-types/rbac/v1';

/** A list as Go prints it (`%q`): `["a" "b"]`. */
export const goList = (items: readonly string[]): string => `[${items.map((item) => JSON.stringify(item)).join(' ')}]`;

const FIELDS = [
  ['apiGroups', 'APIGroups'],
  ['resources', 'Resources'],
  ['nonResourceURLs', 'NonResourceURLs'],
  ['resourceNames', 'ResourceNames'],
  ['verbs', 'Verbs'],
] as const;

/**
 * Simple rules as Kubernetes tells of them: one line for each group, resource and name, with all its verbs, in their order
 * (`{APIGroups:[""], Resources:["pods"], Verbs:["get" "list"]}`).
 */
export function compactText(rules: readonly PolicyRule[]): readonly string[] {
  const merged = new Map<string, PolicyRule>();
  for (const rule of rules) {
    const key = JSON.stringify({ ...rule, verbs: [] });
    const verbs = new Set([...(merged.get(key)?.verbs ?? []), ...rule.verbs]);
    merged.set(key, { ...rule, verbs: [...verbs] });
  }
  return [...merged.values()].map(textOf).sort();
}

/** A rule for each thing that a rule allows, with one verb. */
export function simpleRules({
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
  verbs = [],
}: PolicyRule): readonly PolicyRule[] {
  const names = resourceNames.length === 0 ? [undefined] : resourceNames;
  return [
    ...apiGroups.flatMap((group) =>
      resources.flatMap((resource) =>
        names.map((name) => ({
          apiGroups: [group],
          resources: [resource],
          ...(name === undefined ? {} : { resourceNames: [name] }),
        })),
      ),
    ),
    ...nonResourceURLs.map((url) => ({ nonResourceURLs: [url] })),
  ].flatMap((simple) => verbs.map((verb) => ({ ...simple, verbs: [verb] })));
}

const textOf = (rule: PolicyRule): string =>
  `{${FIELDS.flatMap(([field, name]) => ((rule[field] ?? []).length === 0 ? [] : [`${name}:${goList(rule[field] ?? [])}`])).join(', ')}}`;
