import type { Kind } from '../kinds/kind';
import type { ObjectKey } from './client';
import { modifiedMeanwhile } from './incoming-object';
import { planDeletion } from './plan-deletion';
import type { DeleteQuery, DeleteResult } from './registry';
import type { RegistryObjects } from './registry-objects';
import { ATTEMPTS, rethrow } from './registry-objects';
import { CachedObject, deepFreeze } from './stored-object';

/** How objects go: at once, or marked until their grace period and finalizers are over. */
export class ObjectDeletion {
  constructor(private readonly objects: RegistryObjects) {}

  async delete(kind: Kind, key: ObjectKey, query: DeleteQuery): Promise<DeleteResult> {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      await this.objects.ready(kind, key);
      const result = await this.tryDelete(kind, this.objects.existing(kind, key), query).catch(rethrow);
      if (result !== undefined) return result;
    }
    throw modifiedMeanwhile(kind, key.name);
  }

  private async tryDelete(kind: Kind, old: CachedObject, query: DeleteQuery): Promise<DeleteResult | undefined> {
    const request = this.objects.request(kind, query);
    const { outside, plugins } = this.objects.parts;
    for (const plugin of plugins) plugin.admitDelete?.(request, old.object);
    const { namespace, name } = old.object.metadata;
    const asked = { request, operation: 'DELETE', namespace, name, old: old.object } as const;
    // One that fills objects may refuse their deletion too.
    await outside.mutate(asked);
    await outside.validate(asked);
    const plan = planDeletion(kind, old.object, query, this.objects.parts.clock.now());
    switch (plan.action) {
      case 'wait':
        return { outcome: 'terminating', object: old };
      case 'remove': {
        const removed = query.dryRun === true ? old : await this.objects.parts.writer.remove(kind, old);
        return removed === undefined ? undefined : { outcome: 'deleted', object: removed };
      }
      case 'mark': {
        const marked =
          query.dryRun === true
            ? new CachedObject(old.storeKey, deepFreeze(plan.object), old.revision)
            : await this.objects.put(kind, old.storeKey, plan.object, old);
        return marked === undefined ? undefined : { outcome: 'terminating', object: marked };
      }
    }
  }
}
