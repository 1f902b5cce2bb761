import type { NodePolicy, PolicyChange } from '../../../shared/wire/network-policy';

/** The policies of the node's pods, as the server last told. */
export class PolicyState {
  private readonly byKey = new Map<string, NodePolicy>();
  private readonly members = new Map<string, ReadonlySet<string>>();

  apply(change: PolicyChange): void {
    if (change.kind === 'snapshot') {
      this.byKey.clear();
      this.members.clear();
    }
    for (const key of change.removedPolicies) this.byKey.delete(key);
    for (const id of change.removedGroups) this.members.delete(id);
    for (const policy of change.policies) this.byKey.set(`${policy.namespace}/${policy.name}`, policy);
    for (const { id, come, gone } of change.groups) {
      // Another set for other members: what is the same set has not changed.
      const members = new Set(this.members.get(id));
      for (const each of gone) members.delete(each);
      for (const each of come) members.add(each);
      this.members.set(id, members);
    }
  }

  /** All of it, as a server would tell it. */
  snapshot(): PolicyChange {
    return {
      kind: 'snapshot',
      policies: [...this.byKey.values()],
      removedPolicies: [],
      groups: [...this.members].map(([id, members]) => ({ id, come: [...members], gone: [] })),
      removedGroups: [],
    };
  }

  get policies(): Iterable<NodePolicy> {
    return this.byKey.values();
  }

  group(id: string): ReadonlySet<string> {
    return this.members.get(id) ?? NOBODY;
  }
}

const NOBODY: ReadonlySet<string> = new Set();
