import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import { availableOf, fencePosts, newSize, sizeOf, totalAvailable, totalSize, wantedOf } from './replica-counts';

const byAge = (sets: readonly ReplicaSet[]): readonly ReplicaSet[] =>
  [...sets].sort((a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp));

/**
 * The next step of a rolling update, as the sizes that ReplicaSets get: the new one grows as far as the surge allows; where it
 * cannot, the old ones shrink as far as availability allows (reconcileNewReplicaSet and reconcileOldReplicaSets of kubernetes).
 */
export function rollingSizes(
  deployment: Deployment,
  newSet: ReplicaSet,
  old: readonly ReplicaSet[],
): ReadonlyMap<ReplicaSet, number> {
  const wanted = wantedOf(deployment);
  const all = [...old, newSet];
  if (sizeOf(newSet) > wanted) return new Map([[newSet, wanted]]);
  const grown = newSize(deployment, all, newSet);
  if (grown !== sizeOf(newSet)) return new Map([[newSet, grown]]);

  const sizes = new Map(byAge(old).map((set) => [set, sizeOf(set)]));
  const minAvailable = wanted - fencePosts(deployment).unavailable;
  const newUnavailable = sizeOf(newSet) - availableOf(newSet);
  let removable = totalSize(all) - minAvailable - newUnavailable;
  if (totalSize(old) === 0 || removable <= 0) return sizes;
  // What is not available serves nobody: it goes first, and costs nothing.
  for (const [set, size] of sizes) {
    const unhealthy = Math.min(removable, Math.max(0, size - availableOf(set)));
    sizes.set(set, size - unhealthy);
    removable -= unhealthy;
  }
  let spare = Math.min(removable, totalAvailable(all) - minAvailable);
  for (const [set, size] of sizes) {
    const cut = Math.max(0, Math.min(spare, size));
    sizes.set(set, size - cut);
    spare -= cut;
  }
  return sizes;
}
