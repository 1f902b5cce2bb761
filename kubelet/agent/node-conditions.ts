import type { Heartbeat } from '../../shared/wire/node-channel';
import type { Pressure } from '../eviction/pressure';

type Conditions = Heartbeat['conditions'];

/** What the agent vouches for about its own node, worded as Kubernetes' kubelet words it. */
export function nodeConditionsOf({
  engineProblem,
  hasPressure,
  network,
}: {
  readonly engineProblem: string | undefined;
  readonly hasPressure: (pressure: Pressure) => boolean;
  /** Absent: nothing can be said of the network yet. */
  readonly network?: { readonly problem: string | undefined };
}): Conditions {
  return [
    ...(network === undefined ? [] : [networkCondition(network.problem)]),
    hasPressure('MemoryPressure')
      ? condition('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available')
      : condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    hasPressure('DiskPressure')
      ? condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    hasPressure('PIDPressure')
      ? condition('PIDPressure', 'True', 'KubeletHasInsufficientPID', 'kubelet has insufficient PID available')
      : condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    engineProblem === undefined
      ? readiness(network?.problem)
      : condition('Ready', 'False', 'ContainerRuntimeUnavailable', `container runtime is down: ${engineProblem}`),
  ];
}

const networkCondition = (problem: string | undefined): Conditions[number] =>
  problem === undefined
    ? condition('NetworkUnavailable', 'False', 'PodNetworkIsUp', 'pods have a network on this node')
    : condition('NetworkUnavailable', 'True', 'NoPodNetwork', problem);

const readiness = (problem: string | undefined): Conditions[number] =>
  problem === undefined
    ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
    : condition('Ready', 'False', 'KubeletNotReady', `container runtime network not ready: ${problem}`);

const condition = (type: string, status: 'True' | 'False', reason: string, message: string): Conditions[number] => ({
  type,
  status,
  reason,
  message,
});
