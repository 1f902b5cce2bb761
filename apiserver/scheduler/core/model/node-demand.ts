import type { NodeSelectorTerm, Pod, Toleration } from '../../../../shared/api/objects';

/** A port of the node itself that a pod publishes. */
export interface HostPort {
  readonly ip: string;
  readonly port: number;
  readonly protocol: string;
}

/** What a volume asks of the node: one of the terms must match it. */
export interface VolumeDemand {
  readonly claim: string;
  readonly terms: readonly NodeSelectorTerm[];
}

/** What the pod's own object does not say about where it can run. */
export interface PodExtras {
  /** Of the volumes it is bound to. */
  readonly volumes?: readonly VolumeDemand[];
  /** Architectures that all its images exist for, as in the label kubernetes.io/arch. Absent: any. */
  readonly architectures?: readonly string[];
}

/** What a pod asks of a node's own properties. Two with the same `signature` may run on the same nodes. */
export interface NodeDemand {
  readonly signature: string;
  readonly nodeName?: string;
  readonly nodeSelector: Readonly<Record<string, string>>;
  /** Required node affinity: one of them must match. */
  readonly terms?: readonly NodeSelectorTerm[];
  readonly preferred: readonly { readonly weight: number; readonly preference: NodeSelectorTerm }[];
  readonly tolerations: readonly Toleration[];
  readonly volumes: readonly VolumeDemand[];
  readonly architectures?: readonly string[];
}

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
