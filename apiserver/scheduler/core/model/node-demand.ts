import type { Pod } from '../../../../shared/api/objects';
import type { HostPort, NodeDemand, PodExtras } from './pod-class';

export function demandOf(pod: Pod, { volumes = [], architectures }: PodExtras): NodeDemand {
  const affinity = pod.spec.affinity?.nodeAffinity;
  const terms = affinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  const demand = {
    ...((pod.spec.nodeName ?? '') === '' ? {} : { nodeName: pod.spec.nodeName ?? '' }),
    nodeSelector: pod.spec.nodeSelector ?? {},
    ...(terms === undefined ? {} : { terms }),
    preferred: affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
    tolerations: pod.spec.tolerations ?? [],
    volumes,
    ...(architectures === undefined ? {} : { architectures }),
  };
  return { signature: JSON.stringify(demand), ...demand };
}

/** Init containers end before the others start, save those that keep running beside them. */
export function hostPortsOf(pod: Pod): readonly HostPort[] {
  return [...(pod.spec.initContainers ?? []).filter((each) => each.restartPolicy === 'Always'), ...pod.spec.containers]
    .flatMap((container) => container.ports ?? [])
    .filter((port) => (port.hostPort ?? 0) > 0)
    .map((port) => ({ ip: port.hostIP ?? '0.0.0.0', port: port.hostPort ?? 0, protocol: port.protocol ?? 'TCP' }));
}
