import type { PolicyRule, RoleRef } from 'kubernetes-types/rbac/v1';
import type { ApiObject, StoredObject } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { forbidden, notFound } from '../../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest } from '../../admission/admission';
import { shownName } from '../../admission/admission';
import type { Authorizer } from '../authorizer';
import type { RbacAuthorizer } from './rbac-authorizer';
import { requestsOf } from '../../../shared/policy-rules';
import { compactText, goList, simpleRules } from './rule-text';

const GROUP = 'rbac.authorization.k8s.io';
const ROLES = ['ClusterRole', 'Role'];
const EVERYTHING: readonly PolicyRule[] = [
  { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
  { nonResourceURLs: ['*'], verbs: ['*'] },
];
const BINDINGS = ['ClusterRoleBinding', 'RoleBinding'];

/**
 * Nobody hands on what they may not do themselves: roles hold no more than their writer may, unless with the verb
 * `escalate`, and bindings name no role that allows more, unless with `bind`. `authorizer` is what judges requests;
 * `roles` knows the rules of roles. Both are asked when a request comes, and may be made after the registry.
 */
export function rbacEscalation(
  deps: () => { readonly authorizer: Authorizer; readonly roles: RbacAuthorizer },
): AdmissionPlugin {
  const admit = (request: AdmissionRequest, object: ApiObject, old?: StoredObject): void => {
    const { kind, user } = request;
    if (kind.group !== GROUP) return;
    const { authorizer, roles } = deps();
    const { namespace } = object.metadata ?? {};
    const may = (verb: string, resource: string, name: string): boolean =>
      authorizer.isAllowed(user, {
        verb,
        group: GROUP,
        resource,
        name,
        ...(namespace === undefined ? {} : { namespace }),
      });
    const isCovered = (rule: PolicyRule): boolean =>
      [...requestsOf(rule)].every((each) =>
        authorizer.isAllowed(user, 'path' in each || namespace === undefined ? each : { ...each, namespace }),
      );
    const missingOf = (rules: readonly PolicyRule[]): readonly PolicyRule[] =>
      rules.filter((rule) => !isCovered(rule)).flatMap((rule) => simpleRules(rule).filter((one) => !isCovered(one)));
    const name = shownName(object);
    const refuse = (missing: readonly PolicyRule[]): never => {
      throw forbidden(
        { group: GROUP, resource: kind.plural },
        name,
        `user ${JSON.stringify(user.name)} (groups=${goList(user.groups)}) is attempting to grant RBAC permissions not currently held:\n${compactText(missing).join('\n')}`,
      );
    };
    if (ROLES.includes(kind.kind)) {
      const rules = (object['rules'] as PolicyRule[] | undefined) ?? [];
      // Such a role gathers whatever others will hold.
      const gathers = object['aggregationRule'] !== undefined || old?.['aggregationRule'] !== undefined;
      const missing = missingOf([...rules, ...(gathers ? EVERYTHING : [])]);
      if (missing.length > 0 && !may('escalate', kind.plural, name)) refuse(missing);
    } else if (BINDINGS.includes(kind.kind)) {
      const ref = object['roleRef'] as RoleRef | undefined;
      if (ref === undefined) return;
      const resource = ref.kind === 'ClusterRole' ? 'clusterroles' : 'roles';
      if (may('bind', resource, ref.name)) return;
      const rules = roles.rulesOf(ref, namespace);
      // What a role that is not there will allow one day, nobody can have today.
      if (rules === undefined) throw notFound({ group: GROUP, resource }, ref.name);
      const missing = missingOf(rules);
      if (missing.length > 0) refuse(missing);
    }
  };
  return {
    name: 'RBACEscalation',
    admitCreate: (request, object) => admit(request, object),
    admitUpdate(request, object, old: StoredObject) {
      // What stays as it is hands nothing on.
      const grants = (of: Readonly<Record<string, unknown>>): unknown => [
        of['rules'],
        of['roleRef'],
        of['subjects'],
        of['aggregationRule'],
      ];
      if (!isSameJson(grants(object), grants(old))) admit(request, object, old);
    },
  };
}
