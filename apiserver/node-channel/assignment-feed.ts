import type { ConfigMap, PersistentVolumeClaim, Pod, PodCondition, Secret, Service } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type {
  NamespaceServices,
  ObjectChanged,
  ObjectRef,
  PodAssignment,
  PodRemoval,
  Registration,
  Sync,
} from '../../shared/wire/node-channel';
import type { Client, ObjectChange, View } from '../registry/client';
import { PodsOfClaims } from '../registry/pods-of-claims';
import type { NodePods } from './node-pods';
import { OnceATurn } from './once-a-turn';
import { refKey } from './pod-references';
import { RemovalLog } from './removal-log';
import { withVolumes } from './resolved-volumes';
import { isClusterService, servicesOf } from './service-links';

/** Where one agent's news go. */
export interface AssignmentSink {
  pod(message: PodAssignment): void;
  podRemoved(message: PodRemoval): void;
  objectChanged(message: ObjectChanged): void;
  services(message: NamespaceServices): void;
}

interface News {
  readonly revision: number;
  readonly send: (sink: AssignmentSink) => void;
}

interface Subscriber {
  readonly sink: AssignmentSink;
  /** By what they are about: a newer change of the same thing replaces the older. */
  readonly waiting: Map<string, News>;
}

type ConfigKind = ObjectRef['kind'];
const CONFIG_KINDS: readonly ConfigKind[] = ['ConfigMap', 'Secret'];

/**
 * What each node must know, pushed as the registry's views change. A burst of changes is sent in one turn, ascending
 * by revision, with only the last change of each object: when a message arrives, everything at or before its revision
 * has arrived or was superseded. That is why an agent may resume after the last revision it saw.
 */
export class AssignmentFeed {
  private readonly pods: View<Pod>;
  private readonly removals: RemovalLog;
  private readonly podsOfClaims = new PodsOfClaims();
  private readonly subscribers = new Map<string, Subscriber>();
  /** Those who have something waiting. */
  private readonly behind = new Set<Subscriber>();
  private readonly unsubscribe: (() => void)[];
  private readonly flushing = new OnceATurn(() => this.flush());

  /** `nodePods` must be subscribed to the pods already: what it says counts when a change is told. */
  constructor(
    private readonly client: Client,
    private readonly nodePods: NodePods,
    /** Sends what an agent is to know before the news that follow. */
    private readonly before: () => void = () => undefined,
  ) {
    this.pods = client.view('Pod');
    this.removals = new RemovalLog(Number(this.pods.resourceVersion));
    for (const object of this.pods.list()) this.podsOfClaims.see({ type: 'ADDED', object });
    this.unsubscribe = [
      this.pods.onChange((change) => this.onPodChange(change)),
      client.view('ConfigMap').onChange((change) => this.onConfigChange('ConfigMap', change)),
      client.view('Secret').onChange((change) => this.onConfigChange('Secret', change)),
      client.view('PersistentVolumeClaim').onChange((change) => this.onClaimChange(change)),
      client.view('Service').onChange((change) => this.onServiceChange(change)),
    ];
  }

  /** No more news to anyone. */
  stop(): void {
    for (const end of this.unsubscribe) end();
    this.subscribers.clear();
    this.behind.clear();
  }

  /**
   * The state to begin with, and everything later into `sink`, with no gap between them as long as the caller sends the
   * Sync before it returns to the event loop. Replaces an earlier subscription of the node.
   */
  subscribe(registration: Registration, sink: AssignmentSink): { readonly sync: Sync; readonly cancel: () => void } {
    const { nodeName, lastRevision } = registration;
    const subscriber: Subscriber = { sink, waiting: new Map() };
    this.drop(nodeName, this.subscribers.get(nodeName));
    this.subscribers.set(nodeName, subscriber);
    // What the agent knows of ConfigMaps and Secrets is as old as its last revision: tell it what it may have missed.
    if (lastRevision > 0) this.catchUpObjects(nodeName, lastRevision, subscriber);
    return {
      sync: this.syncFor(registration),
      cancel: () => this.drop(nodeName, subscriber),
    };
  }

  private drop(nodeName: string, subscriber: Subscriber | undefined): void {
    if (subscriber === undefined) return;
    this.behind.delete(subscriber);
    if (this.subscribers.get(nodeName) === subscriber) this.subscribers.delete(nodeName);
  }

  /** Whether a pod of the node refers to the object. */
  mayRead(nodeName: string, ref: ObjectRef): boolean {
    return this.nodePods.nodesReferringTo(ref).has(nodeName);
  }

  podOf(nodeName: string, uid: string): Pod | undefined {
    return this.nodePods.get(nodeName, uid);
  }

  /** Whether the pod is, or lately was, on the node. */
  hadPod(nodeName: string, uid: string): boolean {
    return this.nodePods.get(nodeName, uid) !== undefined || this.removals.has(nodeName, uid);
  }

  private syncFor({ nodeName, lastRevision, pods: running }: Registration): Sync {
    const revision = Number(this.pods.resourceVersion);
    const assigned = this.nodePods.on(nodeName);
    const services = this.servicesFor(assigned);
    const known = new Set(assigned.map((pod) => pod.metadata.uid));
    const orphans = running.map(({ uid }) => uid).filter((uid) => !known.has(uid));
    // An agent from the future has seen a store that was since restored from a backup.
    if (lastRevision === 0 || lastRevision > revision || !this.removals.reaches(lastRevision)) {
      return { kind: 'full', revision, pods: this.withVolumes(assigned), services, removed: [...new Set(orphans)] };
    }
    const runs = new Set(running.map(({ uid }) => uid));
    const news = assigned.filter((pod) => revisionOf(pod) > lastRevision || !runs.has(pod.metadata.uid));
    const removed = this.removals.since(nodeName, lastRevision).map(({ uid }) => uid);
    return {
      kind: 'difference',
      revision,
      pods: this.withVolumes(news),
      services,
      removed: [...new Set([...removed, ...orphans])],
    };
  }

  private onPodChange(change: ObjectChange<Pod>): void {
    this.podsOfClaims.see(change);
    const pod = change.object;
    const nodeName = pod.spec.nodeName ?? '';
    if (nodeName === '') return;
    const { uid, namespace, name } = pod.metadata;
    const revision = revisionOf(pod);
    if (change.type === 'DELETED') {
      this.removals.add({ revision, nodeName, uid, namespace, name });
      this.tell(nodeName, uid, { revision, send: (sink) => sink.podRemoved({ revision, uid, namespace, name }) });
    } else if (change.previous === undefined || concernsAgent(pod, change.previous)) {
      if ((change.previous?.spec.nodeName ?? '') === '') this.tellServices(nodeName, namespace);
      this.tell(nodeName, uid, {
        revision,
        send: (sink) => sink.pod({ revision, pod: withVolumes(pod, this.client) }),
      });
    }
  }

  private withVolumes(pods: readonly Pod[]): readonly Pod[] {
    return pods.map((pod) => withVolumes(pod, this.client));
  }

  /** Pods that were put on a node before their claim was bound wait for its volume there. */
  private onClaimChange({ type, object, previous }: ObjectChange<PersistentVolumeClaim>): void {
    if (type === 'DELETED' || object.status?.phase !== 'Bound' || previous?.status?.phase === 'Bound') return;
    const { namespace, name, resourceVersion } = object.metadata;
    const revision = Number(resourceVersion);
    for (const key of this.podsOfClaims.of({ namespace, name })) {
      const pod = this.pods.get(key);
      const nodeName = pod?.spec.nodeName ?? '';
      if (pod === undefined || nodeName === '') continue;
      const send = (sink: AssignmentSink): void => sink.pod({ revision, pod: withVolumes(pod, this.client) });
      this.tell(nodeName, pod.metadata.uid, { revision, send });
    }
  }

  private onServiceChange({ object, previous }: ObjectChange<Service>): void {
    if (previous !== undefined && isSameJson(object.spec, previous.spec)) return;
    for (const nodeName of this.subscribers.keys()) {
      const namespaces = new Set(this.nodePods.on(nodeName).map(({ metadata }) => metadata.namespace));
      for (const namespace of namespaces)
        if (namespace === object.metadata.namespace || isClusterService(object)) this.tellServices(nodeName, namespace);
    }
  }

  /** Ahead of all else that waits: a pod's containers are made with what is known by then. */
  private tellServices(nodeName: string, namespace: string): void {
    const send = (sink: AssignmentSink): void => sink.services(servicesOf(this.client.view('Service'), namespace));
    this.tell(nodeName, `services/${namespace}`, { revision: 0, send });
  }

  private servicesFor(pods: readonly Pod[]): readonly NamespaceServices[] {
    const namespaces = new Set(pods.map(({ metadata }) => metadata.namespace));
    return [...namespaces].map((namespace) => servicesOf(this.client.view('Service'), namespace));
  }

  private onConfigChange(kind: ConfigKind, { type, object }: ObjectChange<ConfigMap | Secret>): void {
    const ref: ObjectRef = { kind, namespace: object.metadata.namespace, name: object.metadata.name };
    const news = objectNews(ref, Number(object.metadata.resourceVersion), type === 'DELETED' ? null : object);
    for (const nodeName of this.nodePods.nodesReferringTo(ref)) this.tell(nodeName, refKey(ref), news);
  }

  private catchUpObjects(nodeName: string, lastRevision: number, subscriber: Subscriber): void {
    for (const kind of CONFIG_KINDS) {
      const view: View<ConfigMap | Secret> = this.client.view(kind);
      for (const ref of this.nodePods.referencesOf(nodeName).filter((each) => each.kind === kind)) {
        const object = view.get(ref) ?? null;
        const revision = object === null ? Number(view.resourceVersion) : Number(object.metadata.resourceVersion);
        if (revision > lastRevision) this.wait(subscriber, refKey(ref), objectNews(ref, revision, object));
      }
    }
  }

  private tell(nodeName: string, about: string, news: News): void {
    const subscriber = this.subscribers.get(nodeName);
    if (subscriber !== undefined) this.wait(subscriber, about, news);
  }

  private wait(subscriber: Subscriber, about: string, news: News): void {
    subscriber.waiting.set(about, news);
    this.behind.add(subscriber);
    this.flushing.ask();
  }

  private flush(): void {
    this.before();
    const behind = [...this.behind];
    this.behind.clear();
    for (const { sink, waiting } of behind) {
      const news = [...waiting.values()].sort((a, b) => a.revision - b.revision);
      waiting.clear();
      for (const each of news) each.send(sink);
    }
  }
}

const revisionOf = (pod: Pod): number => Number(pod.metadata.resourceVersion);

const objectNews = (ref: ObjectRef, revision: number, object: ConfigMap | Secret | null): News => ({
  revision,
  send: (sink) => sink.objectChanged({ revision, ref, object }),
});

/** A change of status alone is the agent's own report coming back, but for what others say for its readiness gates. */
const concernsAgent = (pod: Pod, previous: Pod): boolean =>
  (previous.spec.nodeName ?? '') === '' ||
  !isSameJson(pod.spec, previous.spec) ||
  !isSameJson(lastingMetadata(pod), lastingMetadata(previous)) ||
  !isSameJson(gateConditions(pod), gateConditions(previous));

const gateConditions = ({ spec: { readinessGates = [] }, status }: Pod): readonly PodCondition[] =>
  readinessGates.length === 0
    ? []
    : (status?.conditions ?? []).filter(({ type }) =>
        readinessGates.some(({ conditionType }) => conditionType === type),
      );

const lastingMetadata = ({ metadata: { resourceVersion, managedFields, ...rest } }: Pod): object => rest;
