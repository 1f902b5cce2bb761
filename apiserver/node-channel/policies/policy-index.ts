import type { NetworkPolicy } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import type { Labels } from '../../../shared/selectors/label-selector';
import { matchesLabels } from '../../../shared/selectors/label-selector';
import type { NodePolicy, SelectedPod } from '../../../shared/wire/network-policy';
import type { PolicyPod } from './policy-pod';
import type { GroupSpec, PolicyRules } from './policy-rules';
import { policyRulesOf, portNameKey } from './policy-rules';

/** What has changed since it was last asked. */
export interface PolicyNews {
  /** Keys of policies, gone ones among them, with the nodes on which their rules or selected pods are others now. */
  readonly policies: ReadonlyMap<string, ReadonlySet<string> | 'every node'>;
  readonly groups: ReadonlyMap<string, { readonly come: ReadonlySet<string>; readonly gone: ReadonlySet<string> }>;
}

interface Policy {
  readonly rules: PolicyRules;
  /** By node, then by uid. */
  readonly selected: Map<string, Map<string, PolicyPod>>;
}

interface Group {
  readonly spec: GroupSpec;
  users: number;
  readonly membersOf: Map<string, readonly string[]>;
  /** How many pods each member stands for: for a moment two may have one address. */
  readonly members: Map<string, number>;
}

/** Whom each policy selects and who its peers are, followed change by change: one costs what it concerns. */
export class PolicyIndex {
  private readonly policies = new Map<string, Policy>();
  private readonly policiesIn = new Map<string, Map<string, Policy>>();
  private readonly groups = new Map<string, Group>();
  private readonly pods = new Map<string, PolicyPod>();
  private readonly podsIn = new Map<string, Map<string, PolicyPod>>();
  private readonly namespaces = new Map<string, Labels>();
  private changedPolicies = new Map<string, Set<string> | 'every node'>();
  private changedGroups = new Map<string, { come: Set<string>; gone: Set<string> }>();

  setPolicy(object: NetworkPolicy): void {
    const rules = policyRulesOf(object);
    const key = policyKeyOf(rules);
    const old = this.policies.get(key);
    if (old !== undefined && isSameJson(plain(old.rules), plain(rules))) return;
    // First, so that groups which stay are not built anew.
    for (const spec of rules.groups.values()) this.useGroup(spec);
    this.removePolicy(key);
    const policy: Policy = { rules, selected: new Map() };
    this.policies.set(key, policy);
    inner(this.policiesIn, rules.namespace).set(key, policy);
    for (const pod of this.podsIn.get(rules.namespace)?.values() ?? []) this.select(policy, pod);
    this.changedPolicies.set(key, 'every node');
  }

  removePolicy(key: string): void {
    const policy = this.policies.get(key);
    if (policy === undefined) return;
    this.policies.delete(key);
    removeInner(this.policiesIn, policy.rules.namespace, key);
    for (const id of policy.rules.groups.keys()) this.leaveGroup(id);
    this.changedPolicies.set(key, 'every node');
  }

  setNamespace(name: string, labels: Labels): void {
    const old = this.namespaces.get(name);
    if (old !== undefined && isSameJson(old, labels)) return;
    this.namespaces.set(name, labels);
    for (const group of this.groups.values()) {
      if (group.spec.namespace !== undefined) continue;
      for (const pod of this.podsIn.get(name)?.values() ?? []) this.placeIn(group, pod.uid, pod);
    }
  }

  removeNamespace(name: string): void {
    if (this.namespaces.has(name)) this.setNamespace(name, {});
    this.namespaces.delete(name);
  }

  setPod(uid: string, pod: PolicyPod | undefined): void {
    const old = this.pods.get(uid);
    if (old === pod || (old !== undefined && pod !== undefined && isSameJson(old, pod))) return;
    if (old !== undefined) removeInner(this.podsIn, old.namespace, uid);
    if (pod === undefined) this.pods.delete(uid);
    else {
      this.pods.set(uid, pod);
      inner(this.podsIn, pod.namespace).set(uid, pod);
    }
    const namespace = (pod ?? old)?.namespace ?? '';
    for (const [key, policy] of this.policiesIn.get(namespace) ?? []) {
      const before = selectedOf(policy, old);
      if (old !== undefined) removeInner(policy.selected, old.nodeName, uid);
      if (pod !== undefined) this.select(policy, pod);
      const after = selectedOf(policy, pod);
      if (old?.nodeName !== pod?.nodeName || !isSameJson(before, after))
        for (const each of [before === undefined ? undefined : old, after === undefined ? undefined : pod])
          if (each !== undefined) this.noteChange(key, each.nodeName);
    }
    for (const group of this.groups.values())
      if (group.spec.namespace === undefined || group.spec.namespace === namespace) this.placeIn(group, uid, pod);
  }

  /** What changed since the last call. */
  takeNews(): PolicyNews {
    const news = { policies: this.changedPolicies, groups: this.changedGroups };
    this.changedPolicies = new Map();
    this.changedGroups = new Map();
    return news;
  }

  keys(): Iterable<string> {
    return this.policies.keys();
  }

  /** Undefined where the policy selects no pod of that node. */
  policyOn(nodeName: string, key: string): NodePolicy | undefined {
    const policy = this.policies.get(key);
    const pods = policy?.selected.get(nodeName);
    if (policy === undefined || pods === undefined) return undefined;
    const { namespace, name, ingress, egress } = policy.rules;
    return {
      namespace,
      name,
      pods: [...pods.values()].map((pod) => selectedPodOf(policy.rules, pod)),
      ...(ingress === undefined ? {} : { ingress }),
      ...(egress === undefined ? {} : { egress }),
    };
  }

  groupsOf(key: string): Iterable<string> {
    return this.policies.get(key)?.rules.groups.keys() ?? [];
  }

  membersOf(id: string): readonly string[] {
    return [...(this.groups.get(id)?.members.keys() ?? [])];
  }

  private noteChange(key: string, nodeName: string): void {
    const nodes = this.changedPolicies.get(key) ?? new Set<string>();
    this.changedPolicies.set(key, nodes === 'every node' ? nodes : nodes.add(nodeName));
  }

  private select(policy: Policy, pod: PolicyPod): void {
    if (pod.nodeName === '' || !matchesLabels(policy.rules.selector, pod.labels)) return;
    inner(policy.selected, pod.nodeName).set(pod.uid, pod);
  }

  private useGroup(spec: GroupSpec): void {
    const known = this.groups.get(spec.id);
    if (known !== undefined) {
      known.users += 1;
      return;
    }
    const group: Group = { spec, users: 1, membersOf: new Map(), members: new Map() };
    this.groups.set(spec.id, group);
    const pods =
      spec.namespace === undefined ? this.pods : (this.podsIn.get(spec.namespace) ?? new Map<string, PolicyPod>());
    for (const [uid, pod] of pods) this.placeIn(group, uid, pod);
  }

  private leaveGroup(id: string): void {
    const group = this.groups.get(id);
    if (group === undefined) return;
    group.users -= 1;
    if (group.users > 0) return;
    // One of the same id may come in the same turn: what is told of it must add up.
    for (const uid of [...group.membersOf.keys()]) this.placeIn(group, uid, undefined);
    this.groups.delete(id);
  }

  private placeIn(group: Group, uid: string, pod: PolicyPod | undefined): void {
    const old = group.membersOf.get(uid) ?? [];
    const fresh = pod === undefined ? [] : this.membersFor(group.spec, pod);
    if (isSameJson(old, fresh)) return;
    if (fresh.length === 0) group.membersOf.delete(uid);
    else group.membersOf.set(uid, fresh);
    for (const member of fresh) this.count(group, member, 1);
    for (const member of old) this.count(group, member, -1);
  }

  private membersFor({ namespace, namespaces, pods, port }: GroupSpec, pod: PolicyPod): readonly string[] {
    const isThere =
      namespace === undefined
        ? matchesLabels(namespaces, this.namespaces.get(pod.namespace) ?? {})
        : namespace === pod.namespace;
    if (!isThere || !matchesLabels(pods, pod.labels)) return [];
    if (port === undefined) return pod.addresses;
    const ports = pod.ports.filter(({ name, protocol }) => name === port.name && protocol === port.protocol);
    return pod.addresses.flatMap((address) => ports.map((each) => `${address}:${each.port}`));
  }

  private count({ spec: { id }, members }: Group, member: string, by: 1 | -1): void {
    const count = (members.get(member) ?? 0) + by;
    const news = this.changedGroups.get(id) ?? { come: new Set(), gone: new Set() };
    this.changedGroups.set(id, news);
    if (count > 0) members.set(member, count);
    else members.delete(member);
    if (count === 1 && by === 1 && !news.gone.delete(member)) news.come.add(member);
    if (count === 0 && !news.come.delete(member)) news.gone.add(member);
  }
}

export const policyKeyOf = ({ namespace, name }: { readonly namespace: string; readonly name: string }): string =>
  `${namespace}/${name}`;

const plain = ({ groups, portNames, ...rest }: PolicyRules): unknown => ({
  ...rest,
  groups: [...groups.keys()],
  portNames: [...portNames],
});

function selectedPodOf({ portNames }: PolicyRules, { uid, ports }: PolicyPod): SelectedPod {
  return { uid, ports: ports.filter((port) => portNames.has(portNameKey(port))) };
}

const selectedOf = (policy: Policy, pod: PolicyPod | undefined): SelectedPod | undefined => {
  const found = pod === undefined ? undefined : policy.selected.get(pod.nodeName)?.get(pod.uid);
  return found === undefined ? undefined : selectedPodOf(policy.rules, found);
};

function inner<K, I, V>(outer: Map<K, Map<I, V>>, key: K): Map<I, V> {
  const found = outer.get(key);
  if (found !== undefined) return found;
  const fresh = new Map<I, V>();
  outer.set(key, fresh);
  return fresh;
}

function removeInner<K, I, V>(outer: Map<K, Map<I, V>>, key: K, id: I): void {
  const found = outer.get(key);
  found?.delete(id);
  if (found?.size === 0) outer.delete(key);
}
