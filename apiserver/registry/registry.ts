/** The generic verbs for every kind: what the HTTP layer calls. One implementation, kinds are its data. */
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import type { User } from '../auth/user';
import type { Kind, WritableSubresource } from '../kinds/kind';
import type { ObjectKey, PatchType, WatchEventType } from './client';

/** An object with its JSON, encoded once: the same bytes go to every reader. */
export interface Encoded {
  readonly object: StoredObject;
  /** UTF-8 JSON of the object with apiVersion and kind, no trailing newline. */
  readonly json: Buffer;
}

/** What a strict reader has against a body: a field that stands twice. */
export interface FieldProblem {
  /** In Kubernetes' words: `duplicate field "spec.x"`. */
  readonly text: string;
  /** The field, where the text's format tells; nothing is said of duplicates of unknown fields. */
  readonly path?: string;
}

export interface WriteOptions {
  readonly user: User;
  /** Everything but the commit. */
  readonly dryRun?: boolean;
  readonly fieldManager?: string;
  /** What to do about unknown and duplicate fields; Kubernetes' default is Warn. */
  readonly fieldValidation?: 'Strict' | 'Warn' | 'Ignore';
  /** What the text of the request had beside its value. */
  readonly bodyProblems?: readonly FieldProblem[];
  /** Takes what admission notes for the audit log. */
  readonly annotate?: (key: string, text: string) => void;
  /** Of an update: throws Forbidden where the user may not create the object either; absent: nothing is created. */
  readonly mayCreate?: () => void;
}

export interface WriteResult extends Encoded {
  /** For `Warning: 299 - "…"` headers. */
  readonly warnings: readonly string[];
  /** False when an update or patch changed nothing (and so wrote nothing). */
  readonly changed: boolean;
  /** An apply or update found no object and created it. */
  readonly created?: true;
}

export interface ListQuery {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly limit?: number;
  /** The opaque token of the page before. */
  readonly continue?: string;
  readonly resourceVersion?: string;
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan';
}

export interface ListPage {
  readonly items: readonly Encoded[];
  readonly resourceVersion: string;
  readonly continue?: string;
  readonly remainingItemCount?: number;
}

export interface WatchQuery {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** '' or '0': start with the current objects as ADDED; else only changes after it. Too old -> Expired (410). */
  readonly resourceVersion?: string;
  readonly allowBookmarks: boolean;
  /** WatchList: current objects as ADDED, then a bookmark annotated k8s.io/initial-events-end. */
  readonly sendInitialEvents?: boolean;
}

export type WatchSignal =
  | { readonly type: WatchEventType; readonly encoded: Encoded }
  | { readonly type: 'BOOKMARK'; readonly resourceVersion: string; readonly initialEventsEnd: boolean }
  /** Ends the watch: the client must list again. */
  | { readonly type: 'ERROR'; readonly error: Error };

/** A running watch: the events come in batches, in order; the consumer pulls, so a slow one never grows a buffer without bound. */
export interface RegistryWatch extends AsyncIterable<readonly WatchSignal[]> {
  close(): void;
}

export interface DeleteQuery {
  readonly user: User;
  readonly dryRun?: boolean;
  readonly gracePeriodSeconds?: number;
  readonly propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

export type DeleteResult =
  /** Gone from the store. */
  | { readonly outcome: 'deleted'; readonly object: Encoded }
  /** Still there, waiting for its grace period or finalizers. */
  | { readonly outcome: 'terminating'; readonly object: Encoded };

/** All methods throw StatusError and nothing else for what a client can cause. */
export interface Registry {
  get(kind: Kind, key: ObjectKey): Promise<Encoded>;
  /** Resolves when reads show that resourceVersion or a later one. Throws BadRequest, and Timeout where that never comes. */
  reached(resourceVersion: string): Promise<void>;
  list(kind: Kind, query: ListQuery): Promise<ListPage>;
  watch(kind: Kind, query: WatchQuery): RegistryWatch;
  create(kind: Kind, namespace: string | undefined, object: ApiObject, options: WriteOptions): Promise<WriteResult>;
  update(
    kind: Kind,
    key: ObjectKey,
    object: ApiObject,
    options: WriteOptions & { readonly subresource?: WritableSubresource },
  ): Promise<WriteResult>;
  patch(
    kind: Kind,
    key: ObjectKey,
    patch: { readonly type: PatchType; readonly body: unknown },
    options: WriteOptions & { readonly subresource?: WritableSubresource },
  ): Promise<WriteResult>;
  /** Server-side apply; `fieldManager` is the applier. Throws Conflict where others own what would change, unless forced. */
  apply(
    kind: Kind,
    key: ObjectKey,
    configuration: ApiObject,
    options: WriteOptions & { readonly force: boolean; readonly subresource?: WritableSubresource },
  ): Promise<WriteResult>;
  delete(kind: Kind, key: ObjectKey, query: DeleteQuery): Promise<DeleteResult>;
  deleteCollection(kind: Kind, list: ListQuery, query: DeleteQuery): Promise<ListPage>;
  /** The autoscaling/v1 Scale of an object whose kind has `/scale`. */
  scale(kind: Kind, key: ObjectKey): Promise<StoredObject>;
  /** Sets what a Scale asks for, or a patch of it. Returns the Scale as it stands then, and what is to be said of the patch. */
  changeScale(
    kind: Kind,
    key: ObjectKey,
    change: { readonly type: PatchType | 'replace'; readonly body: unknown },
    options: WriteOptions,
  ): Promise<{ readonly scale: StoredObject; readonly warnings: readonly string[] }>;
  /** POST pods/NAME/binding. */
  bind(key: ObjectKey, binding: ApiObject, options: WriteOptions): Promise<void>;
  /** POST pods/NAME/eviction (policy/v1). 429 when a disruption budget forbids it. */
  evict(key: ObjectKey, eviction: ApiObject, options: WriteOptions): Promise<void>;
}
