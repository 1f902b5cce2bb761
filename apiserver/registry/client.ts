/**
 * The in-process API: what the scheduler, the controllers and the node channel see of the registry. It has the
 * semantics of the HTTP API (validation, defaults, optimistic concurrency, finalizers, Status errors) without the HTTP.
 */
import type { ApiObject, KindName, KindTypes, Scale } from '../../shared/api/objects';
import type { ResourceName } from '../../shared/status-error';
import type { WritableSubresource } from '../kinds/kind';

/** Names an object: cluster-scoped kinds have no namespace. */
export interface ObjectKey {
  readonly namespace?: string | undefined;
  readonly name: string;
}

export const keyOf = (object: { metadata: { namespace?: string | undefined; name: string } }): ObjectKey =>
  object.metadata.namespace === undefined
    ? { name: object.metadata.name }
    : { namespace: object.metadata.namespace, name: object.metadata.name };

/** `namespace/name`, or `name` alone: how queues and maps key an object. */
export const keyString = (key: ObjectKey): string =>
  key.namespace === undefined ? key.name : `${key.namespace}/${key.name}`;

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface ObjectChange<T> {
  readonly type: WatchEventType;
  /** The object as it is now; for DELETED its last state, with the deletion's resourceVersion. Frozen: never mutate. */
  readonly object: T;
  /** Its state before this change; absent for ADDED. */
  readonly previous?: T;
}

export interface ListOptions<T> {
  readonly namespace?: string;
  readonly ownedBy?: string;
  readonly controlled?: false;
  readonly where?: (object: T) => boolean;
}

/** A live, read-your-writes view of one kind, served from the registry's cache. Synchronous, no I/O. Objects are frozen. */
export interface View<T> {
  get(key: ObjectKey): T | undefined;
  /** Whether an object of this uid is there, of whatever name and in whatever namespace. Looks at no object, but the first
   * time that it is asked. */
  hasUid(uid: string): boolean;
  /** `ownedBy`: only objects with an owner reference of this uid. `controlled: false`: only those that no owner
   * controls. Both are found without looking at the others. */
  list(options?: ListOptions<T>): readonly T[];
  /** The revision the view has reached. */
  readonly resourceVersion: string;
  /** Calls `handler` for each later change, in order, after the view shows it. Handlers are called synchronously from
   * the cache and must not throw: enqueue a key and return. Returns the function that unsubscribes. */
  onChange(handler: (change: ObjectChange<T>) => void): () => void;
}

export interface DeleteCallOptions {
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type PatchType = 'json' | 'merge' | 'strategic';

/** The kinds that there are now: custom ones come and go. A custom kind is named `Kind.group` where our own code names it. */
export interface ServedKinds {
  names(options?: { readonly namespaced?: boolean }): readonly KindName[];
  /** The kind that an object's or an owner reference's apiVersion and kind name; undefined: none that is served. */
  nameOf(apiVersion: string, kind: string): KindName | undefined;
  /** How messages name the kind: `deployments.apps`. */
  resourceOf(kind: KindName): ResourceName;
  onChange(handler: () => void): () => void;
}

export interface Client {
  readonly kinds: ServedKinds;
  /** Calls `handler` for each later change of any kind, under the rules of View.onChange. */
  onAnyChange(handler: (change: ObjectChange<KindTypes[KindName]>) => void): () => void;
  view<K extends KindName>(kind: K): View<KindTypes[K]>;
  /** Throws NotFound. */
  get<K extends KindName>(kind: K, key: ObjectKey): Promise<KindTypes[K]>;
  /** Throws AlreadyExists, Invalid, Forbidden (terminating namespace). */
  create<K extends KindName>(kind: K, object: ApiObject): Promise<KindTypes[K]>;
  /** Replaces; with metadata.resourceVersion set, throws Conflict unless it is current. */
  update<K extends KindName>(kind: K, object: KindTypes[K]): Promise<KindTypes[K]>;
  /** Replaces only `status`, under the same rules. */
  updateStatus<K extends KindName>(kind: K, object: KindTypes[K]): Promise<KindTypes[K]>;
  /** Reads, applies `change` to a private deep copy, writes; on Conflict reads again (at most 10 times). `change` returns
   * undefined for "nothing to do". With a `subresource` only its part is written. Throws NotFound. */
  modify<K extends KindName>(
    kind: K,
    key: ObjectKey,
    change: (object: KindTypes[K]) => KindTypes[K] | undefined,
    options?: { readonly subresource?: WritableSubresource; readonly uid?: string },
  ): Promise<KindTypes[K]>;
  patch<K extends KindName>(
    kind: K,
    key: ObjectKey,
    patch: { readonly type: PatchType; readonly body: unknown },
    options?: { readonly subresource?: 'status' },
  ): Promise<KindTypes[K]>;
  /** The Scale of an object; undefined where its kind has none. Throws NotFound. */
  scale(kind: KindName, key: ObjectKey): Promise<Scale | undefined>;
  /** Asks for so many replicas. Throws NotFound, also where the kind has no scale. */
  setScale(kind: KindName, key: ObjectKey, replicas: number): Promise<Scale>;
  /** Resolves when the deletion is recorded; the object may live on until its finalizers or its node let it go. */
  delete<K extends KindName>(kind: K, key: ObjectKey, options?: DeleteCallOptions): Promise<void>;
  /** Sets spec.nodeName and the PodScheduled condition, only if the pod is still unbound, has this uid and is not being
   * deleted; else throws Conflict. `resourceVersion`: of the pod the decision was made on (checked when given). */
  bind(
    pod: ObjectKey,
    binding: {
      readonly nodeName: string;
      readonly uid: string;
      readonly resourceVersion?: string;
      /** Put on the pod with the binding. */
      readonly annotations?: Readonly<Record<string, string>>;
    },
  ): Promise<void>;
}
