import type { PolicyRule, RoleRef, Subject } from 'kubernetes-types/rbac/v1';
import type { ClusterRoleBinding, RoleBinding } from '../../../shared/api/objects';
import type { Client } from '../../registry/client';
import type { Attributes, Authorizer } from '../authorizer';
import type { User } from '../user';
import { allows } from './rules';

type Binding = RoleBinding | ClusterRoleBinding;

/** Of the views that the authorizer reads. */
export type RoleViews = Pick<Client, 'view'>;

const SERVICE_ACCOUNT = 'system:serviceaccount';

/** Allows what roles bound to the user, or to one of the user's groups, allow. Bindings are found by their subjects. */
export class RbacAuthorizer implements Authorizer {
  private bySubject: ReadonlyMap<string, readonly Binding[]> | undefined;

  constructor(private readonly client: RoleViews) {
    for (const kind of ['ClusterRoleBinding', 'RoleBinding'] as const) {
      client.view(kind).onChange(() => (this.bySubject = undefined));
    }
  }

  isAllowed(user: User, attributes: Attributes): boolean {
    const namespace = 'namespace' in attributes ? attributes.namespace : undefined;
    for (const rule of this.rulesFor(user, namespace)) if (allows(rule, attributes)) return true;
    return false;
  }

  /** Every rule that holds for the user: everywhere, and in the namespace where one is given. */
  *rulesFor(user: User, namespace: string | undefined): Generator<PolicyRule> {
    this.bySubject ??= this.index();
    for (const subject of [`User/${user.name}`, ...user.groups.map((group) => `Group/${group}`)]) {
      for (const binding of this.bySubject.get(subject) ?? []) {
        const { namespace: where } = binding.metadata;
        if (where === undefined || where === namespace) yield* this.rulesOf(binding.roleRef, where) ?? [];
      }
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

  private index(): ReadonlyMap<string, readonly Binding[]> {
    const index = new Map<string, Binding[]>();
    const bindings = [...this.client.view('ClusterRoleBinding').list(), ...this.client.view('RoleBinding').list()];
    for (const binding of bindings) {
      for (const subject of binding.subjects ?? []) {
        const key = keyOf(subject, binding.metadata.namespace);
        index.set(key, [...(index.get(key) ?? []), binding]);
      }
    }
    return index;
  }
}

/** A service account is the user that its tokens name. */
const keyOf = ({ kind, name, namespace }: Subject, where: string | undefined): string =>
  kind === 'ServiceAccount'
    ? `User/${SERVICE_ACCOUNT}:${namespace ?? where ?? ''}:${name}`
    : `${kind === 'Group' ? 'Group' : 'User'}/${name}`;
