import type { PolicyRule, RoleRef, Subject } from 'kubernetes-types/rbac/v1';
import { isSameJson } from '../../shared/same-json';
import type { ApiObject } from '../api-object';
import { uncoveredRules } from './policy-rules';

/** What has to be done so that a role or binding allows what a manifest says; nothing: it does. */
export interface Reconciled {
  readonly object: ApiObject;
  readonly operation: 'none' | 'create' | 'update' | 'recreate';
  readonly missing: readonly object[];
  readonly extra: readonly object[];
  /** Whoever looks after it wants it left alone. */
  readonly isProtected: boolean;
}

const PROTECTED = 'rbac.authorization.kubernetes.io/autoupdate';
const isProtected = ({ metadata }: ApiObject): boolean => metadata?.annotations?.[PROTECTED] === 'false';

/** `live` undefined: it is not there. `removeExtra`: what is there beyond the manifest goes. */
export function reconciledRole(expected: ApiObject, live: ApiObject | undefined, removeExtra: boolean): Reconciled {
  const rules = rulesOf(expected);
  if (live === undefined) return created(expected, rules);
  const missing = uncoveredRules(rules, rulesOf(live));
  const extra = uncoveredRules(rulesOf(live), rules);
  const changed = missing.length > 0 || (removeExtra && extra.length > 0);
  const merged = removeExtra ? rules : [...rulesOf(live), ...missing];
  return reconciled(expected, live, changed ? { rules: merged } : {}, missing, extra);
}

export function reconciledBinding(expected: ApiObject, live: ApiObject | undefined, removeExtra: boolean): Reconciled {
  const subjects = subjectsOf(expected);
  if (live === undefined) return created(expected, subjects);
  if (!isSameJson(refOf(expected), refOf(live))) {
    return { object: expected, operation: 'recreate', missing: [], extra: [], isProtected: isProtected(live) };
  }
  const missing = without(subjects, subjectsOf(live));
  const extra = without(subjectsOf(live), subjects);
  const changed = missing.length > 0 || (removeExtra && extra.length > 0);
  const merged = removeExtra ? subjects : [...subjectsOf(live), ...missing];
  return reconciled(expected, live, changed ? { subjects: merged } : {}, missing, extra);
}

const created = (object: ApiObject, missing: readonly object[]): Reconciled => ({
  object,
  operation: 'create',
  missing,
  extra: [],
  isProtected: false,
});

/** Labels and annotations of the manifest are added, what the live object says stays. */
function reconciled(
  expected: ApiObject,
  live: ApiObject,
  change: object,
  missing: readonly object[],
  extra: readonly object[],
): Reconciled {
  const metadata = { ...live.metadata };
  for (const field of ['labels', 'annotations'] as const) {
    const together = { ...expected.metadata?.[field], ...live.metadata?.[field] };
    if (Object.keys(together).length > 0) metadata[field] = together;
  }
  const object = { ...live, ...change, metadata } as ApiObject;
  const operation = isSameJson(object, live) ? 'none' : 'update';
  return { object, operation, missing, extra, isProtected: isProtected(live) };
}

const rulesOf = (role: ApiObject): readonly PolicyRule[] => (role['rules'] as PolicyRule[] | undefined) ?? [];
const subjectsOf = (binding: ApiObject): readonly Subject[] =>
  ((binding['subjects'] as Subject[] | undefined) ?? []).map(complete);
const refOf = (binding: ApiObject): RoleRef => binding['roleRef'] as RoleRef;
/** Of accounts the group is empty, as the server has it too. */
const complete = ({ kind, apiGroup = '', name, namespace = '' }: Subject): Subject => ({
  kind,
  ...(apiGroup === '' ? {} : { apiGroup }),
  name,
  ...(namespace === '' ? {} : { namespace }),
});
const without = (subjects: readonly Subject[], others: readonly Subject[]): readonly Subject[] =>
  subjects.filter((subject) => !others.some((other) => isSameJson(subject, other)));

/** As Go prints the structs. */
export const ruleText = ({
  verbs,
  apiGroups = [],
  resources = [],
  resourceNames = [],
  nonResourceURLs = [],
}: PolicyRule): string =>
  `{Verbs:[${verbs.join(' ')}] APIGroups:[${apiGroups.join(' ')}] Resources:[${resources.join(' ')}] ResourceNames:[${resourceNames.join(' ')}] NonResourceURLs:[${nonResourceURLs.join(' ')}]}`;
export const subjectText = ({ kind, apiGroup = '', name, namespace = '' }: Subject): string =>
  `{Kind:${kind} APIGroup:${apiGroup} Name:${name} Namespace:${namespace}}`;
