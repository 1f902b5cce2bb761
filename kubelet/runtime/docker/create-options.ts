import type { ContainerCreateOptions, HostConfig, MountSettings } from 'dockerode';
import type {
  AdjustableResources,
  ContainerSpec,
  ImageInfo,
  LogRotation,
  Mount,
  SandboxSpec,
  SystemContainerSpec,
} from '../runtime';
import { containerNameOf, sandboxNameOf, systemNameOf } from './container-name';
import type { Owner } from './labels';
import { containerLabels, sandboxLabels, systemLabels } from './labels';
import { SANDBOX_IMAGE, SANDBOX_PROGRAM } from './sandbox-image';
import type { Placement } from './placement';

const CPU_PERIOD_MICROSECONDS = 100_000;
/** The least that the kernel's scheduler takes. */
const MIN_CPU_QUOTA_MICROSECONDS = 1_000;

/** Kubernetes' defaults. */
export const DEFAULT_LOG_ROTATION: LogRotation = { maxBytes: 10 * 2 ** 20, maxFiles: 5 };

/** A log cannot fill the disk: the engine rotates it. */
const logConfigOf = ({ maxBytes, maxFiles }: LogRotation) => ({
  Type: 'json-file',
  Config: { 'max-size': String(maxBytes), 'max-file': String(maxFiles) },
});

const PROPAGATION = { None: 'rprivate', HostToContainer: 'rslave', Bidirectional: 'rshared' } as const;

/** How the engine is to make a sandbox. Without a placement it is on the machine's network or the engine's own. */
export function sandboxOptions(owner: Owner, spec: SandboxSpec, placement?: Placement): ContainerCreateOptions {
  const ports = spec.hostNetwork ? [] : spec.ports;
  const keyOf = ({ containerPort, protocol }: SandboxSpec['ports'][number]): string =>
    `${containerPort}/${protocol.toLowerCase()}`;
  const bindings: Record<string, { HostPort: string; HostIp?: string }[]> = {};
  for (const port of ports)
    (bindings[keyOf(port)] ??= []).push({
      HostPort: String(port.hostPort),
      ...(port.hostIp === undefined ? {} : { HostIp: port.hostIp }),
    });
  return {
    name: sandboxNameOf(spec.pod, spec.attempt),
    Image: SANDBOX_IMAGE,
    Entrypoint: [SANDBOX_PROGRAM],
    Hostname: spec.hostname,
    Labels: sandboxLabels(owner, spec, placement),
    ExposedPorts: Object.fromEntries(ports.map((port) => [keyOf(port), {}])),
    HostConfig: {
      NetworkMode: networkModeOf(spec, placement),
      IpcMode: spec.hostIpc ? 'host' : 'shareable',
      ...(spec.hostPid ? { PidMode: 'host' } : {}),
      PortBindings: bindings,
      ...(spec.dns === undefined
        ? {}
        : { Dns: [...spec.dns.servers], DnsSearch: [...spec.dns.searches], DnsOptions: [...spec.dns.options] }),
      ExtraHosts: [
        // The engine writes the pod's own name only with an address that it gave itself.
        ...(placement?.by === 'agent' ? [`${spec.hostname}:${placement.address}`] : []),
        ...spec.hostAliases.flatMap(({ ip, hostnames }) => hostnames.map((name) => `${name}:${ip}`)),
      ],
      Sysctls: { ...spec.sysctls },
      Init: false,
      CpuShares: 2,
      // It writes nothing, and nothing is to be read.
      LogConfig: { Type: 'none', Config: {} },
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
    },
    ...(placement?.by === 'engine'
      ? {
          NetworkingConfig: {
            EndpointsConfig: { [placement.network]: { IPAMConfig: { IPv4Address: placement.address } } },
          },
        }
      : {}),
  };
}

function networkModeOf({ hostNetwork }: SandboxSpec, placement: Placement | undefined): string {
  if (hostNetwork) return 'host';
  if (placement === undefined) return 'bridge';
  return placement.by === 'agent' ? 'none' : placement.network;
}

/** The sandbox as the engine has it, as far as its containers must follow it. */
export interface SandboxModes {
  readonly id: string;
  readonly hostIpc: boolean;
  readonly hostPid: boolean;
}

/** What a container's options depend on besides its spec. */
export interface JoinedContext {
  readonly sandbox: SandboxModes;
  readonly image: ImageInfo;
  /** The lowest the engine can set. */
  readonly minOomScoreAdj: number;
  readonly logs: LogRotation;
}

/** How the engine is to make a container that joins a sandbox. */
export function containerOptions(
  owner: Owner,
  spec: ContainerSpec,
  { sandbox, image, minOomScoreAdj, logs }: JoinedContext,
): ContainerCreateOptions {
  const user = userOf(spec, image);
  return {
    name: containerNameOf(spec.pod, spec.name, spec.attempt),
    Image: spec.image,
    Labels: containerLabels(owner, spec, { sandboxId: sandbox.id, imageId: image.imageId }),
    Env: spec.env.map(({ name, value }) => `${name}=${value}`),
    // The image's own arguments count only where neither is given: an entrypoint without arguments has none.
    ...(spec.command === undefined ? {} : { Entrypoint: [...spec.command] }),
    ...(spec.args === undefined ? {} : { Cmd: [...spec.args] }),
    ...(spec.workingDir === undefined ? {} : { WorkingDir: spec.workingDir }),
    ...(user === undefined ? {} : { User: user }),
    OpenStdin: spec.stdin,
    StdinOnce: spec.stdinOnce,
    Tty: spec.tty,
    // Kubernetes probes by the pod's own definition; an image's health check would only cost.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: `container:${sandbox.id}`,
      IpcMode: sandbox.hostIpc ? 'host' : `container:${sandbox.id}`,
      ...pidModeOf(spec, sandbox),
      Mounts: mountsOf(spec).map(toMount),
      Init: false,
      LogConfig: logConfigOf(logs),
      ...resourcesOf(spec, minOomScoreAdj),
      ...devicesOf(spec),
      ...securityOf(spec),
    },
  };
}

/** How the engine is to make a container of the node's own. */
export function systemOptions(owner: Owner, spec: SystemContainerSpec, logs: LogRotation): ContainerCreateOptions {
  const [program = '', ...args] = spec.command;
  return {
    name: systemNameOf(spec.engineName),
    Image: spec.image,
    Entrypoint: [program],
    Cmd: args,
    Labels: systemLabels(owner, spec),
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: 'host',
      Mounts: spec.mounts.map(toMount),
      Init: false,
      LogConfig: logConfigOf(logs),
      CapDrop: ['ALL'],
      CapAdd: [...spec.capabilities],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
    },
  };
}

function pidModeOf({ joinsProcessesOf }: ContainerSpec, sandbox: SandboxModes): HostConfig {
  if (sandbox.hostPid) return { PidMode: 'host' };
  return joinsProcessesOf === undefined ? {} : { PidMode: `container:${joinsProcessesOf}` };
}

/** Undefined: the image's. A group alone needs the image's user named beside it. */
function userOf({ security }: ContainerSpec, image: ImageInfo): string | undefined {
  const { runAsUser, runAsGroup } = security;
  if (runAsGroup === undefined) return runAsUser === undefined ? undefined : String(runAsUser);
  const [imageUser = ''] = image.user.split(':');
  return `${runAsUser ?? (imageUser === '' ? '0' : imageUser)}:${runAsGroup}`;
}

function mountsOf({ mounts, terminationMessagePath, terminationMessageHostPath }: ContainerSpec): readonly Mount[] {
  const isTaken = mounts.some(({ containerPath }) => containerPath === terminationMessagePath);
  if (terminationMessageHostPath === undefined || terminationMessagePath === '' || isTaken) return mounts;
  const source = { type: 'bind', hostPath: terminationMessageHostPath } as const;
  return [...mounts, { containerPath: terminationMessagePath, readOnly: false, source }];
}

function toMount({ containerPath, readOnly, source }: Mount): MountSettings {
  if (source.type === 'tmpfs')
    return {
      Type: 'tmpfs',
      Target: containerPath,
      Source: '',
      ReadOnly: readOnly,
      ...(source.sizeBytes === undefined ? {} : { TmpfsOptions: { SizeBytes: source.sizeBytes, Mode: 0o1777 } }),
    };
  return {
    Type: 'bind',
    Target: containerPath,
    Source: source.hostPath,
    ReadOnly: readOnly,
    BindOptions: { Propagation: PROPAGATION[source.propagation ?? 'None'] },
  };
}

/** Also what a container that runs can be told anew. */
export function adjustableOptions({ cpuShares, cpuLimitMilli, memoryLimitBytes }: AdjustableResources) {
  return {
    CpuShares: cpuShares,
    ...(cpuLimitMilli === undefined
      ? {}
      : {
          CpuPeriod: CPU_PERIOD_MICROSECONDS,
          CpuQuota: Math.max(MIN_CPU_QUOTA_MICROSECONDS, (cpuLimitMilli * CPU_PERIOD_MICROSECONDS) / 1000),
        }),
    // The same for memory and swap together: no swap beyond the limit.
    ...(memoryLimitBytes === undefined ? {} : { Memory: memoryLimitBytes, MemorySwap: memoryLimitBytes }),
  };
}

/** The same, read back from what the engine was told. */
export function adjustableOf({
  CpuShares = 0,
  CpuPeriod = 0,
  CpuQuota = 0,
  Memory = 0,
}: HostConfig): AdjustableResources {
  return {
    cpuShares: CpuShares,
    ...(CpuQuota > 0 ? { cpuLimitMilli: (CpuQuota * 1000) / (CpuPeriod || CPU_PERIOD_MICROSECONDS) } : {}),
    ...(Memory > 0 ? { memoryLimitBytes: Memory } : {}),
  };
}

function devicesOf({ devices }: ContainerSpec): HostConfig {
  if (devices === undefined) return {};
  const { driver, ids, capability } = devices;
  return { DeviceRequests: [{ Driver: driver, DeviceIDs: [...ids], Capabilities: [[capability]] }] };
}

function resourcesOf({ resources }: ContainerSpec, minOomScoreAdj: number): HostConfig {
  const { pidsLimit, oomScoreAdj } = resources;
  return {
    ...adjustableOptions(resources),
    ...(pidsLimit === undefined ? {} : { PidsLimit: pidsLimit }),
    ...(oomScoreAdj === undefined ? {} : { OomScoreAdj: Math.max(minOomScoreAdj, oomScoreAdj) }),
  };
}

function securityOf({ security }: ContainerSpec): HostConfig {
  const options = [
    ...(security.allowPrivilegeEscalation || security.privileged ? [] : ['no-new-privileges']),
    ...(security.seccompUnconfined ? ['seccomp=unconfined'] : []),
  ];
  return {
    Privileged: security.privileged,
    CapAdd: [...security.addCapabilities],
    CapDrop: [...security.dropCapabilities],
    GroupAdd: security.supplementalGroups.map(String),
    ReadonlyRootfs: security.readOnlyRootFilesystem,
    SecurityOpt: options,
  };
}
