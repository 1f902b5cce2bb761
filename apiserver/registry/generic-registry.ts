import type { ApiObject, Pod, StoredObject } from '../../shared/api/objects';
import { StatusError } from '../../shared/status-error';
import type { QuotaLedger } from '../admission/quota/ledger';
import type { Kind } from '../kinds/kind';
import type { KindList } from '../kinds/kind-list';
import { applyPatch } from './apply-patch';
import type { BindTarget } from './bind-pod';
import { boundPod, readBinding } from './bind-pod';
import type { ObjectKey, PatchType } from './client';
import { PodEviction } from './eviction';
import {
  checkKeepsUid,
  checkSaysWhat,
  modifiedMeanwhile,
  placeInNamespace,
  readApplied,
  readIncoming,
  readPatched,
} from './incoming-object';
import { listObjects, parseResourceVersion, waitFor } from './list-objects';
import type { UpdateOptions } from './object-change';
import { ObjectChanges } from './object-change';
import type { ObjectCache } from './object-cache';
import { ObjectCreation } from './object-creation';
import { ObjectDeletion } from './object-deletion';
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
import type { RegistryParts } from './registry-objects';
import { ATTEMPTS, RegistryObjects, rethrow } from './registry-objects';
import { SCALE_TYPE, scaleFieldsOf, scaleOf, withScale } from './scale';
import { presentedPage, presentedWatch } from './versions';
import { watchObjects } from './watch-objects';

type ApplyOptions = UpdateOptions & { readonly force: boolean };
/** Every verb for every kind. Reads come from the cache, writes go to the store by compare-and-swap. */
export class GenericRegistry implements Registry {
  private readonly objects: RegistryObjects;
  private readonly creation: ObjectCreation;
  private readonly changes: ObjectChanges;
  private readonly deletion: ObjectDeletion;
  private readonly eviction: PodEviction;

  constructor(private readonly parts: RegistryParts) {
    this.objects = new RegistryObjects(parts);
    this.creation = new ObjectCreation(this.objects);
    this.changes = new ObjectChanges(this.objects);
    this.deletion = new ObjectDeletion(this.objects);
    this.eviction = new PodEviction(this.objects, this.changes, this.deletion);
  }

  get cache(): ObjectCache {
    return this.parts.cache;
  }

  /** What is taken of the quotas. */
  get quotas(): QuotaLedger {
    return this.parts.quotas;
  }

  get kinds(): KindList {
    return this.parts.kinds;
  }

  /** Ends all watches. The store stays open: it belongs to who opened it. */
  close(): Promise<void> {
    return this.parts.cache.close();
  }

  async get(kind: Kind, key: ObjectKey): Promise<Encoded> {
    const asked = this.objects.ready(kind, key);
    if (asked !== undefined) await asked;
    return this.objects.existing(kind, key);
  }

  async reached(resourceVersion: string): Promise<void> {
    const { cache, clock } = this.parts;
    await waitFor(cache, clock, parseResourceVersion(resourceVersion)).catch(rethrow);
  }

  async list(kind: Kind, query: ListQuery): Promise<ListPage> {
    return presentedPage(kind, await listObjects(this.parts, kind, query).catch(rethrow));
  }

  watch(kind: Kind, query: WatchQuery): RegistryWatch {
    return presentedWatch(kind, watchObjects(this.parts, kind, query));
  }

  create(kind: Kind, namespace: string | undefined, object: ApiObject, options: WriteOptions): Promise<WriteResult> {
    return this.creation.create(kind, namespace, object, options);
  }

  async update(kind: Kind, key: ObjectKey, object: ApiObject, options: UpdateOptions): Promise<WriteResult> {
    const incoming = readIncoming(this.parts.decoder, kind, object, options);
    placeInNamespace(kind, key.namespace, (incoming.object.metadata ??= {}));
    if (kind.createsOnUpdate === true && options.mayCreate !== undefined && options.subresource === undefined) {
      await this.objects.ready(kind, key);
      if (this.objects.find(kind, key) === undefined) {
        options.mayCreate();
        return this.creation.createByUpdate(kind, key, object, options);
      }
    }
    checkSaysWhat(kind, incoming.object);
    return this.changes.change(kind, key, options, () => ({
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
    return this.changes.change(kind, key, options, (old) => {
      const patched = applyPatch(this.parts.schemas, kind, old, patch);
      const incoming = readPatched(this.parts.decoder, kind, patched, { ...options, patch });
      placeInNamespace(kind, key.namespace, (incoming.object.metadata ??= {}));
      checkKeepsUid(kind, incoming.object, old);
      return incoming;
    });
  }

  async apply(kind: Kind, key: ObjectKey, configuration: ApiObject, options: ApplyOptions): Promise<WriteResult> {
    const incoming = readApplied(this.parts.decoder, kind, key, configuration, options);
    placeInNamespace(kind, key.namespace, (incoming.object.metadata ??= {}));
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await this.objects.ready(kind, key);
      if (options.subresource === undefined && this.objects.find(kind, key) === undefined) {
        const created = await this.creation.createByApply(kind, key, incoming, options);
        if (created !== undefined) return created;
      } else {
        return this.changes.change(kind, key, options, (old) => {
          const applied = this.objects.tracking.apply(kind, old, structuredClone(incoming.object), options);
          return { ...applied, warnings: incoming.warnings };
        });
      }
    }
    throw modifiedMeanwhile(kind, key.name);
  }

  delete(kind: Kind, key: ObjectKey, query: DeleteQuery): Promise<DeleteResult> {
    return this.deletion.delete(kind, key, query);
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
    await this.objects.ready(kind, key);
    return scaleOf(scaleFieldsOf(kind), this.objects.existing(kind, key).object);
  }

  async changeScale(
    kind: Kind,
    key: ObjectKey,
    change: { readonly type: PatchType | 'replace'; readonly body: unknown },
    options: WriteOptions,
  ): Promise<{ readonly scale: StoredObject; readonly warnings: readonly string[] }> {
    const fields = scaleFieldsOf(kind);
    const { type, body } = change;
    const { object, warnings } = await this.changes.change(kind, key, options, (old) => {
      if (type === 'replace') return { object: withScale(kind, fields, old, body as ApiObject), warnings: [] };
      const patch = { type, body };
      const patched = applyPatch(this.parts.schemas, SCALE_TYPE, scaleOf(fields, old), patch);
      const wanted = readPatched(this.parts.decoder, SCALE_TYPE, patched, { ...options, patch });
      return { object: withScale(kind, fields, old, wanted.object), warnings: wanted.warnings };
    });
    return { scale: scaleOf(fields, object), warnings };
  }

  async bind(key: ObjectKey, binding: ApiObject, options: WriteOptions): Promise<void> {
    await this.bindTo(key, readBinding(key.name, binding), options);
  }

  /** Binding in process: throws Conflict where the pod is bound, being deleted, or not the one that was meant. */
  async bindTo(key: ObjectKey, target: BindTarget, options: WriteOptions): Promise<void> {
    const pods = this.parts.kinds.require('Pod');
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const old = this.objects.existing(pods, key);
      const bound = boundPod(old.object as unknown as Pod, target, this.parts.clock.now());
      if (options.dryRun === true) return;
      const next = bound as unknown as StoredObject;
      const written = await this.parts.writer.put(pods, old.storeKey, next, old, { isPlain: true }).catch(rethrow);
      if (written !== undefined) return;
    }
    throw modifiedMeanwhile(pods, key.name);
  }

  evict(key: ObjectKey, eviction: ApiObject, options: WriteOptions): Promise<void> {
    return this.eviction.evict(key, eviction, options);
  }
}
