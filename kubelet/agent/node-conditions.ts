import type { Heartbeat } from '../../shared/wire/node-channel';
import type { Pressure } from '../eviction/eviction-manager';

type Conditions = Heartbeat['conditions'];

/** What the agent vouches for about its own node, worded as Kubernetes' kubelet words it. */
export function nodeConditionsOf(
  engineProblem: string | undefined,
  hasPressure: (pressure: Pressure) => boolean,
): Conditions {
  return [
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
      ? condition('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
      : condition('Ready', 'False', 'ContainerRuntimeUnavailable', `container runtime is down: ${engineProblem}`),
  ];
}

const condition = (type: string, status: 'True' | 'False', reason: string, message: string): Conditions[number] => ({
  type,
  status,
  reason,
  message,
});
