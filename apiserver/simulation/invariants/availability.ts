import type { Deployment, Pod, ReplicaSet } from '../../../shared/api/objects';
import { fencePosts, wantedOf } from '../../controllers/deployment/replica-counts';
import { controllerOf } from '../../controllers/workloads/ownership';
import { isActive, isReady, readySinceMs } from '../../controllers/workloads/pod-state';
import type { Invariant, Scene } from './invariant';
import { NEWS_MS, podName } from './invariant';
import { Wishes } from './wishes';

const wasEvicted = ({ status }: Pod): boolean =>
  (status?.conditions ?? []).some(({ type, status: value }) => type === 'DisruptionTarget' && value === 'True');

/** Somebody removed the node, and its pods go with it. */
const isNodeGone = ({ spec }: Pod, { store }: Scene): boolean =>
  (spec.nodeName ?? '') !== '' && store.all('Node').every(({ metadata }) => metadata.name !== spec.nodeName);

/** The Deployment that a pod belongs to, unless it goes anyway. */
function deploymentOf(pod: Pod, { store }: Scene): Deployment | undefined {
  const setRef = controllerOf(pod);
  if (setRef?.kind !== 'ReplicaSet') return undefined;
  const set: ReplicaSet | undefined = store.all('ReplicaSet').find(({ metadata }) => metadata.uid === setRef.uid);
  const ref = set === undefined ? undefined : controllerOf(set);
  const found = store.all('Deployment').find(({ metadata }) => metadata.uid === ref?.uid);
  const namespace = store.all('Namespace').find(({ metadata }) => metadata.name === pod.metadata.namespace);
  const isGoing = [namespace, found, set].some((each) => each?.metadata.deletionTimestamp !== undefined);
  return isGoing || found?.spec?.strategy?.type === 'Recreate' ? undefined : found;
}

const setsOf = ({ metadata: { uid } }: Deployment, { store }: Scene): readonly ReplicaSet[] =>
  store.all('ReplicaSet').filter((set) => controllerOf(set)?.uid === uid);

function podsOf(deployment: Deployment, scene: Scene): readonly Pod[] {
  const sets = new Set(setsOf(deployment, scene).map(({ metadata }) => metadata.uid));
  return scene.store.all('Pod').filter((pod) => sets.has(controllerOf(pod)?.uid ?? ''));
}

/** A Deployment's own steps never leave fewer available pods than it allows. */
export function createNeverBelowMaxUnavailable(): Invariant {
  const wishes = new Wishes();
  /** Until when a pod counts as available though it is not any more. */
  const countsUntil = new Map<string, number>();
  /** Since when, in true time, a pod has said that it is ready since the moment that it names. */
  const readyFrom = new Map<string, { readonly named: number; readonly atMs: number }>();
  const noteReady = (pod: Pod, nowMs: number): void => {
    const named = readySinceMs(pod);
    const { uid } = pod.metadata;
    if (named === undefined) readyFrom.delete(uid);
    else if (readyFrom.get(uid)?.named !== named) readyFrom.set(uid, { named, atMs: nowMs });
  };
  /** Available only of late, if at all. */
  const isYoung = ({ metadata }: Pod, { spec }: Deployment, nowMs: number): boolean =>
    nowMs - (readyFrom.get(metadata.uid)?.atMs ?? 0) < (spec?.minReadySeconds ?? 0) * 1_000 + NEWS_MS;
  return {
    name: 'never-below-max-unavailable',
    onChange(change, scene) {
      const nowMs = scene.nowMs();
      wishes.note(change, nowMs);
      if (change.resource !== 'pods') return undefined;
      const [pod, before] = [change.object, change.previous] as unknown as [Pod, Pod | undefined];
      noteReady(pod, nowMs);
      if (before === undefined) return undefined;
      const wasAvailable = isActive(before) && isReady(before);
      const isDeleted = change.isDeletion || pod.metadata.deletionTimestamp !== undefined;
      const isOthersDoing = wasEvicted(pod) || scene.deletedByHand.has(pod.metadata.uid) || isNodeGone(pod, scene);
      if (wasAvailable && (isDeleted ? isOthersDoing : !isReady(pod)))
        countsUntil.set(pod.metadata.uid, nowMs + NEWS_MS);
      if (!wasAvailable || !isDeleted || isOthersDoing) return undefined;
      const deployment = deploymentOf(pod, scene);
      if (deployment === undefined || isYoung(pod, deployment, nowMs)) return undefined;
      const available = podsOf(deployment, scene).filter(
        (each) =>
          each.metadata.uid !== pod.metadata.uid &&
          ((isActive(each) && isReady(each)) || (countsUntil.get(each.metadata.uid) ?? 0) > nowMs),
      ).length;
      const lately = wishes.of(deployment, nowMs);
      // Scaling in the middle of a rollout shares the change among old and new, ready or not, as Kubernetes does.
      if (new Set(lately.map(wantedOf)).size > 1) return undefined;
      const least = Math.min(...lately.map((wish) => wantedOf(wish) - fencePosts(wish).unavailable));
      return available < least
        ? `${podName(pod)} was deleted: ${available} pods of ${deployment.metadata.name} are left available, ${least} are to be`
        : undefined;
    },
  };
}

/**
 * A Deployment never has more pods than it asks for and its surge. Its ReplicaSets are told one after the other: what one
 * of them has too many of is on its way out and does not count, but none makes more than it was told.
 */
export function createNeverAboveMaxSurge(): Invariant {
  const wishes = new Wishes();
  return {
    name: 'never-above-max-surge',
    onChange(change, scene) {
      const nowMs = scene.nowMs();
      wishes.note(change, nowMs);
      if (change.resource !== 'pods' || change.previous !== undefined) return undefined;
      const pod = change.object as unknown as Pod;
      const deployment = deploymentOf(pod, scene);
      if (deployment === undefined) return undefined;
      const counts = setsOf(deployment, scene).map(({ metadata, spec }) => ({
        isIts: metadata.uid === controllerOf(pod)?.uid,
        told: spec?.replicas ?? 0,
        active: scene.store.all('Pod').filter((each) => controllerOf(each)?.uid === metadata.uid && isActive(each))
          .length,
      }));
      const most = Math.max(...wishes.of(deployment, nowMs).map((wish) => wantedOf(wish) + fencePosts(wish).surge));
      const excess = counts.find(({ isIts, told, active }) => isIts && active > Math.max(told, most));
      if (excess !== undefined) return `${podName(pod)} was made: ${excess.active} pods of a set of ${excess.told}`;
      const sum = counts.reduce((total, { told, active }) => total + Math.min(told, active), 0);
      return sum > most ? `${podName(pod)} was made: ${sum} pods, at most ${most} are to be` : undefined;
    },
  };
}
