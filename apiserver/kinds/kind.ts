/**
 * A kind is a declaration; the verbs are one generic registry. Discovery, OpenAPI, tables, validation and the CLI's
 * `explain` all read these declarations. Adding a kind is one file here and one line in `kinds.ts`.
 */
import type { ApiObject, StoredObject } from '../../shared/api/objects';
import type { StatusCause } from '../../shared/status-error';
import type { Shape } from '../managed-fields/shape';
import type { Schema } from '../openapi/schemas';

export type Verb = 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';

/** A column of `kubectl get`: Kubernetes' TableColumnDefinition plus how to fill the cell. */
export interface Column {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean' | 'date';
  readonly format?: string;
  readonly description: string;
  /** 0 is shown always, 1 with `-o wide`. */
  readonly priority: 0 | 1;
  /** `nowMs` for ages. */
  readonly cell: (object: StoredObject, nowMs: number) => string | number | boolean | null;
}

/** What a row of a table says of its object beside the cells: that it is over, which clients may leave out. */
export interface RowCondition {
  readonly type: 'Completed';
  readonly status: 'True';
  readonly reason: string;
  readonly message: string;
}

export interface Kind {
  /** '' for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly namespaced: boolean;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly Verb[];
  /** `status`, and others (`binding`, `eviction`, `log`, `exec`, …) which their own handlers serve. */
  readonly subresources: readonly Subresource[];
  /** Name of its schema in the generated OpenAPI (`io.k8s.api.core.v1.Pod`). */
  readonly schema: string;
  readonly columns: readonly Column[];
  readonly rowConditions?: (object: StoredObject) => readonly RowCondition[];
  /** Dotted paths that a fieldSelector may name, besides metadata.name and metadata.namespace. */
  readonly fieldSelectors: readonly string[];
  /** Which names are allowed. */
  readonly nameRule: 'dns1123-subdomain' | 'dns1123-label' | 'dns1035-label' | 'path-segment';
  /** Where writes of the main resource keep the stored status, and of `/status` the stored spec. */
  readonly hasStatus: boolean;
  /** What of the metadata writes of `/status` leave as it is; absent: they may change labels, annotations and finalizers. */
  readonly statusKeeps?: 'labels' | 'metadata';
  /** A replacement must say which resourceVersion it replaces. */
  readonly needsResourceVersion?: true;
  /** A replacement of what is not there makes it. */
  readonly createsOnUpdate?: true;
  /** metadata.generation counts changes of spec. */
  readonly hasGeneration: boolean;
  /** And those of annotations. */
  readonly generationCountsAnnotations?: true;
  /** Fills defaults in place, on create and update, before validation. */
  readonly setDefaults?: (object: ApiObject) => void;
  /** Fills what only creation fills (a pod's phase and QoS class), after defaults. */
  readonly prepareForCreate?: (object: ApiObject) => void;
  /** Puts back in place what an update through this door does not change. */
  readonly prepareForUpdate?: (
    object: StoredObject,
    old: StoredObject,
    subresource: WritableSubresource | undefined,
  ) => void;
  /** Semantic checks beyond the schema; Kubernetes' wording and field paths. */
  readonly validate?: (object: ApiObject) => readonly StatusCause[];
  /** What may not be there from the start. */
  readonly validateCreate?: (object: ApiObject) => readonly StatusCause[];
  /** What an update through this door may not change. */
  readonly validateUpdate?: (
    object: ApiObject,
    old: StoredObject,
    subresource: WritableSubresource | undefined,
  ) => readonly StatusCause[];
  /** What whoever writes it through the main door is told besides, in Kubernetes' words. `old`: absent on creation. */
  readonly warnings?: (object: StoredObject, old?: StoredObject) => readonly string[];
  /** Seconds that a graceful deletion leaves the object standing with its deletionTimestamp; absent or 0: removed at once. */
  readonly gracePeriodSeconds?: (object: StoredObject, requested: number | undefined) => number;
  /** True while a deleted object has to stay although no finalizer holds it (a namespace, until it is empty). */
  readonly holdsDeletion?: (object: StoredObject) => boolean;
  /** Changes the object in place when its deletion begins (a namespace's phase). */
  readonly beginDeletion?: (object: StoredObject) => void;
  /** Its dependents stay when it is deleted by somebody who does not say what shall become of them. */
  readonly orphansByDefault?: true;
  /** What such a client is told. */
  readonly orphanWarning?: string;
  /** What whoever uses it is told, in Kubernetes' words: that it, or this version, goes. */
  readonly deprecation?: string;
  /** Creation keeps the status that the client sends (a node registers with its figures). */
  readonly keepsStatusOnCreate?: boolean;
  /** Present where objects are stored in another version than this one. */
  readonly conversion?: Conversion;
  /** Present for custom kinds: what stands in place of the built-in schemas. */
  readonly custom?: CustomType;
  /** `/scale`: where the wanted and the seen number of replicas stand, and which pods are meant. */
  readonly scale?: ScaleFields;
  /** Names of which no two objects may hold the same one at any time: taken and given back together with the object. */
  readonly claims?: (object: StoredObject) => readonly string[];
  /** Objects vanish this long after their last write (Events); absent: they stay. */
  readonly ttlSeconds?: number;
}

/**
 * Doors to a part of an object: `/status` to its status, `/finalize` to a namespace's `spec.finalizers`,
 * `/approval` to the decision on a certificate request, `/ephemeralcontainers` to a pod's `spec.ephemeralContainers`, `/resize` to the resources of its containers.
 */
const WRITABLE_SUBRESOURCES = ['status', 'approval', 'finalize', 'ephemeralcontainers', 'resize'] as const;
export type WritableSubresource = (typeof WRITABLE_SUBRESOURCES)[number];

export const isWritableSubresource = (name: string | undefined): name is WritableSubresource =>
  WRITABLE_SUBRESOURCES.some((each) => each === name);

export interface Subresource {
  readonly name: string;
  readonly verbs: readonly ('get' | 'create' | 'update' | 'patch' | 'delete')[];
  /** Kind in discovery, where it differs (`Binding`, `Eviction`, `PodExecOptions`). */
  readonly kind?: string;
  readonly group?: string;
  readonly version?: string;
}

/** Dotted paths into the object. */
export interface ScaleFields {
  readonly replicas: string;
  readonly statusReplicas: string;
  /** A selector as text, or a LabelSelector. */
  readonly selector?: string;
}

/** Between the version that a kind is served in and the one that it is stored in. Neither changes its argument. */
export interface Conversion {
  /** Where that is another group's version. */
  readonly storedGroup?: string;
  readonly toStored: (object: StoredObject) => StoredObject;
  readonly fromStored: (object: StoredObject) => StoredObject;
  /** Who converts instead, where that is asked outside: the two above then change the version's name alone. */
  readonly ask?: (objects: readonly StoredObject[], apiVersion: string) => Promise<readonly StoredObject[]>;
}

/** The type of a custom kind, made from its definition. */
export interface CustomType {
  /** The object without what its schema does not know, and the paths of that. Throws BadRequest for metadata of wrong types. */
  readonly decode: (body: ApiObject) => { readonly object: ApiObject; readonly unknownFields: readonly string[] };
  /** For OpenAPI documents. */
  readonly openApi: Schema;
  /** How its fields are owned. */
  readonly shape: Shape;
}
