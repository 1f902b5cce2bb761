import type { Namespace, NetworkPolicy, Pod } from '../../../shared/api/objects';
import type { NodePolicy, PolicyChange, PolicyGroup } from '../../../shared/wire/network-policy';
import type { Client, ObjectChange } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import { OnceATurn } from '../once-a-turn';
import { PolicyIndex } from './policy-index';
import type { PolicyNews } from './policy-index';
import { policyPodOf } from './policy-pod';

interface Subscriber {
  readonly nodeName: string;
  readonly send: (change: PolicyChange) => void;
  /** Keys of the policies that it was told, with the groups of each. */
  readonly policies: Map<string, readonly string[]>;
  groups: ReadonlySet<string>;
}

/**
 * NetworkPolicies to the nodes whose pods they select, and to nobody else. What changes in one turn is one message;
 * `flush` sends it before the turn ends, for what must be known by then.
 */
export class PolicyFeed {
  private readonly index = new PolicyIndex();
  private readonly subscribers = new Set<Subscriber>();
  private readonly endings: (() => void)[];
  private readonly flushing = new OnceATurn(() => this.flush());

  constructor(client: Client) {
    const policies = client.view('NetworkPolicy');
    const namespaces = client.view('Namespace');
    const pods = client.view('Pod');
    for (const { metadata } of namespaces.list()) this.index.setNamespace(metadata.name, metadata.labels ?? {});
    for (const pod of pods.list()) this.index.setPod(pod.metadata.uid, policyPodOf(pod));
    for (const policy of policies.list()) this.index.setPolicy(policy);
    this.index.takeNews();
    this.endings = [
      namespaces.onChange((change) => this.onNamespace(change)),
      pods.onChange((change) => this.onPod(change)),
      policies.onChange((change) => this.onPolicy(change)),
    ];
  }

  /** No more news to anyone. */
  stop(): void {
    for (const end of this.endings) end();
    this.subscribers.clear();
  }

  /** Everything that concerns the node, and every later change into `send`. */
  subscribe(
    nodeName: string,
    send: (change: PolicyChange) => void,
  ): { readonly snapshot: PolicyChange; readonly cancel: () => void } {
    this.flush();
    const subscriber: Subscriber = { nodeName, send, policies: new Map(), groups: new Set() };
    this.subscribers.add(subscriber);
    const everything: PolicyNews = {
      policies: new Map([...this.index.keys()].map((key) => [key, 'every node'])),
      groups: new Map(),
    };
    return {
      snapshot: { ...this.changeFor(subscriber, everything), kind: 'snapshot' },
      cancel: () => void this.subscribers.delete(subscriber),
    };
  }

  flush(): void {
    const news = this.index.takeNews();
    if (news.policies.size === 0 && news.groups.size === 0) return;
    for (const subscriber of this.subscribers) {
      const change = this.changeFor(subscriber, news);
      if (!isEmpty(change)) subscriber.send(change);
    }
  }

  private changeFor(subscriber: Subscriber, news: PolicyNews): PolicyChange {
    const { nodeName, policies: told } = subscriber;
    const policies: NodePolicy[] = [];
    const removedPolicies: string[] = [];
    for (const [key, nodes] of news.policies) {
      if (nodes !== 'every node' && !nodes.has(nodeName)) continue;
      const policy = this.index.policyOn(nodeName, key);
      if (policy !== undefined) {
        policies.push(policy);
        told.set(key, [...this.index.groupsOf(key)]);
      } else if (told.delete(key)) removedPolicies.push(key);
    }
    const known = subscriber.groups;
    if (policies.length + removedPolicies.length > 0) subscriber.groups = new Set([...told.values()].flat());
    const groups: PolicyGroup[] = [];
    if (subscriber.groups !== known)
      for (const id of subscriber.groups)
        if (!known.has(id)) groups.push({ id, come: this.index.membersOf(id), gone: [] });
    for (const [id, { come, gone }] of news.groups)
      if (known.has(id) && subscriber.groups.has(id) && come.size + gone.size > 0)
        groups.push({ id, come: [...come], gone: [...gone] });
    const removedGroups = [...known].filter((id) => !subscriber.groups.has(id));
    return { kind: 'change', policies, removedPolicies, groups, removedGroups };
  }

  private onNamespace({ type, object }: ObjectChange<Namespace>): void {
    if (type === 'DELETED') this.index.removeNamespace(object.metadata.name);
    else this.index.setNamespace(object.metadata.name, object.metadata.labels ?? {});
    this.flushing.ask();
  }

  private onPod({ type, object }: ObjectChange<Pod>): void {
    this.index.setPod(object.metadata.uid, type === 'DELETED' ? undefined : policyPodOf(object));
    this.flushing.ask();
  }

  private onPolicy({ type, object }: ObjectChange<NetworkPolicy>): void {
    if (type === 'DELETED') this.index.removePolicy(keyString(keyOf(object)));
    else this.index.setPolicy(object);
    this.flushing.ask();
  }
}

const isEmpty = ({ policies, removedPolicies, groups, removedGroups }: PolicyChange): boolean =>
  policies.length + removedPolicies.length + groups.length + removedGroups.length === 0;
