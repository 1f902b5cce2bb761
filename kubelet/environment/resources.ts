import type { Container, Pod } from '../../shared/api/objects';
import { containerTotal, isSidecar, podLevelAmount, podLevelAmounts } from '../../shared/pod/pod-resources';
import { qosClassOf } from '../../shared/pod/qos-class';
import { formatQuantity } from '../../shared/quantity';
import type { ContainerSpec } from '../runtime/runtime';
import { milliOf, unitsOf } from './quantity';

// k8s.io/kubernetes/pkg/kubelet/cm: shares of one CPU, and the least the kernel takes.
const SHARES_PER_CPU = 1024;
const MIN_SHARES = 2;
const MAX_SHARES = 262_144;
/** Less than a hundredth of a CPU the kernel does not take for a limit. */
const MIN_CPU_LIMIT_MILLI = 10;

// k8s.io/kubernetes/pkg/kubelet/qos/policy.go
const GUARANTEED_OOM_SCORE = -997;
const BEST_EFFORT_OOM_SCORE = 1000;
const CRITICAL_PRIORITY = 2_000_000_000;

export function oomScoreAdjOf(pod: Pod, container: Container, nodeMemoryBytes: number): number {
  if ((pod.spec.priority ?? 0) >= CRITICAL_PRIORITY) return GUARANTEED_OOM_SCORE;
  switch (qosClassOf(pod.spec)) {
    case 'Guaranteed':
      return GUARANTEED_OOM_SCORE;
    case 'BestEffort':
      return BEST_EFFORT_OOM_SCORE;
    case 'Burstable': {
      const requested =
        unitsOf(container.resources?.requests?.memory ?? container.resources?.limits?.memory) + sharedMemory(pod);
      const score = 1000 - Math.floor((1000 * requested) / Math.max(1, nodeMemoryBytes));
      return Math.min(BEST_EFFORT_OOM_SCORE - 1, Math.max(1000 + GUARANTEED_OOM_SCORE, score));
    }
  }
}

/** What the pod requests beyond its containers, as each of them gets of it. */
function sharedMemory({ spec }: Pod): number {
  const whole = podLevelAmount(spec, 'requests', 'memory');
  if (whole === undefined) return 0;
  const together = containerTotal(spec, 'requests').get('memory');
  const beyond = unitsOf(whole) - (together === undefined ? 0 : unitsOf(formatQuantity(together)));
  const sidecars = (spec.initContainers ?? []).filter(isSidecar);
  return Math.max(0, Math.floor(beyond / (spec.containers.length + sidecars.length)));
}

/** A container's requests and limits in the engine's terms: one without a limit of its own has the pod's. */
export function resourcesOf(
  pod: Pod,
  container: Container,
  node: { readonly memoryBytes: number; readonly pidsLimit: number },
): ContainerSpec['resources'] {
  const { requests } = container.resources ?? {};
  const limits = { ...Object.fromEntries(podLevelAmounts(pod.spec, 'limits')), ...container.resources?.limits };
  const cpuRequestMilli = milliOf(requests?.cpu ?? limits?.cpu);
  const cpuLimitMilli = milliOf(limits?.cpu);
  const memoryLimitBytes = unitsOf(limits?.memory);
  return {
    cpuShares: Math.min(MAX_SHARES, Math.max(MIN_SHARES, Math.floor((cpuRequestMilli * SHARES_PER_CPU) / 1000))),
    ...(cpuLimitMilli > 0 ? { cpuLimitMilli: Math.max(MIN_CPU_LIMIT_MILLI, cpuLimitMilli) } : {}),
    ...(memoryLimitBytes > 0 ? { memoryLimitBytes } : {}),
    pidsLimit: node.pidsLimit,
    oomScoreAdj: oomScoreAdjOf(pod, container, node.memoryBytes),
  };
}
