import type { ContainerSpec, PodIdentity, SandboxSpec, SystemContainerSpec } from '../runtime';
import { specHashOf } from '../system-container';

/** The labels by which everything is re-learned. The `io.kubernetes` ones are those of Kubernetes' own kubelet. */
export const LABELS = {
  node: 'io.pinsetter.node',
  cluster: 'io.pinsetter.cluster',
  type: 'io.pinsetter.type',
  attempt: 'io.pinsetter.attempt',
  kind: 'io.pinsetter.container.kind',
  sandbox: 'io.pinsetter.sandbox',
  /** The network of the node's that a sandbox is on, and its address there. */
  network: 'io.pinsetter.network',
  address: 'io.pinsetter.address',
  specHash: 'io.pinsetter.spec-hash',
  imageId: 'io.pinsetter.image-id',
  annotations: 'io.pinsetter.annotations',
  podUid: 'io.kubernetes.pod.uid',
  podNamespace: 'io.kubernetes.pod.namespace',
  podName: 'io.kubernetes.pod.name',
  container: 'io.kubernetes.container.name',
} as const;

/** Whose containers these are. Several nodes may share an engine, and each sees only its own. */
export interface Owner {
  readonly nodeName: string;
  readonly clusterId?: string;
  /** Put on everything besides. */
  readonly labels: Readonly<Record<string, string>>;
}

/** For the engine's `label` filter. */
export const ownerFilter = ({ nodeName, clusterId }: Owner): string[] => [
  `${LABELS.node}=${nodeName}`,
  ...(clusterId === undefined ? [] : [`${LABELS.cluster}=${clusterId}`]),
];

export const networkLabels = ({ nodeName, clusterId, labels }: Owner): Record<string, string> => ({
  ...labels,
  [LABELS.node]: nodeName,
  ...(clusterId === undefined ? {} : { [LABELS.cluster]: clusterId }),
});

/** The type of containers that are no pod's. */
export const SYSTEM = 'system';

export const systemLabels = (owner: Owner, spec: SystemContainerSpec): Record<string, string> => ({
  ...networkLabels(owner),
  [LABELS.type]: SYSTEM,
  [LABELS.container]: spec.name,
  [LABELS.specHash]: specHashOf(spec),
});

const identityLabels = (owner: Owner, pod: PodIdentity): Record<string, string> => ({
  ...networkLabels(owner),
  [LABELS.podUid]: pod.uid,
  [LABELS.podNamespace]: pod.namespace,
  [LABELS.podName]: pod.name,
});

const OWN_PREFIX = /^io\.pinsetter\./;

export const sandboxLabels = (
  owner: Owner,
  { pod, attempt, labels }: SandboxSpec,
  placement?: { readonly network: string; readonly address: string },
): Record<string, string> => ({
  // The user's cannot pretend to be ours, not even where we have none.
  ...Object.fromEntries(Object.entries(labels).filter(([key]) => !OWN_PREFIX.test(key))),
  ...identityLabels(owner, pod),
  ...(placement === undefined ? {} : { [LABELS.network]: placement.network, [LABELS.address]: placement.address }),
  [LABELS.type]: 'sandbox',
  [LABELS.container]: 'POD',
  [LABELS.attempt]: String(attempt),
});

export const containerLabels = (
  owner: Owner,
  spec: ContainerSpec,
  { sandboxId, imageId }: { readonly sandboxId: string; readonly imageId: string },
): Record<string, string> => ({
  ...identityLabels(owner, spec.pod),
  [LABELS.type]: 'container',
  [LABELS.container]: spec.name,
  [LABELS.kind]: spec.kind,
  [LABELS.attempt]: String(spec.attempt),
  [LABELS.sandbox]: sandboxId,
  [LABELS.specHash]: spec.specHash,
  [LABELS.imageId]: imageId,
  [LABELS.annotations]: JSON.stringify(spec.annotations),
});

export type Labels = Readonly<Record<string, string | undefined>>;

export const podOf = (labels: Labels): PodIdentity => ({
  uid: labels[LABELS.podUid] ?? '',
  namespace: labels[LABELS.podNamespace] ?? '',
  name: labels[LABELS.podName] ?? '',
});

export function kindOf(labels: Labels): ContainerSpec['kind'] {
  const kind = labels[LABELS.kind];
  return kind === 'init' || kind === 'ephemeral' ? kind : 'app';
}

/** What somebody else wrote there counts as nothing. */
export function annotationsOf(labels: Labels): Readonly<Record<string, string>> {
  try {
    const parsed: unknown = JSON.parse(labels[LABELS.annotations] ?? '{}');
    if (typeof parsed !== 'object' || parsed === null) return {};
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]));
  } catch {
    return {};
  }
}
