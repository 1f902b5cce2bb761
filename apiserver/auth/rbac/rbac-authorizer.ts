import type { PolicyRule, RoleRef, Subject } from 'kubernetes-types/rbac/v1';
import type { ClusterRoleBinding, RoleBinding } from '../../../shared/api/objects';
import type { Client } from '../../registry/client';
import type { Attributes, Authorizer } from '../authorizer';
import { accountUserName } from '../service-account/claims';
import type { User } from '../user';
import { allows } from '../../../shared/policy-rules';

type Binding = RoleBinding | ClusterRoleBinding;

/** Of the views that the authorizer reads. */
export type RoleViews = Pick<Client, 'view'>;

/** Of a binding that holds in every namespace, and beyond. */
const EVERYWHERE = '';

/** Allows what roles bound to the user, or to one of the user's groups, allow. Bindings are found by subject and place. */
export class RbacAuthorizer implements Authorizer {
  /** `place/subject` -> uid -> binding. */
  private readonly index = new Map<string, Map<string, Binding>>();

  constructor(private readonly client: RoleViews) {
    for (const kind of ['ClusterRoleBinding', 'RoleBinding'] as const) {
      const view = client.view(kind);
      for (const binding of view.list()) this.add(binding);
      view.onChange(({ type, object, previous }) => {
        if (previous !== undefined) this.remove(previous);
        if (type === 'DELETED') this.remove(object);
        else this.add(object);
      });
    }
  }

  isAllowed(user: User, attributes: Attributes): boolean {
    for (const rule of this.rulesFor(user, namespaceOf(attributes))) if (allows(rule, attributes)) return true;
    return false;
  }

  /** Bindings of the user whose roles are missing: why something may be refused that somebody meant to allow. */
  whyNot(user: User, attributes: Attributes): string | undefined {
    const missing = new Set<string>();
    for (const { roleRef, metadata } of this.bindingsOf(user, namespaceOf(attributes))) {
      if (this.rulesOf(roleRef, metadata.namespace) !== undefined) continue;
      missing.add(`${roleRef.kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(roleRef.name)} not found`);
    }
    if (missing.size === 0) return undefined;
    const texts = [...missing];
    return `RBAC: ${texts.length === 1 ? (texts[0] ?? '') : `[${texts.join(', ')}]`}`;
  }

  /** Every rule that holds for the user: everywhere, and in the namespace where one is given. */
  *rulesFor(user: User, namespace: string | undefined): Generator<PolicyRule> {
    for (const { roleRef, metadata } of this.bindingsOf(user, namespace)) {
      yield* this.rulesOf(roleRef, metadata.namespace) ?? [];
    }
  }

  /** The rules of a role; undefined where there is no such role. */
  rulesOf({ kind, name }: RoleRef, namespace: string | undefined): readonly PolicyRule[] | undefined {
    const role =
      kind === 'ClusterRole'
        ? this.client.view('ClusterRole').get({ name })
        : this.client.view('Role').get({ namespace, name });
    return role === undefined ? undefined : (role.rules ?? []);
  }

  private *bindingsOf(user: User, namespace: string | undefined): Generator<Binding> {
    for (const place of namespace === undefined ? [EVERYWHERE] : [EVERYWHERE, namespace]) {
      yield* this.index.get(`${place}/User/${user.name}`)?.values() ?? [];
      for (const group of user.groups) yield* this.index.get(`${place}/Group/${group}`)?.values() ?? [];
    }
  }

  private add(binding: Binding): void {
    for (const key of keysOf(binding)) {
      const bindings = this.index.get(key);
      if (bindings === undefined) this.index.set(key, new Map([[binding.metadata.uid, binding]]));
      else bindings.set(binding.metadata.uid, binding);
    }
  }

  private remove(binding: Binding): void {
    for (const key of keysOf(binding)) {
      const bindings = this.index.get(key);
      bindings?.delete(binding.metadata.uid);
      if (bindings?.size === 0) this.index.delete(key);
    }
  }
}

const namespaceOf = (attributes: Attributes): string | undefined =>
  'namespace' in attributes ? attributes.namespace : undefined;

const keysOf = ({ metadata: { namespace }, subjects = [] }: Binding): readonly string[] =>
  subjects.map((subject) => `${namespace ?? EVERYWHERE}/${nameOf(subject, namespace)}`);

/** A service account is the user that its tokens name. */
const nameOf = ({ kind, name, namespace }: Subject, where: string | undefined): string =>
  kind === 'ServiceAccount'
    ? `User/${accountUserName(namespace ?? where ?? '', name)}`
    : `${kind === 'Group' ? 'Group' : 'User'}/${name}`;
