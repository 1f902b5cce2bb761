import type { Pod } from '../../shared/api/objects';
import type { ObjectRef } from '../../shared/wire/node-channel';
import type { ObjectChange, View } from '../registry/client';
import { refKey, referencesOf } from './pod-references';

interface Entry {
  readonly pod: Pod;
  readonly nodeName: string;
  readonly references: readonly ObjectRef[];
}

/** Which pods are on which node, and which nodes may read which ConfigMaps and Secrets because of them. */
export class NodePods {
  private readonly entries = new Map<string, Entry>();
  private readonly byNode = new Map<string, Map<string, Entry>>();
  private readonly byReference = new Map<string, Set<Entry>>();

  /** Of the pods that there are, kept up to date from here on. */
  static following(pods: View<Pod>): NodePods {
    const nodePods = new NodePods();
    pods.onChange((change) => nodePods.apply(change));
    for (const object of pods.list()) nodePods.apply({ type: 'ADDED', object });
    return nodePods;
  }

  apply(change: Pick<ObjectChange<Pod>, 'type' | 'object'>): void {
    const { object } = change;
    this.remove(object.metadata.uid);
    const nodeName = object.spec.nodeName ?? '';
    if (change.type !== 'DELETED' && nodeName !== '') this.add(object, nodeName);
  }

  on(nodeName: string): readonly Pod[] {
    return [...(this.byNode.get(nodeName)?.values() ?? [])].map((entry) => entry.pod);
  }

  /** The pod, if it is on this node. */
  get(nodeName: string, uid: string): Pod | undefined {
    return this.byNode.get(nodeName)?.get(uid)?.pod;
  }

  nodesReferringTo(ref: ObjectRef): ReadonlySet<string> {
    return new Set([...(this.byReference.get(refKey(ref)) ?? [])].map((entry) => entry.nodeName));
  }

  referencesOf(nodeName: string): readonly ObjectRef[] {
    const found = new Map<string, ObjectRef>();
    for (const entry of this.byNode.get(nodeName)?.values() ?? []) {
      for (const ref of entry.references) found.set(refKey(ref), ref);
    }
    return [...found.values()];
  }

  private add(pod: Pod, nodeName: string): void {
    const entry: Entry = { pod, nodeName, references: referencesOf(pod) };
    this.entries.set(pod.metadata.uid, entry);
    const onNode = this.byNode.get(nodeName) ?? new Map<string, Entry>();
    this.byNode.set(nodeName, onNode.set(pod.metadata.uid, entry));
    for (const ref of entry.references) {
      const referring = this.byReference.get(refKey(ref)) ?? new Set();
      this.byReference.set(refKey(ref), referring.add(entry));
    }
  }

  private remove(uid: string): void {
    const entry = this.entries.get(uid);
    if (entry === undefined) return;
    this.entries.delete(uid);
    const onNode = this.byNode.get(entry.nodeName);
    onNode?.delete(uid);
    if (onNode?.size === 0) this.byNode.delete(entry.nodeName);
    for (const ref of entry.references) {
      const referring = this.byReference.get(refKey(ref));
      referring?.delete(entry);
      if (referring?.size === 0) this.byReference.delete(refKey(ref));
    }
  }
}
