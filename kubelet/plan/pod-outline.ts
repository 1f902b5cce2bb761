import { createHash } from 'node:crypto';
import type { Container, EphemeralContainer, Pod, PodSpec } from '../../shared/api/objects';
import type { ObservedPod } from './observed-pod';
import { isExited, latestOf } from './observed-pod';

export type RestartPolicy = 'Always' | 'OnFailure' | 'Never';

export const restartPolicyOf = (spec: PodSpec): RestartPolicy =>
  spec.restartPolicy === 'OnFailure' || spec.restartPolicy === 'Never' ? spec.restartPolicy : 'Always';

export const initContainersOf = (spec: PodSpec): readonly Container[] => spec.initContainers ?? [];

/** An init container that keeps running beside the app containers. */
export const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always';

/**
 * What a container was made from. Only name and image count, as in Kubernetes: everything else in a pod's containers
 * is immutable, and a new default filled in by a newer server must not restart what runs.
 */
export const specHashOf = (container: Container): string =>
  createHash('sha256')
    .update(JSON.stringify([container.name, container.image]))
    .digest('hex')
    .slice(0, 16);

/** Containers added to a running pod to look into it. They are started once, and nothing of the pod depends on them. */
export const ephemeralContainersOf = (spec: PodSpec): readonly EphemeralContainer[] => spec.ephemeralContainers ?? [];

/** All there are; an ephemeral one has fewer fields than the others, none with another meaning. */
export const containersOf = (spec: PodSpec): readonly Container[] => [
  ...initContainersOf(spec),
  ...spec.containers,
  ...ephemeralContainersOf(spec).map(({ targetContainerName: _target, ...container }): Container => container),
];

export const findContainer = (spec: PodSpec, name: string): Container | undefined =>
  containersOf(spec).find((container) => container.name === name);

export const isEphemeral = (spec: PodSpec, name: string): boolean =>
  ephemeralContainersOf(spec).some((container) => container.name === name);

export function restartsAfterExit(policy: RestartPolicy, exitCode: number): boolean {
  switch (policy) {
    case 'Always':
      return true;
    case 'OnFailure':
      return exitCode !== 0;
    case 'Never':
      return false;
  }
}

/** An app container that has ended for good by the pod's restart policy. */
export function isDone(pod: Pod, observed: ObservedPod, container: Container): boolean {
  const latest = latestOf(observed, container.name);
  return (
    latest?.state.phase === 'exited' &&
    latest.specHash === specHashOf(container) &&
    !restartsAfterExit(restartPolicyOf(pod.spec), latest.state.exitCode)
  );
}

const hasFailedInit = (pod: Pod, observed: ObservedPod): boolean =>
  restartPolicyOf(pod.spec) === 'Never' &&
  initContainersOf(pod.spec).some((container) => {
    const latest = latestOf(observed, container.name);
    return !isSidecar(container) && latest?.state.phase === 'exited' && latest.state.exitCode !== 0;
  });

/** Nothing of the pod will be started again: every app container is done, or an init container failed for good. */
export const hasRunItsCourse = (pod: Pod, observed: ObservedPod): boolean =>
  hasFailedInit(pod, observed) ||
  (pod.spec.containers.length > 0 && pod.spec.containers.every((container) => isDone(pod, observed, container)));

/** No container of the pod is alive any more. */
export const isAtRest = (observed: ObservedPod): boolean =>
  observed.containers.every((container) => isExited(container));
