import type { ApiObject, StoredObject } from '../../shared/api/objects';
import { isSameJson } from '../../shared/same-json';
import type { Kind, WritableSubresource } from '../kinds/kind';
import type { ManagedFieldsEntry } from '../managed-fields/managers';
import type { ObjectKey } from './client';
import { setEntries } from './field-tracking';
import { checkReplaces, modifiedMeanwhile, readIncoming } from './incoming-object';
import { isReleased } from './plan-deletion';
import { countGeneration, replacementOf, validateReplacement } from './prepare-write';
import type { Encoded, WriteOptions, WriteResult } from './registry';
import type { RegistryObjects } from './registry-objects';
import { ATTEMPTS, rethrow } from './registry-objects';
import { CachedObject, deepFreeze } from './stored-object';

export type UpdateOptions = WriteOptions & { readonly subresource?: WritableSubresource };

/** What an attempt to change an object makes of its current state. */
export interface Change {
  readonly object: ApiObject;
  readonly warnings: readonly string[];
  /** Who owns what, where the attempt was an apply and has decided it. */
  readonly managedFields?: readonly ManagedFieldsEntry[];
}

/** How objects change: from their present state, by compare-and-swap, again where somebody else came first. */
export class ObjectChanges {
  constructor(private readonly objects: RegistryObjects) {}

  async change(
    kind: Kind,
    key: ObjectKey,
    options: UpdateOptions,
    make: (old: StoredObject) => Change,
  ): Promise<WriteResult> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await this.objects.ready(kind, key);
      const old = this.objects.existing(kind, key);
      const made = make(old.object);
      const warnings = [...made.warnings];
      checkReplaces(kind, key, made.object, old.object);
      const result = await this.tryReplace(kind, old, made, { ...options, warnings }).catch(rethrow);
      if (result !== undefined) return { object: result.object, json: result.json, warnings, changed: result !== old };
    }
    throw modifiedMeanwhile(kind, key.name);
  }

  /** `old` itself where nothing changes; undefined where somebody else wrote first. */
  private async tryReplace(
    kind: Kind,
    old: CachedObject,
    { object, managedFields }: Change,
    options: UpdateOptions & { readonly warnings: string[] },
  ): Promise<Encoded | undefined> {
    const { subresource, dryRun, warnings } = options;
    const { decoder, outside, plugins } = this.objects.parts;
    let next = replacementOf(kind, object, old.object, subresource);
    if (subresource !== 'status') kind.setDefaults?.(next);
    if (managedFields !== undefined) setEntries(next, managedFields);
    else this.objects.tracking.replaced(kind, next, old.object, object.metadata?.managedFields, options);
    const request = this.objects.request(kind, options, warnings);
    for (const plugin of plugins) plugin.admitUpdate?.(request, next, old.object);
    const { namespace, name } = old.object.metadata;
    const asked = { request, operation: 'UPDATE', namespace, name, old: old.object } as const;
    const mutated = outside.mutate({ ...asked, object: next });
    if (mutated !== undefined) {
      const { managedFields: entries } = next.metadata;
      const reread = readIncoming(decoder, kind, await mutated, { fieldValidation: 'Ignore' }).object;
      next = replacementOf(kind, reread, old.object, subresource);
      if (subresource !== 'status') kind.setDefaults?.(next);
      setEntries(next, entries ?? []);
    }
    countGeneration(kind, next, old.object, subresource);
    validateReplacement(kind, next, old.object, subresource);
    if (subresource === undefined) warnings.push(...(kind.warnings?.(next, old.object) ?? []));
    for (const plugin of plugins) plugin.checkUpdate?.(request, next, old.object);
    await outside.validate({ ...asked, object: next });
    if (isReleased(kind, next))
      return dryRun === true ? old.atRevision(old.revision) : this.objects.parts.writer.remove(kind, old);
    if (isSameJson(next, old.object)) return old;
    return this.objects.reserved(request, next, old.object, () =>
      dryRun === true
        ? new CachedObject(old.storeKey, deepFreeze(next), old.revision)
        : this.objects.put(kind, old.storeKey, next, old),
    );
  }
}
