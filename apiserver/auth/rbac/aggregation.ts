import type { PolicyRule } from 'kubernetes-types/rbac/v1';
import type { ClusterRole } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { matchesLabels, selectorOf } from '../../../shared/selectors/label-selector';

/** The rules of all roles that `role` gathers, in the order of their names, each once. */
export function aggregatedRules(role: ClusterRole, all: readonly ClusterRole[]): PolicyRule[] {
  const selectors = (role.aggregationRule?.clusterRoleSelectors ?? []).map((each) => selectorOf(each) ?? []);
  const parts = all
    .filter(
      (each) =>
        each.metadata.name !== role.metadata.name &&
        selectors.some((selector) => matchesLabels(selector, each.metadata.labels)),
    )
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of parts.flatMap((part) => part.rules ?? [])) {
    if (!rules.some((known) => isSameJson(known, rule))) rules.push(rule);
  }
  return rules;
}
