import type { PolicyRule } from 'kubernetes-types/rbac/v1';

const ALL = '*';

/** Every single thing that rules allow and `owned` do not, each as a rule of its own (component-helpers/auth/rbac: Covers). */
export const uncovered = (rules: readonly PolicyRule[], owned: readonly PolicyRule[]): readonly PolicyRule[] =>
  rules.flatMap(brokenDown).filter((single) => !owned.some((rule) => covers(rule, single)));

/** Every single thing that a rule allows, as a rule of its own. */
export function brokenDown({
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
  verbs,
}: PolicyRule): readonly PolicyRule[] {
  const named: readonly Partial<PolicyRule>[] =
    resourceNames.length === 0 ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }));
  const singles: PolicyRule[] = [];
  for (const group of apiGroups)
    for (const resource of resources)
      for (const verb of verbs)
        for (const names of named) singles.push({ verbs: [verb], apiGroups: [group], resources: [resource], ...names });
  for (const url of nonResourceURLs) for (const verb of verbs) singles.push({ verbs: [verb], nonResourceURLs: [url] });
  return singles;
}

/** `single`: with one of each that it has at all. */
function covers(rule: PolicyRule, single: PolicyRule): boolean {
  const has = (of: 'verbs' | 'apiGroups'): boolean =>
    (single[of] ?? []).every((each) => rule[of]?.includes(ALL) === true || rule[of]?.includes(each) === true);
  const names = rule.resourceNames ?? [];
  return (
    has('verbs') &&
    has('apiGroups') &&
    (single.resources ?? []).every((wanted) => (rule.resources ?? []).some((each) => coversResource(each, wanted))) &&
    (single.nonResourceURLs ?? []).every((wanted) =>
      (rule.nonResourceURLs ?? []).some((each) => coversUrl(each, wanted)),
    ) &&
    (names.length === 0 || (single.resourceNames ?? ['']).every((name) => names.includes(name)))
  );
}

const coversResource = (allowed: string, wanted: string): boolean =>
  allowed === ALL || allowed === wanted || (wanted.includes('/') && allowed === `*/${wanted.split('/')[1] ?? ''}`);

const coversUrl = (allowed: string, wanted: string): boolean =>
  allowed === wanted || (allowed.endsWith(ALL) && wanted.startsWith(allowed.slice(0, -1)));

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
