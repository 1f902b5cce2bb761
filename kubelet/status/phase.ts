import type { Container, ContainerStatus, Pod } from '../../shared/api/objects';
import { initContainersOf, isSidecar, restartPolicyOf } from '../plan/pod-outline';

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

export const isTerminalPhase = (phase: string | undefined): boolean => phase === 'Succeeded' || phase === 'Failed';

const isInitFailed = (status: ContainerStatus | undefined): boolean =>
  (status?.state?.terminated ?? status?.lastState?.terminated)?.exitCode !== 0 &&
  (status?.state?.terminated ?? status?.lastState?.terminated) !== undefined;

const isInitPending = (container: Container, status: ContainerStatus | undefined): boolean =>
  isSidecar(container)
    ? status?.started !== true && status?.state?.terminated === undefined
    : status?.state?.terminated?.exitCode !== 0;

/**
 * A pod's phase from its container statuses (k8s.io/kubernetes/pkg/kubelet getPhase). An ending pod whose containers
 * all ended is Succeeded or Failed whatever its restart policy.
 */
export function phaseOf(
  pod: Pod,
  statuses: { readonly init: readonly ContainerStatus[]; readonly app: readonly ContainerStatus[] },
  isEnding: boolean,
): Phase {
  const policy = restartPolicyOf(pod.spec);
  const initContainers = initContainersOf(pod.spec);
  const initStatusOf = (container: Container): ContainerStatus | undefined =>
    statuses.init.find((status) => status.name === container.name);
  const isAlive = [...statuses.init, ...statuses.app].some((status) => status.state?.running !== undefined);
  const regularInit = initContainers.filter((container) => !isSidecar(container));

  const ended = statuses.app.filter((status) => status.state?.terminated !== undefined);
  const crashed = statuses.app.filter(
    (status) => status.state?.waiting !== undefined && status.lastState?.terminated !== undefined,
  );
  const running = statuses.app.filter((status) => status.state?.running !== undefined);
  const allSucceeded = ended.every((status) => status.state?.terminated?.exitCode === 0);

  const initFailed = regularInit.some((container) => isInitFailed(initStatusOf(container)));
  if (initFailed && (policy === 'Never' || isEnding) && !isAlive) return 'Failed';
  const hasStarted = running.length + ended.length + crashed.length > 0;
  if (!hasStarted && initContainers.some((container) => isInitPending(container, initStatusOf(container))))
    return isEnding && initFailed && !isAlive ? 'Failed' : 'Pending';
  if (running.length + ended.length + crashed.length < statuses.app.length) return 'Pending';
  if (running.length > 0) return 'Running';
  if (isAlive) return 'Running';
  if (crashed.length === 0 && ended.length > 0) {
    if (isEnding || policy === 'Never') return allSucceeded ? 'Succeeded' : 'Failed';
    if (policy === 'OnFailure' && allSucceeded) return 'Succeeded';
  }
  return 'Running';
}
