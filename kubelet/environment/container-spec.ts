import { graceSecondsOf } from '../../shared/pod/grace';
import type { Container, Pod } from '../../shared/api/objects';
import { devicesOf } from '../../shared/pod/devices';
import type { ContainerId, ContainerSpec, Mount, PodIdentity } from '../runtime/runtime';
import { initContainersOf, isEphemeral, specHashOf } from '../plan/pod-outline';
import { expand } from './expansion';
import { resourcesOf } from './resources';

export const identityOf = (pod: Pod): PodIdentity => ({
  uid: pod.metadata.uid,
  namespace: pod.metadata.namespace,
  name: pod.metadata.name,
});

/** Annotation of a container: the grace its pod asked for, known even where the pod itself is forgotten. */
export const GRACE_ANNOTATION = 'termination-grace-period-seconds';

export const DEFAULT_TERMINATION_MESSAGE_PATH = '/dev/termination-log';

export interface ContainerParts {
  readonly pod: Pod;
  readonly container: Container;
  readonly attempt: number;
  readonly environment: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly terminationMessageHostPath: string;
  /** The container, or the pod's sandbox, whose processes it is to see. */
  readonly target?: ContainerId;
  readonly node: { readonly memoryBytes: number; readonly pidsLimit: number };
}

/** A container as the engine is to make it. */
export function containerSpecOf(parts: ContainerParts): ContainerSpec {
  const { pod, container, environment } = parts;
  const expandAll = (words: readonly string[]): readonly string[] =>
    words.map((word) => expand(word, (name) => environment.get(name)));
  return {
    pod: identityOf(pod),
    name: container.name,
    kind: kindOf(pod, container),
    attempt: parts.attempt,
    specHash: specHashOf(container),
    image: container.image ?? '',
    ...(container.command === undefined || container.command.length === 0
      ? {}
      : { command: expandAll(container.command) }),
    ...(container.args === undefined || container.args.length === 0 ? {} : { args: expandAll(container.args) }),
    ...(container.workingDir === undefined || container.workingDir === '' ? {} : { workingDir: container.workingDir }),
    env: [...environment].map(([name, value]) => ({ name, value })),
    mounts: parts.mounts,
    resources: resourcesOf(pod, container, parts.node),
    security: securityOf(pod, container),
    ...engineDevicesOf(pod, container),
    ...(parts.target === undefined ? {} : { joinsProcessesOf: parts.target }),
    stdin: container.stdin ?? false,
    stdinOnce: container.stdinOnce ?? false,
    tty: container.tty ?? false,
    terminationMessagePath: container.terminationMessagePath ?? DEFAULT_TERMINATION_MESSAGE_PATH,
    terminationMessageHostPath: parts.terminationMessageHostPath,
    annotations: { [GRACE_ANNOTATION]: String(graceSecondsOf(pod.spec)) },
  };
}

/** Devices that the engine itself can hand out. */
function engineDevicesOf(pod: Pod, container: Container): Pick<ContainerSpec, 'devices'> {
  const devices = devicesOf(pod, container);
  if (devices?.resource !== 'nvidia.com/gpu') return {};
  return { devices: { driver: 'nvidia', ids: devices.indexes.map(String), capability: 'gpu' } };
}

function kindOf({ spec }: Pod, container: Container): ContainerSpec['kind'] {
  if (initContainersOf(spec).includes(container)) return 'init';
  return isEphemeral(spec, container.name) ? 'ephemeral' : 'app';
}

function securityOf(pod: Pod, container: Container): ContainerSpec['security'] {
  const ofPod = pod.spec.securityContext ?? {};
  const own = container.securityContext ?? {};
  const runAsUser = own.runAsUser ?? ofPod.runAsUser;
  const runAsGroup = own.runAsGroup ?? ofPod.runAsGroup;
  const fsGroup = ofPod.fsGroup === undefined ? [] : [ofPod.fsGroup];
  return {
    privileged: own.privileged ?? false,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    runAsNonRoot: own.runAsNonRoot ?? ofPod.runAsNonRoot ?? false,
    supplementalGroups: [...(ofPod.supplementalGroups ?? []), ...fsGroup],
    addCapabilities: own.capabilities?.add ?? [],
    dropCapabilities: own.capabilities?.drop ?? [],
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    allowPrivilegeEscalation: own.allowPrivilegeEscalation ?? true,
    seccompUnconfined: (own.seccompProfile ?? ofPod.seccompProfile)?.type === 'Unconfined',
  };
}
