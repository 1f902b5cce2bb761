import type { Pod, PodDisruptionBudget } from '../../../shared/api/objects';
import { isActive, isReady } from '../../controllers/workloads/pod-state';
import { selects } from '../../controllers/workloads/ownership';
import type { Invariant } from './invariant';
import { NEWS_MS, podName } from './invariant';

const EVICTION = 'EvictionByEvictionAPI';

const leastOf = ({ spec, status }: PodDisruptionBudget): number =>
  spec?.maxUnavailable === undefined
    ? Number(spec?.minAvailable ?? 0)
    : Math.max(0, (status?.expectedPods ?? 0) - Number(spec.maxUnavailable));

/** Evictions never leave fewer healthy pods than a budget says that was there when they began. */
export function createBudgetsHold(): Invariant {
  const countsUntil = new Map<string, number>();
  /** When the eviction of a pod began, and when a budget came to be, by uid. */
  const began = new Map<string, number>();
  const madeAt = new Map<string, number>();
  return {
    name: 'budgets-hold',
    onChange({ resource, object, previous }, { store, nowMs }) {
      if (resource === 'poddisruptionbudgets.policy' && previous === undefined)
        madeAt.set(object.metadata.uid, nowMs());
      if (resource !== 'pods' || previous === undefined) return undefined;
      const [pod, before] = [object, previous] as unknown as [Pod, Pod];
      if (isReady(before) && !isReady(pod)) countsUntil.set(pod.metadata.uid, nowMs() + NEWS_MS);
      const isEvicted = (pod.status?.conditions ?? []).some(({ reason }) => reason === EVICTION);
      if (isEvicted && !began.has(pod.metadata.uid)) began.set(pod.metadata.uid, nowMs());
      if (!isEvicted || pod.metadata.deletionTimestamp === undefined) return undefined;
      if (before.metadata.deletionTimestamp !== undefined || !isReady(before)) return undefined;
      const budget: PodDisruptionBudget | undefined = store
        .all('PodDisruptionBudget')
        .find(({ metadata, spec }) => metadata.namespace === pod.metadata.namespace && selects(spec?.selector, pod));
      if (budget === undefined) return undefined;
      if ((madeAt.get(budget.metadata.uid) ?? 0) > (began.get(pod.metadata.uid) ?? 0)) return undefined;
      const healthy = store
        .all('Pod')
        .filter(
          (each) =>
            each.metadata.namespace === pod.metadata.namespace &&
            selects(budget.spec?.selector, each) &&
            each.metadata.uid !== pod.metadata.uid &&
            isActive(each) &&
            (isReady(each) || (countsUntil.get(each.metadata.uid) ?? 0) > nowMs()),
        ).length;
      const least = leastOf(budget);
      return healthy < least ? `${podName(pod)} was evicted: ${healthy} healthy pods of ${least} are left` : undefined;
    },
  };
}
