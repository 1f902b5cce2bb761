import type { ContainerSpec, PodIdentity, SandboxSpec } from '../runtime';

/** Sandboxes and containers with as little as possible in them, for tests. */
export const aSandboxSpec = (pod: PodIdentity, traits: Partial<SandboxSpec> = {}): SandboxSpec => ({
  pod,
  attempt: 0,
  hostname: pod.name,
  hostNetwork: false,
  hostPid: false,
  hostIpc: false,
  ports: [],
  hostAliases: [],
  sysctls: {},
  labels: {},
  ...traits,
});

export interface ContainerTraits extends Partial<Omit<ContainerSpec, 'security' | 'resources'>> {
  readonly security?: Partial<ContainerSpec['security']>;
  readonly resources?: Partial<ContainerSpec['resources']>;
}

export const aContainerSpec = (pod: PodIdentity, traits: ContainerTraits = {}): ContainerSpec => ({
  pod,
  name: 'app',
  kind: 'app',
  attempt: 0,
  specHash: 'hash',
  image: 'busybox',
  env: [],
  mounts: [],
  stdin: false,
  stdinOnce: false,
  tty: false,
  terminationMessagePath: '/dev/termination-log',
  annotations: {},
  ...traits,
  resources: { cpuShares: 2, ...traits.resources },
  security: {
    privileged: false,
    runAsNonRoot: false,
    supplementalGroups: [],
    addCapabilities: [],
    dropCapabilities: [],
    readOnlyRootFilesystem: false,
    allowPrivilegeEscalation: true,
    seccompUnconfined: false,
    ...traits.security,
  },
});
