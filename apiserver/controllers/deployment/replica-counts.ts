import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import { scaledValue } from '../workloads/scaled-value';

export const DESIRED = 'deployment.kubernetes.io/desired-replicas';
export const MAX = 'deployment.kubernetes.io/max-replicas';

export const wantedOf = ({ spec }: Deployment): number => spec?.replicas ?? 1;
export const sizeOf = ({ spec }: ReplicaSet): number => spec?.replicas ?? 0;
export const availableOf = ({ status }: ReplicaSet): number => status?.availableReplicas ?? 0;
export const totalSize = (sets: readonly ReplicaSet[]): number => sets.reduce((sum, set) => sum + sizeOf(set), 0);
export const totalAvailable = (sets: readonly ReplicaSet[]): number =>
  sets.reduce((sum, set) => sum + availableOf(set), 0);

export const isRolling = ({ spec }: Deployment): boolean => spec?.strategy?.type !== 'Recreate';

/** How many pods a rolling update may have above and below what is wanted. Never both 0: it could not move. */
export function fencePosts(deployment: Deployment): { readonly surge: number; readonly unavailable: number } {
  const wanted = wantedOf(deployment);
  const { maxSurge, maxUnavailable } = deployment.spec?.strategy?.rollingUpdate ?? {};
  const surge = isRolling(deployment) ? scaledValue(maxSurge, wanted, Math.ceil) : 0;
  const unavailable = isRolling(deployment) ? scaledValue(maxUnavailable, wanted, Math.floor) : 0;
  return surge === 0 && unavailable === 0
    ? { surge, unavailable: 1 }
    : { surge, unavailable: Math.min(unavailable, wanted) };
}

/** The size of the new ReplicaSet: all at once for Recreate, else as far as the surge allows. */
export function newSize(deployment: Deployment, all: readonly ReplicaSet[], newSet: ReplicaSet): number {
  const wanted = wantedOf(deployment);
  if (!isRolling(deployment)) return wanted;
  const room = wanted + fencePosts(deployment).surge - totalSize(all);
  if (room <= 0) return sizeOf(newSet);
  return sizeOf(newSet) + Math.min(room, wanted - sizeOf(newSet));
}

/**
 * The sizes that take a change of `spec.replicas` in the middle of a rollout: shared among the ReplicaSets in proportion
 * to their sizes, the largest first, what rounding leaves to the largest (getReplicaSetFraction of kubernetes).
 */
export function proportionalSizes(deployment: Deployment, sets: readonly ReplicaSet[]): ReadonlyMap<string, number> {
  const allowed = wantedOf(deployment) === 0 ? 0 : wantedOf(deployment) + fencePosts(deployment).surge;
  const toAdd = allowed - totalSize(sets);
  const ordered = [...sets].sort(
    (a, b) =>
      sizeOf(b) - sizeOf(a) ||
      (toAdd > 0 ? 1 : -1) * (Date.parse(b.metadata.creationTimestamp) - Date.parse(a.metadata.creationTimestamp)),
  );
  const sizes = new Map<string, number>();
  let added = 0;
  for (const set of ordered) {
    const before = Number(set.metadata.annotations?.[MAX] ?? totalSize(sets));
    const share = before === 0 ? 0 : Math.round((sizeOf(set) * allowed) / before) - sizeOf(set);
    const left = toAdd - added;
    const change = left === 0 ? 0 : toAdd > 0 ? Math.min(share, left) : Math.max(share, left);
    sizes.set(set.metadata.name, sizeOf(set) + change);
    added += change;
  }
  const [largest] = ordered;
  if (largest !== undefined && added !== toAdd) {
    const { name } = largest.metadata;
    sizes.set(name, Math.max(0, (sizes.get(name) ?? 0) + toAdd - added));
  }
  return sizes;
}

/** The size that a new ReplicaSet is made with in a rolling update. */
export function startSize(deployment: Deployment, others: readonly ReplicaSet[]): number {
  const room = wantedOf(deployment) + fencePosts(deployment).surge - totalSize(others);
  return Math.max(0, Math.min(room, wantedOf(deployment)));
}

/** What ReplicaSets bear of the size of their deployment. */
export const sizeAnnotations = (deployment: Deployment): Record<string, string> => ({
  [DESIRED]: String(wantedOf(deployment)),
  [MAX]: String(wantedOf(deployment) + fencePosts(deployment).surge),
});
