import type { ApiObject, Pod, PodDisruptionBudget } from '../../shared/api/objects';
import { badRequest, conflict, isConflict, StatusError } from '../../shared/status-error';
import { SYSTEM_USER } from '../auth/user';
import type { ObjectKey } from './client';
import { keyOf } from './client';
import { covers, stillProcessed, takeDisruption } from './disruption-budget';
import { asDisruptionTarget } from './disruption-target';
import { modifiedMeanwhile } from './incoming-object';
import type { ObjectChanges } from './object-change';
import type { ObjectDeletion } from './object-deletion';
import type { DeleteQuery, WriteOptions } from './registry';
import type { RegistryObjects } from './registry-objects';
import { ATTEMPTS } from './registry-objects';
import { prefixOf, resourceOf } from './store-keys';

type DeleteOptions = Pick<DeleteQuery, 'gracePeriodSeconds' | 'propagationPolicy' | 'preconditions'>;

/** How a pod may be deleted; `pinned`: only as it stands, for a pod that changes meanwhile may count in a budget. */
type Clearance = { readonly pinned: false } | { readonly pinned: true; readonly budget?: string };

const EVICTED = { reason: 'EvictionByEvictionAPI', message: 'Eviction API: evicting' };

/**
 * Deletes pods as far as their disruption budgets allow. What a budget allows is taken from it before the pod is deleted,
 * by compare-and-swap: of two evictions at once only one gets the last disruption that is allowed.
 */
export class PodEviction {
  constructor(
    private readonly objects: RegistryObjects,
    private readonly changes: ObjectChanges,
    private readonly deletion: ObjectDeletion,
  ) {}

  /** Throws BadRequest for what is no Eviction of this pod, TooManyRequests where a budget forbids it. */
  async evict(key: ObjectKey, eviction: ApiObject, options: WriteOptions): Promise<void> {
    const named = eviction.metadata?.name ?? '';
    if (named !== '' && named !== key.name) throw badRequest('name in URL does not match name in Eviction object');
    const asked = readDeleteOptions(eviction['deleteOptions']);
    const pods = this.objects.parts.kinds.require('Pod');
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const pod = this.objects.existing(pods, key).object as unknown as Pod;
      const clearance = await this.clear(pod, options);
      const pin =
        clearance.pinned && asked.preconditions?.resourceVersion === undefined
          ? { resourceVersion: pod.metadata.resourceVersion }
          : undefined;
      try {
        return await this.remove(key, { ...asked, preconditions: { ...asked.preconditions, ...pin } }, options);
      } catch (error) {
        if (pin === undefined || !isConflict(error)) throw error;
        if (clearance.pinned && clearance.budget !== undefined) throw stillProcessed(clearance.budget);
      }
    }
    throw modifiedMeanwhile(pods, key.name);
  }

  /** Whether the pod may go: asked of the budget that covers it, unless its going disrupts nothing any more. */
  private async clear(pod: Pod, { dryRun }: WriteOptions): Promise<Clearance> {
    const { phase } = pod.status ?? {};
    if (phase === 'Succeeded' || phase === 'Failed' || pod.metadata.deletionTimestamp !== undefined)
      return { pinned: false };
    if (phase === 'Pending') return { pinned: true };
    const [budget, another] = this.budgetsOf(pod);
    if (budget === undefined) return { pinned: false };
    if (another !== undefined) {
      throw new StatusError(
        'InternalError',
        'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
      );
    }
    const isHealthy =
      pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') === true;
    if (!isHealthy && sparesUnhealthy(budget)) return { pinned: true, budget: budget.metadata.name };
    await this.changes.change(
      this.objects.parts.kinds.require('PodDisruptionBudget'),
      keyOf(budget),
      { user: SYSTEM_USER, subresource: 'status', ...(dryRun === true ? { dryRun } : {}) },
      (current) => {
        const status = takeDisruption(
          current as unknown as PodDisruptionBudget,
          pod.metadata.name,
          this.objects.parts.clock.now(),
        );
        return { object: { ...structuredClone(current), status } as ApiObject, warnings: [] };
      },
    );
    return { pinned: false };
  }

  private budgetsOf(pod: Pod): readonly PodDisruptionBudget[] {
    const { kinds, cache } = this.objects.parts;
    const kind = kinds.require('PodDisruptionBudget');
    return [...cache.of(resourceOf(kind)).list(prefixOf(kind, pod.metadata.namespace))]
      .map(({ object }) => object as unknown as PodDisruptionBudget)
      .filter((budget) => covers(budget, pod));
  }

  /** Says on the pod why it goes, then deletes it. */
  private async remove(key: ObjectKey, deletion: DeleteOptions, { user, dryRun }: WriteOptions): Promise<void> {
    const { parts } = this.objects;
    const pods = parts.kinds.require('Pod');
    if (dryRun === true) {
      await this.deletion.delete(pods, key, { user, dryRun, ...deletion });
      return;
    }
    const { uid, resourceVersion } = deletion.preconditions ?? {};
    const told = await this.changes.change(pods, key, { user: SYSTEM_USER, subresource: 'status' }, (current) => {
      const { metadata } = current;
      if ((uid ?? metadata.uid) !== metadata.uid) {
        const why = `the UID in the precondition (${uid ?? ''}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`;
        throw conflict({ group: '', resource: 'pods' }, metadata.name, why);
      }
      if ((resourceVersion ?? metadata.resourceVersion) !== metadata.resourceVersion) {
        const why = `the ResourceVersion in the precondition (${resourceVersion ?? ''}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`;
        throw conflict({ group: '', resource: 'pods' }, metadata.name, why);
      }
      const target = asDisruptionTarget(structuredClone(current) as unknown as Pod, EVICTED, parts.clock.now());
      return { object: target as unknown as ApiObject, warnings: [] };
    });
    const preconditions = {
      ...deletion.preconditions,
      ...(resourceVersion === undefined ? {} : { resourceVersion: told.object.metadata.resourceVersion }),
    };
    await this.deletion.delete(pods, key, { user, ...deletion, preconditions });
  }
}

/** Whether a pod that does not serve may go without taking from the budget. */
function sparesUnhealthy({ spec, status }: PodDisruptionBudget): boolean {
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true;
  const { currentHealthy = 0, desiredHealthy = 0 } = status ?? {};
  return desiredHealthy > 0 && currentHealthy >= desiredHealthy;
}

function readDeleteOptions(value: unknown): DeleteOptions {
  if (typeof value !== 'object' || value === null) return {};
  const { gracePeriodSeconds, propagationPolicy, preconditions } = value as Record<string, unknown>;
  const { uid, resourceVersion } = (
    typeof preconditions === 'object' && preconditions !== null ? preconditions : {}
  ) as Record<string, unknown>;
  const isPolicy = (text: unknown): text is 'Foreground' | 'Background' | 'Orphan' =>
    text === 'Foreground' || text === 'Background' || text === 'Orphan';
  return {
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
    ...(isPolicy(propagationPolicy) ? { propagationPolicy } : {}),
    preconditions: {
      ...(typeof uid === 'string' ? { uid } : {}),
      ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
    },
  };
}
