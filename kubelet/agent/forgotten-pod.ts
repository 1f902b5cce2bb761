import type { Pod } from '../../shared/api/objects';
import { GRACE_ANNOTATION } from '../environment/container-spec';
import type { ObservedPod } from '../plan/observed-pod';
import type { PodIdentity } from '../runtime/runtime';

const DEFAULT_GRACE_SECONDS = 30;

/** As much of a pod as its containers' labels tell: enough to end it decently. */
export function forgottenPod({ uid, namespace, name }: PodIdentity, { containers }: ObservedPod): Pod {
  const graces = containers.map(({ annotations }) => Number(annotations[GRACE_ANNOTATION] ?? DEFAULT_GRACE_SECONDS));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { uid, namespace, name, resourceVersion: '', creationTimestamp: '' },
    spec: { containers: [], terminationGracePeriodSeconds: Math.max(0, ...graces) },
  };
}
