import type { Deployment, HorizontalPodAutoscaler } from '../../../shared/api/objects';
import type { Invariant, Scene } from './invariant';

const autoscalersOf = (deployment: Deployment, { store }: Scene): readonly HorizontalPodAutoscaler[] =>
  store
    .all('HorizontalPodAutoscaler')
    .filter(
      ({ metadata, spec }) =>
        metadata.namespace === deployment.metadata.namespace && spec?.scaleTargetRef.name === deployment.metadata.name,
    );

const isWithin = ({ spec }: HorizontalPodAutoscaler, replicas: number): boolean =>
  replicas >= (spec?.minReplicas ?? 1) && replicas <= (spec?.maxReplicas ?? 0);

/** What an autoscaler asks for stays between its least and its most; in the end so does what it scales. */
export function createAutoscalersStayWithinBounds(): Invariant {
  /** What somebody asked for and has got, by the uid of the Deployment. */
  const granted = new Map<string, readonly number[]>();
  /** Of several that ask at once, the last to ask need not be the last to get. */
  const isByHand = (uid: string, replicas: number, { scaledByHand }: Scene): boolean => {
    const times = (list: readonly number[] = []): number => list.filter((each) => each === replicas).length;
    if (times(scaledByHand.get(uid)) <= times(granted.get(uid))) return false;
    granted.set(uid, [...(granted.get(uid) ?? []), replicas]);
    return true;
  };
  return {
    name: 'autoscalers-stay-within-bounds',
    onChange({ resource, object, previous, isDeletion }, scene) {
      if (resource !== 'deployments.apps' || previous === undefined || isDeletion) return undefined;
      const [deployment, before] = [object, previous] as unknown as [Deployment, Deployment];
      const replicas = deployment.spec?.replicas ?? 1;
      if (replicas === (before.spec?.replicas ?? 1)) return undefined;
      if (isByHand(deployment.metadata.uid, replicas, scene)) return undefined;
      const [autoscaler] = autoscalersOf(deployment, scene);
      if (autoscaler === undefined) return `${deployment.metadata.name} was scaled to ${replicas} by nobody`;
      const { minReplicas = 1, maxReplicas = 0 } = autoscaler.spec ?? {};
      return isWithin(autoscaler, replicas)
        ? undefined
        : `${deployment.metadata.name} was scaled to ${replicas}, ${minReplicas} to ${maxReplicas} are allowed`;
    },
    atEnd(scene) {
      for (const deployment of scene.store.all('Deployment')) {
        const replicas = deployment.spec?.replicas ?? 1;
        // Who scales to nothing switches the autoscaler off.
        if (replicas === 0) continue;
        const outside = autoscalersOf(deployment, scene).find((each) => !isWithin(each, replicas));
        if (outside === undefined) continue;
        const { minReplicas = 1, maxReplicas = 0 } = outside.spec ?? {};
        return `${deployment.metadata.name} has ${replicas} replicas, ${minReplicas} to ${maxReplicas} are allowed`;
      }
      return undefined;
    },
  };
}
