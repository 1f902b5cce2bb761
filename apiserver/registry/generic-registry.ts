import type { ApiObject, Pod, StoredObject } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import { alreadyExists, notFound, StatusError } from '../../shared/status-error';
import type { AdmissionPlugin, AdmissionRequest, Lookup } from '../admission/admission';
import type { User } from '../auth/user';
import type { Kind, WritableSubresource } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import type { ManagedFieldsEntry } from '../managed-fields/managers';
import type { Decoder } from '../openapi/decode';
import type { Schemas } from '../openapi/schemas';
import type { Compare, Store } from '../store/store';
import { applyPatch } from './apply-patch';
import type { BindTarget } from './bind-pod';
import { boundPod, readBinding } from './bind-pod';
import type { ObjectKey, PatchType } from './client';
import type { DisruptionCheck } from './eviction';
import { checkEviction } from './eviction';
import { FieldTracking, setEntries } from './field-tracking';
import {
  checkApplies,
  checkReplaces,
  modifiedMeanwhile,
  placeInNamespace,
  readIncoming,
  readPatched,
} from './incoming-object';
import { listObjects } from './list-objects';
import type { ObjectCache } from './object-cache';
import type { ObjectWriter } from './object-writer';
import { isReleased, planDeletion } from './plan-deletion';
import { countGeneration, fillNewMetadata, replacementOf, validateNew, validateReplacement } from './prepare-write';
import type {
  DeleteQuery,
  DeleteResult,
  Encoded,
  ListPage,
  ListQuery,
  Registry,
  RegistryWatch,
  WatchQuery,
  WriteOptions,
  WriteResult,
} from './registry';
import { SCALE_TYPE, scaleFieldsOf, scaleOf, withScale } from './scale';
import { fromStoreError } from './store-errors';
import { resourceOf, storeKeyOf } from './store-keys';
import { CachedObject, deepFreeze } from './stored-object';
import { presentedAs, presentedPage, presentedWatch, storedAs } from './versions';
import { watchObjects } from './watch-objects';
import { isSameJson } from '../../shared/same-json';

/** How often a write is tried again after somebody else's came first, before the client is told. */
const ATTEMPTS = 10;
const NAME_ATTEMPTS = 8;

export interface RegistryParts {
  readonly store: Store;
  readonly cache: ObjectCache;
  readonly writer: ObjectWriter;
  readonly kinds: KindList;
  readonly schemas: Schemas;
  readonly decoder: Decoder;
  readonly plugins: readonly AdmissionPlugin[];
  readonly mayDisrupt: DisruptionCheck;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

type UpdateOptions = WriteOptions & { readonly subresource?: WritableSubresource };
type ApplyOptions = UpdateOptions & { readonly force: boolean };
/** What an attempt to change an object makes of its current state. */
interface Change {
  readonly object: ApiObject;
  readonly warnings: readonly string[];
  /** Who owns what, where the attempt was an apply and has decided it. */
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** Every verb for every kind. Reads come from the cache, writes go to the store by compare-and-swap. */
export class GenericRegistry implements Registry {
  private readonly lookup: Lookup;
  private readonly tracking: FieldTracking;

  constructor(private readonly parts: RegistryParts) {
    this.lookup = lookupIn(parts);
    this.tracking = new FieldTracking(parts.schemas, parts.clock);
  }

  get cache(): ObjectCache {
    return this.parts.cache;
  }

  get kinds(): KindList {
    return this.parts.kinds;
  }

  /** Ends all watches. The store stays open: it belongs to who opened it. */
  close(): Promise<void> {
    return this.parts.cache.close();
  }

  async get(kind: Kind, key: ObjectKey): Promise<Encoded> {
    return this.existing(kind, key);
  }

  async list(kind: Kind, query: ListQuery): Promise<ListPage> {
    return presentedPage(kind, await listObjects(this.parts, kind, query).catch(rethrow));
  }

  watch(kind: Kind, query: WatchQuery): RegistryWatch {
    return presentedWatch(kind, watchObjects(this.parts, kind, query));
  }

  async create(
    kind: Kind,
    namespace: string | undefined,
    object: ApiObject,
    options: WriteOptions,
  ): Promise<WriteResult> {
    const isNamed = (object.metadata?.name ?? '') !== '';
    for (let attempt = 1; ; attempt += 1) {
      const created = await this.tryCreate(kind, namespace, object, options).catch(rethrow);
      if (created !== undefined) return created;
      if (!isNamed && attempt < NAME_ATTEMPTS) continue;
      if (attempt >= NAME_ATTEMPTS) {
        throw new StatusError(
          'AlreadyExists',
          `${resourceOf(kind)} "${object.metadata?.name ?? object.metadata?.generateName ?? ''}" already exists, the server was not able to generate a unique name for the object`,
        );
      }
    }
  }

  async update(kind: Kind, key: ObjectKey, object: ApiObject, options: UpdateOptions): Promise<WriteResult> {
    const incoming = readIncoming(this.parts.decoder, kind, object, options);
    placeInNamespace(kind, key.namespace, (incoming.object.metadata ??= {}));
    return this.change(kind, key, options, () => ({
      object: structuredClone(incoming.object),
      warnings: incoming.warnings,
    }));
  }

  async patch(
    kind: Kind,
    key: ObjectKey,
    patch: { readonly type: PatchType; readonly body: unknown },
    options: UpdateOptions,
  ): Promise<WriteResult> {
    return this.change(kind, key, options, (old) => {
      const patched = applyPatch(this.parts.schemas, kind, old, patch);
      const incoming = readPatched(this.parts.decoder, kind, patched, { ...options, patch });
      placeInNamespace(kind, key.namespace, (incoming.object.metadata ??= {}));
      return incoming;
    });
  }

  async apply(kind: Kind, key: ObjectKey, configuration: ApiObject, options: ApplyOptions): Promise<WriteResult> {
    const incoming = readIncoming(this.parts.decoder, kind, configuration, options);
    placeInNamespace(kind, key.namespace, (incoming.object.metadata ??= {}));
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      if (options.subresource === undefined && this.find(kind, key) === undefined) {
        const created = await this.createByApply(kind, key, incoming, options);
        if (created !== undefined) return created;
      } else {
        return this.change(kind, key, options, (old) => {
          const applied = this.tracking.apply(kind, old, structuredClone(incoming.object), options);
          return { ...applied, warnings: incoming.warnings };
        });
      }
    }
    throw modifiedMeanwhile(kind, key.name);
  }

  async delete(kind: Kind, key: ObjectKey, query: DeleteQuery): Promise<DeleteResult> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const result = await this.tryDelete(kind, this.existing(kind, key), query).catch(rethrow);
      if (result !== undefined) return result;
    }
    throw modifiedMeanwhile(kind, key.name);
  }

  async deleteCollection(kind: Kind, list: ListQuery, query: DeleteQuery): Promise<ListPage> {
    const page = await this.list(kind, list);
    await Promise.all(
      page.items.map(async ({ object: { metadata } }) => {
        try {
          await this.delete(kind, { namespace: metadata.namespace, name: metadata.name }, query);
        } catch (error) {
          // Gone meanwhile is as good as deleted.
          if (!(error instanceof StatusError && error.reason === 'NotFound')) throw error;
        }
      }),
    );
    return page;
  }

  async scale(kind: Kind, key: ObjectKey): Promise<StoredObject> {
    return scaleOf(scaleFieldsOf(kind), this.existing(kind, key).object);
  }

  async changeScale(
    kind: Kind,
    key: ObjectKey,
    change: { readonly type: PatchType | 'replace'; readonly body: unknown },
    options: WriteOptions,
  ): Promise<StoredObject> {
    const fields = scaleFieldsOf(kind);
    const { type, body } = change;
    const written = await this.change(kind, key, options, (old) => {
      const wanted =
        type === 'replace'
          ? (body as ApiObject)
          : applyPatch(this.parts.schemas, SCALE_TYPE, scaleOf(fields, old), { type, body });
      return { object: withScale(kind, fields, old, wanted), warnings: [] };
    });
    return scaleOf(fields, written.object);
  }

  async bind(key: ObjectKey, binding: ApiObject, options: WriteOptions): Promise<void> {
    await this.bindTo(key, readBinding(key.name, binding), options);
  }

  /** Binding in process: throws Conflict where the pod is bound, being deleted, or not the one that was meant. */
  async bindTo(key: ObjectKey, target: BindTarget, options: WriteOptions): Promise<void> {
    const pods = this.parts.kinds.require('Pod');
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const old = this.existing(pods, key);
      const bound = boundPod(old.object as unknown as Pod, target, this.parts.clock.now());
      if (options.dryRun === true) return;
      const next = structuredClone(bound) as unknown as StoredObject;
      if ((await this.parts.writer.put(pods, old.storeKey, next, old).catch(rethrow)) !== undefined) return;
    }
    throw modifiedMeanwhile(pods, key.name);
  }

  async evict(key: ObjectKey, eviction: ApiObject, options: WriteOptions): Promise<void> {
    const pods = this.parts.kinds.require('Pod');
    const pod = this.existing(pods, key).object as unknown as Pod;
    const deleteOptions = checkEviction(pod, eviction, this.parts.mayDisrupt);
    await this.delete(pods, key, {
      user: options.user,
      ...(options.dryRun === undefined ? {} : { dryRun: options.dryRun }),
      ...deleteOptions,
    });
  }

  /** Undefined where somebody else created it first. */
  private async createByApply(
    kind: Kind,
    key: ObjectKey,
    incoming: { readonly object: ApiObject; readonly warnings: readonly string[] },
    options: ApplyOptions,
  ): Promise<WriteResult | undefined> {
    checkApplies(key, incoming.object);
    const { managedFields } = this.tracking.apply(kind, undefined, incoming.object, options);
    try {
      const created = await this.tryCreate(kind, key.namespace, incoming.object, { ...options, managedFields });
      return created === undefined ? undefined : { ...created, warnings: incoming.warnings, created: true };
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'AlreadyExists') return undefined;
      throw fromStoreError(error);
    }
  }

  /** Undefined where the object's key is taken. */
  private async tryCreate(
    kind: Kind,
    namespace: string | undefined,
    body: ApiObject,
    options: WriteOptions & { readonly managedFields?: readonly ManagedFieldsEntry[] },
    attempt = 1,
  ): Promise<WriteResult | undefined> {
    const { object, warnings } = readIncoming(this.parts.decoder, kind, body, options);
    placeInNamespace(kind, namespace, (object.metadata ??= {}));
    fillNewMetadata(kind, object, this.parts);
    if (kind.hasStatus && kind.keepsStatusOnCreate !== true) delete object['status'];
    kind.setDefaults?.(object);
    // Before admission: what the server adds belongs to nobody.
    if (options.managedFields === undefined) this.tracking.created(kind, object, options);
    else setEntries(object, options.managedFields);
    const request = this.request(kind, options.user);
    for (const plugin of this.parts.plugins) plugin.admitCreate?.(request, object);
    kind.prepareForCreate?.(object);
    validateNew(kind, object);
    const created = object as StoredObject;
    const storeKey = storeKeyOf(kind, created.metadata);
    const taken = this.parts.cache.of(resourceOf(kind)).get(storeKey);
    if (taken === undefined) {
      if (options.dryRun === true) return unwritten(storeKey, created, warnings);
      const written = await this.put(kind, storeKey, created, undefined, this.namespaceStands(created));
      if (written !== undefined) return { object: written.object, json: written.json, warnings, changed: true };
    }
    if ((body.metadata?.name ?? '') === '') return undefined;
    if (this.parts.cache.of(resourceOf(kind)).get(storeKey) === undefined) {
      // The namespace, or who holds a claim, changed between admission and the write: decide again on what is now.
      if (attempt >= ATTEMPTS) throw modifiedMeanwhile(kind, created.metadata.name);
      return this.tryCreate(kind, namespace, body, options, attempt + 1);
    }
    throw alreadyExists({ group: kind.group, resource: kind.plural }, created.metadata.name);
  }

  /** Makes a creation fail when its namespace begins to terminate at the same time: nothing slips in behind the sweep. */
  private namespaceStands({ metadata }: StoredObject): readonly Compare[] {
    if (metadata.namespace === undefined) return [];
    const storeKey = storeKeyOf(this.parts.kinds.require('Namespace'), { name: metadata.namespace });
    const namespace = this.parts.cache.of('namespaces').get(storeKey);
    return namespace === undefined ? [] : [{ key: storeKey, target: 'modRevision', equals: namespace.revision }];
  }

  private async change(
    kind: Kind,
    key: ObjectKey,
    options: UpdateOptions,
    make: (old: StoredObject) => Change,
  ): Promise<WriteResult> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const old = this.existing(kind, key);
      const made = make(old.object);
      const { warnings } = made;
      checkReplaces(kind, key, made.object, old.object);
      const result = await this.tryReplace(kind, old, made, options).catch(rethrow);
      if (result !== undefined) return { object: result.object, json: result.json, warnings, changed: result !== old };
    }
    throw modifiedMeanwhile(kind, key.name);
  }

  /** `old` itself where nothing changes; undefined where somebody else wrote first. */
  private async tryReplace(
    kind: Kind,
    old: CachedObject,
    { object, managedFields }: Change,
    options: UpdateOptions,
  ): Promise<Encoded | undefined> {
    const { subresource, user, dryRun } = options;
    const next = replacementOf(kind, object, old.object, subresource);
    if (subresource !== 'status') kind.setDefaults?.(next);
    if (managedFields !== undefined) setEntries(next, managedFields);
    else this.tracking.replaced(kind, next, old.object, object.metadata?.managedFields, options);
    const request = this.request(kind, user);
    for (const plugin of this.parts.plugins) plugin.admitUpdate?.(request, next, old.object);
    countGeneration(kind, next, old.object);
    validateReplacement(kind, next, old.object);
    if (isReleased(kind, next))
      return dryRun === true ? old.atRevision(old.revision) : this.parts.writer.remove(kind, old);
    if (isSameJson(next, old.object)) return old;
    if (dryRun === true) return new CachedObject(old.storeKey, deepFreeze(next), old.revision);
    return this.put(kind, old.storeKey, next, old);
  }

  private async tryDelete(kind: Kind, old: CachedObject, query: DeleteQuery): Promise<DeleteResult | undefined> {
    const request = this.request(kind, query.user);
    for (const plugin of this.parts.plugins) plugin.admitDelete?.(request, old.object);
    const plan = planDeletion(kind, old.object, query, this.parts.clock.now());
    switch (plan.action) {
      case 'wait':
        return { outcome: 'terminating', object: old };
      case 'remove': {
        const removed = query.dryRun === true ? old : await this.parts.writer.remove(kind, old);
        return removed === undefined ? undefined : { outcome: 'deleted', object: removed };
      }
      case 'mark': {
        const marked =
          query.dryRun === true
            ? new CachedObject(old.storeKey, deepFreeze(plan.object), old.revision)
            : await this.put(kind, old.storeKey, plan.object, old);
        return marked === undefined ? undefined : { outcome: 'terminating', object: marked };
      }
    }
  }

  private find(kind: Kind, key: ObjectKey): CachedObject | undefined {
    const found = this.parts.cache.of(resourceOf(kind)).get(storeKeyOf(kind, key));
    return found === undefined ? undefined : presentedAs(kind, found);
  }

  private async put(
    kind: Kind,
    storeKey: string,
    object: StoredObject,
    expected: CachedObject | undefined,
    also: readonly Compare[] = [],
  ): Promise<CachedObject | undefined> {
    const written = await this.parts.writer.put(kind, storeKey, storedAs(kind, object), expected, also);
    return written === undefined ? undefined : presentedAs(kind, written);
  }

  private existing(kind: Kind, key: ObjectKey): CachedObject {
    const found = this.find(kind, key);
    if (found === undefined) throw notFound({ group: kind.group, resource: kind.plural }, key.name);
    return found;
  }

  private request(kind: Kind, user: User): AdmissionRequest {
    return { kind, user, lookup: this.lookup };
  }
}

function unwritten(storeKey: string, object: StoredObject, warnings: readonly string[]): WriteResult {
  const { object: frozen, json } = new CachedObject(storeKey, deepFreeze(object), 0);
  return { object: frozen, json, warnings, changed: true };
}

function rethrow(error: unknown): never {
  throw fromStoreError(error);
}

function lookupIn({ cache, kinds }: Pick<RegistryParts, 'cache' | 'kinds'>): Lookup {
  // The cache holds under a kind's resource only objects of that kind, in the shape their schema was checked for.
  return {
    get: (name, key) => {
      const kind = kinds.require(name);
      return cache.of(resourceOf(kind)).get(storeKeyOf(kind, key))?.object as never;
    },
    list: (name) => {
      const kind = kinds.require(name);
      return [...cache.of(resourceOf(kind)).list('')].map(({ object }) => object) as never;
    },
  };
}
