import type { Heartbeat, NodeUsage } from '../../shared/wire/node-channel';

type Conditions = Heartbeat['conditions'];

// The kubelet's default eviction thresholds: memory.available<100Mi, nodefs.available<10%.
const MIN_MEMORY_BYTES = 100 * 2 ** 20;
const MIN_DISK_SHARE = 0.1;

/** What the agent vouches for about its own node, worded as Kubernetes' kubelet words it. */
export function nodeConditionsOf(engineProblem: string | undefined, usage: NodeUsage): Conditions {
  const hasMemoryPressure = usage.memoryAvailableBytes < MIN_MEMORY_BYTES;
  const hasDiskPressure =
    usage.diskTotalBytes > 0 && usage.diskTotalBytes - usage.diskUsedBytes < usage.diskTotalBytes * MIN_DISK_SHARE;
  return [
    hasMemoryPressure
      ? condition('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available')
      : condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    hasDiskPressure
      ? condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : condition('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    condition('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
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
