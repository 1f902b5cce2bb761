import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { alreadyExists, StatusError } from '../../shared/status-error';
import type { Kind } from '../kinds/kind';
import { fillNewStatus } from '../kinds/new-status';
import type { ManagedFieldsEntry } from '../managed-fields/managers';
import type { Compare } from '../store/store';
import type { ObjectKey } from './client';
import { setEntries } from './field-tracking';
import { checkApplies, checkNamed, modifiedMeanwhile, placeInNamespace, readIncoming } from './incoming-object';
import { fillNewMetadata, generateName, validateNew } from './prepare-write';
import type { WriteOptions, WriteResult } from './registry';
import type { RegistryObjects } from './registry-objects';
import { ATTEMPTS, rethrow } from './registry-objects';
import { fromStoreError } from './store-errors';
import { resourceOf, storeKeyOf } from './store-keys';
import { CachedObject, deepFreeze } from './stored-object';

const NAME_ATTEMPTS = 8;

/** How objects come to be: decoded, filled, admitted, validated, written once. */
export class ObjectCreation {
  constructor(private readonly objects: RegistryObjects) {}

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

  /** Undefined where somebody else created it first. */
  async createByApply(
    kind: Kind,
    key: ObjectKey,
    incoming: { readonly object: ApiObject; readonly warnings: readonly string[] },
    options: WriteOptions & { readonly force: boolean },
  ): Promise<WriteResult | undefined> {
    checkApplies(key, incoming.object);
    const { managedFields } = this.objects.tracking.apply(kind, undefined, incoming.object, options);
    try {
      const created = await this.tryCreate(kind, key.namespace, incoming.object, { ...options, managedFields });
      if (created === undefined) return undefined;
      return { ...created, warnings: [...incoming.warnings, ...created.warnings], created: true };
    } catch (error) {
      if (error instanceof StatusError && error.reason === 'AlreadyExists') return undefined;
      throw fromStoreError(error);
    }
  }

  /** What a replacement asks for of which there is nothing to replace; the version that it expected is of no account. */
  async createByUpdate(kind: Kind, key: ObjectKey, object: ApiObject, options: WriteOptions): Promise<WriteResult> {
    const { resourceVersion: _version, ...metadata } = object.metadata ?? {};
    checkNamed(key, metadata.name);
    return { ...(await this.create(kind, key.namespace, { ...object, metadata }, options)), created: true };
  }

  /** Undefined where the object's key is taken. */
  private async tryCreate(
    kind: Kind,
    namespace: string | undefined,
    body: ApiObject,
    options: WriteOptions & { readonly managedFields?: readonly ManagedFieldsEntry[] },
    attempt = 1,
  ): Promise<WriteResult | undefined> {
    const incoming = readIncoming(this.objects.parts.decoder, kind, body, options);
    let { object } = incoming;
    const warnings = [...incoming.warnings];
    placeInNamespace(kind, namespace, (object.metadata ??= {}));
    fillNewMetadata(kind, object, this.objects.parts);
    if (kind.hasStatus && kind.keepsStatusOnCreate !== true) delete object['status'];
    kind.setDefaults?.(object);
    // Before admission: what the server adds belongs to nobody.
    if (options.managedFields === undefined) this.objects.tracking.created(kind, object, options);
    else setEntries(object, options.managedFields);
    const { outside, plugins } = this.objects.parts;
    const stands = this.namespaceStands(object);
    const request = this.objects.request(kind, options, warnings);
    for (const plugin of plugins) plugin.admitCreate?.(request, object);
    const asked = { request, operation: 'CREATE', namespace: object.metadata?.namespace } as const;
    const mutated = outside.mutate({ ...asked, name: object.metadata?.name ?? '', object });
    if (mutated !== undefined) object = this.reread(kind, namespace, await mutated);
    generateName(object, this.objects.parts.random);
    kind.prepareForCreate?.(object);
    fillNewStatus(kind, object);
    validateNew(kind, object);
    const created = object as StoredObject;
    warnings.push(...(kind.warnings?.(created) ?? []));
    for (const plugin of plugins) plugin.checkCreate?.(request, created);
    await outside.validate({ ...asked, name: created.metadata.name, object: created });
    const storeKey = storeKeyOf(kind, created.metadata);
    const taken = this.objects.parts.cache.of(resourceOf(kind)).get(storeKey);
    if (taken === undefined) {
      const result = await this.objects.reserved(request, created, undefined, async () => {
        if (options.dryRun === true) return unwritten(storeKey, created, warnings);
        const written = await this.objects.put(kind, storeKey, created, undefined, stands);
        return written && { object: written.object, json: written.json, warnings, changed: true };
      });
      if (result !== undefined) return result;
    }
    if ((body.metadata?.name ?? '') === '') return undefined;
    if (this.objects.parts.cache.of(resourceOf(kind)).get(storeKey) === undefined) {
      // The namespace, or who holds a claim, changed between admission and the write: decide again on what is now.
      if (attempt >= ATTEMPTS) throw modifiedMeanwhile(kind, created.metadata.name);
      return this.tryCreate(kind, namespace, body, options, attempt + 1);
    }
    throw alreadyExists({ group: kind.group, resource: kind.plural }, created.metadata.name);
  }

  /** What those outside have made of the object is read as if a client had sent it. */
  private reread(kind: Kind, namespace: string | undefined, mutated: ApiObject): ApiObject {
    const { object } = readIncoming(this.objects.parts.decoder, kind, mutated, { fieldValidation: 'Ignore' });
    placeInNamespace(kind, namespace, (object.metadata ??= {}));
    if (kind.hasStatus && kind.keepsStatusOnCreate !== true) delete object['status'];
    kind.setDefaults?.(object);
    return object;
  }

  /** Makes a creation fail when its namespace begins to terminate at the same time: nothing slips in behind the sweep. */
  private namespaceStands({ metadata }: ApiObject): readonly Compare[] {
    if (metadata?.namespace === undefined) return [];
    const storeKey = storeKeyOf(this.objects.parts.kinds.require('Namespace'), { name: metadata.namespace });
    const namespace = this.objects.parts.cache.of('namespaces').get(storeKey);
    return namespace === undefined ? [] : [{ key: storeKey, target: 'modRevision', equals: namespace.revision }];
  }
}

function unwritten(storeKey: string, object: StoredObject, warnings: readonly string[]): WriteResult {
  const { object: frozen, json } = new CachedObject(storeKey, deepFreeze(object), 0);
  return { object: frozen, json, warnings, changed: true };
}
