/**
 * What the kubelet asks of a container engine. Two real implementations are meant (docker, containerd) and one fake;
 * one contract suite (`contract/`) runs on all. Engine errors are translated at the implementation's door into
 * `RuntimeError`, whose `kind` is all that callers look at.
 *
 * A pod is a sandbox (owning the network and IPC namespaces, and the published ports) plus containers joined to it. Everything carries
 * labels, from which `list` re-learns all after a restart: the runtime keeps no state of its own.
 */
import type { Duplex, Readable } from 'node:stream';

export type SandboxId = string;
export type ContainerId = string;

export interface PodIdentity {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
}

export interface PortMapping {
  readonly containerPort: number;
  readonly protocol: 'TCP' | 'UDP';
  readonly hostPort: number;
  readonly hostIp?: string;
}

export interface SandboxSpec {
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly hostname: string;
  readonly hostNetwork: boolean;
  /** Name of the network it is attached to, made by `ensureNetwork`. Absent: the engine's own. */
  readonly network?: string;
  readonly hostPid: boolean;
  readonly hostIpc: boolean;
  readonly ports: readonly PortMapping[];
  readonly dns?: {
    readonly servers: readonly string[];
    readonly searches: readonly string[];
    readonly options: readonly string[];
  };
  readonly hostAliases: readonly { readonly ip: string; readonly hostnames: readonly string[] }[];
  readonly sysctls: Readonly<Record<string, string>>;
  /** Labels and annotations of the pod that the user set; kept under the engine's label namespace for `docker ps` users. */
  readonly labels: Readonly<Record<string, string>>;
}

/** A network of a node's own on its engine: a bridge of this machine that its sandboxes are attached to. */
export interface NetworkSpec {
  readonly name: string;
  /** Name of the machine's interface. */
  readonly bridge: string;
  /** `10.244.1.0/24`. */
  readonly subnet: string;
  /** The machine's own address there. */
  readonly gateway: string;
  /** Of the subnet, but never given to a sandbox. */
  readonly reserved: readonly string[];
  readonly mtu: number;
}

export interface Mount {
  readonly containerPath: string;
  readonly readOnly: boolean;
  readonly source:
    | {
        readonly type: 'bind';
        readonly hostPath: string;
        readonly propagation?: 'None' | 'HostToContainer' | 'Bidirectional';
      }
    | { readonly type: 'tmpfs'; readonly sizeBytes?: number };
}

export interface ContainerSpec {
  readonly pod: PodIdentity;
  readonly name: string;
  readonly kind: 'init' | 'app' | 'ephemeral';
  /** 0 for the first start of this container in the pod, plus 1 for each restart. */
  readonly attempt: number;
  /** Hash of everything in the pod spec that this container was made from: a difference means it must be replaced. */
  readonly specHash: string;
  readonly image: string;
  /** Absent: the image's entrypoint. */
  readonly command?: readonly string[];
  /** Absent: the image's command (only where `command` is absent too, as in Kubernetes). */
  readonly args?: readonly string[];
  readonly workingDir?: string;
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly mounts: readonly Mount[];
  readonly resources: {
    /** Relative weight from the CPU request, cgroup v1 shares (1024 = 1 CPU; 2 at least). */
    readonly cpuShares: number;
    /** CPU limit in milli-CPU; absent: none. */
    readonly cpuLimitMilli?: number;
    readonly memoryLimitBytes?: number;
    readonly pidsLimit?: number;
    readonly oomScoreAdj?: number;
  };
  /** Devices of the machine that it gets, of a driver that the engine knows. Absent: none. */
  readonly devices?: { readonly driver: string; readonly ids: readonly string[]; readonly capability: string };
  readonly security: {
    readonly privileged: boolean;
    /** `uid[:gid]` or absent for the image's own. */
    readonly runAsUser?: number;
    readonly runAsGroup?: number;
    /** Refuse to start when the effective user is root (the error's kind is `RunAsNonRoot`). */
    readonly runAsNonRoot: boolean;
    readonly supplementalGroups: readonly number[];
    readonly addCapabilities: readonly string[];
    readonly dropCapabilities: readonly string[];
    readonly readOnlyRootFilesystem: boolean;
    readonly allowPrivilegeEscalation: boolean;
    readonly seccompUnconfined: boolean;
  };
  /** Sees the processes of that container of its sandbox, which must run when it starts. Absent: its own only. */
  readonly joinsProcessesOf?: ContainerId;
  readonly stdin: boolean;
  readonly stdinOnce: boolean;
  readonly tty: boolean;
  /** From the image or a pod's own `terminationMessagePath`. */
  readonly terminationMessagePath: string;
  /** Host file the kubelet made for it, mounted at that path. */
  readonly terminationMessageHostPath?: string;
  /** Kept in a label so that a restarted agent knows it: grace period and the like as the kubelet wants them back. */
  readonly annotations: Readonly<Record<string, string>>;
}

/** What can be changed of a container while it runs. */
export type AdjustableResources = Pick<ContainerSpec['resources'], 'cpuShares' | 'cpuLimitMilli' | 'memoryLimitBytes'>;

export type ObservedState =
  | { readonly phase: 'created' }
  | { readonly phase: 'running'; readonly startedAtMs: number }
  | {
      readonly phase: 'exited';
      readonly startedAtMs: number;
      readonly finishedAtMs: number;
      readonly exitCode: number;
      readonly oomKilled: boolean;
      /** The engine's own words when the container could not start. */
      readonly error?: string;
    };

export interface ObservedSandbox {
  readonly id: SandboxId;
  readonly pod: PodIdentity;
  readonly attempt: number;
  readonly state: ObservedState;
  readonly createdAtMs: number;
  /** Pod addresses; empty until it runs. With hostNetwork: empty, the node's address counts. */
  readonly ips: readonly string[];
}

export interface ObservedContainer {
  readonly id: ContainerId;
  readonly sandboxId: SandboxId;
  readonly pod: PodIdentity;
  readonly name: string;
  readonly kind: 'init' | 'app' | 'ephemeral';
  readonly attempt: number;
  readonly specHash: string;
  readonly image: string;
  /** `docker-pullable://repo@sha256:…` or `docker://sha256:…`, as Kubernetes' imageID. */
  readonly imageId: string;
  /** As the engine enforces them now. Absent: it has not been asked. */
  readonly resources?: AdjustableResources;
  readonly state: ObservedState;
  readonly createdAtMs: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A container of the node's own, beside its pods: in the machine's network, with no more capabilities than named. */
export interface SystemContainerSpec {
  /** What it is for: one of each name on a node. */
  readonly name: string;
  /** One of its kind on an engine, whoever's: nodes that share the engine must not get into each other's way. */
  readonly engineName: string;
  readonly image: string;
  readonly command: readonly string[];
  readonly mounts: readonly Mount[];
  readonly capabilities: readonly string[];
}

export interface ObservedSystemContainer {
  readonly id: ContainerId;
  /** Of the spec that it was made from. */
  readonly specHash: string;
  readonly state: ObservedState;
}

export interface Observed {
  readonly sandboxes: readonly ObservedSandbox[];
  readonly containers: readonly ObservedContainer[];
}

/** `lost` when the engine stopped answering, `restored` when it answers again: then `list` anew, events were missed. */
export type RuntimeEvent =
  | {
      readonly type: 'sandbox' | 'container';
      readonly action: 'started' | 'died' | 'oom' | 'removed' | 'created';
      readonly id: string;
      readonly pod: PodIdentity;
      readonly name?: string;
    }
  | { readonly type: 'engine'; readonly action: 'lost' | 'restored'; readonly message: string };

export interface ImageInfo {
  readonly id: string;
  readonly imageId: string;
  readonly sizeBytes: number;
  readonly tags: readonly string[];
  readonly digests: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** The image's configured user, '' for root. */
  readonly user: string;
  /** What its programs are made for, in Go's words. Absent: unknown. */
  readonly architecture?: string;
}

export interface RegistryCredential {
  readonly username: string;
  readonly password: string;
  readonly serverAddress: string;
}

export interface PullProgress {
  readonly downloadedBytes: number;
  readonly totalBytes: number;
  readonly message: string;
}

export interface ExecOptions {
  readonly command: readonly string[];
  readonly stdin: boolean;
  readonly tty: boolean;
}

/** A process's or container's stdio. Without a TTY stdout and stderr are apart. */
export interface Session {
  readonly stdin?: NodeJS.WritableStream;
  readonly stdout: Readable;
  readonly stderr: Readable;
  resize(size: { readonly width: number; readonly height: number }): Promise<void>;
  /** Exit code of the exec'd process; for attach: of the container. Rejects with RuntimeError when the engine goes away. */
  readonly exitCode: Promise<number>;
  close(): void;
}

export interface LogOptions {
  readonly follow: boolean;
  readonly timestamps: boolean;
  readonly tailLines?: number;
  readonly sinceMs?: number;
}

export interface ContainerStats {
  readonly id: ContainerId;
  /** CPU time used since the container started, in nanoseconds. */
  readonly cpuNanoseconds: number;
  /** Working set, as Kubernetes counts it: usage less inactive file pages. */
  readonly memoryBytes: number;
  readonly sampledAtMs: number;
}

/** How the engine keeps the log of a container from filling the disk. */
export interface LogRotation {
  /** Of one file. */
  readonly maxBytes: number;
  readonly maxFiles: number;
}

export interface EngineInfo {
  readonly name: 'docker' | 'containerd' | 'fake';
  readonly version: string;
  /** `docker://20.10.24`, for nodeInfo.containerRuntimeVersion. */
  readonly runtimeVersion: string;
  readonly kernelVersion: string;
  readonly operatingSystem: string;
  readonly architecture: 'amd64' | 'arm64' | string;
  /** Architectures whose programs run here: its own, and what the kernel emulates. */
  readonly runs: readonly string[];
  readonly rootDirectory: string;
  readonly cgroupVersion: '1' | '2';
}

export interface Runtime {
  info(): Promise<EngineInfo>;
  /**
   * Makes the network where it is not there. One of that name that is another (subnet, bridge) is made anew; fails with
   * `NetworkInUse` where sandboxes are still attached to it, and with `NetworkConflict` where a network of the engine or
   * of the machine has these addresses.
   */
  ensureNetwork(spec: NetworkSpec): Promise<void>;
  /** With its bridge. Gone already is success. Fails with `NetworkInUse`. */
  removeNetwork(spec: Pick<NetworkSpec, 'name' | 'bridge'>): Promise<void>;
  /** Why the engine makes the interfaces of pods on a network of the node; undefined while this machine's agent does. */
  interfaceProblem(): string | undefined;
  /** Makes sure the sandbox image is there (built locally, no registry). Idempotent. */
  prepare(): Promise<void>;
  /** All sandboxes and containers of this node (by label), also exited ones. */
  list(): Promise<Observed>;
  /** Undefined when it no longer exists. */
  inspectSandbox(id: SandboxId): Promise<ObservedSandbox | undefined>;
  inspectContainer(id: ContainerId): Promise<ObservedContainer | undefined>;
  /**
   * Creates without starting, so that containers can be created meanwhile. On a network of the node it has its address from
   * then on, one that was not used for as long as possible. Fails with `AlreadyExists` for the same pod uid and attempt,
   * and with `NetworkFull`.
   */
  createSandbox(spec: SandboxSpec): Promise<SandboxId>;
  /**
   * Resolves with it as it is then, with its addresses; undefined when it is gone again. One that was started and not given
   * its interface, because somebody stopped in between, counts as `created`, and is given it.
   */
  startSandbox(id: SandboxId): Promise<ObservedSandbox | undefined>;
  /** Kills it and removes it with its remains. Gone already is success. */
  removeSandbox(id: SandboxId): Promise<void>;
  /** The image must be present. Fails with `ImageNotFound`, `InvalidSpec`, `RunAsNonRoot`. */
  createContainer(sandbox: SandboxId, spec: ContainerSpec): Promise<ContainerId>;
  /** Fails with `StartFailed` (command not found, …): the container then remains, exited. */
  startContainer(id: ContainerId): Promise<void>;
  /** SIGTERM (or the image's stop signal), then SIGKILL after the grace; resolves when it has exited. Gone is success. */
  stopContainer(id: ContainerId, graceSeconds: number): Promise<void>;
  /** Takes effect while it runs. Fails with `ResizeFailed` where it uses more than it may from now on. */
  resizeContainer(id: ContainerId, resources: AdjustableResources): Promise<void>;
  /** Kills if need be. Gone is success. */
  removeContainer(id: ContainerId): Promise<void>;
  /** The node's own container of that name; `list` and `events` know nothing of it. */
  inspectSystemContainer(name: string): Promise<ObservedSystemContainer | undefined>;
  /** Makes it, not yet started. Fails with `AlreadyExists`, also where it is another node's on this engine, and `ImageNotFound`. */
  createSystemContainer(spec: SystemContainerSpec): Promise<ContainerId>;
  /** False where it does not run. */
  signalContainer(id: ContainerId, signal: 'SIGHUP'): Promise<boolean>;
  /** Resolves when it does not run, or is gone; rejects when the signal aborts, or the engine goes away. */
  untilEnded(id: ContainerId, signal: AbortSignal): Promise<void>;
  /** Ends when the signal aborts. Begins with the next event after the call, or `engine restored`. */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>;
  inspectImage(image: string): Promise<ImageInfo | undefined>;
  /** Fails with `ImagePullFailed`, whose message is the engine's, and `ImageForOtherProcessors`. */
  pullImage(
    image: string,
    options: {
      readonly credential?: RegistryCredential;
      readonly onProgress?: (progress: PullProgress) => void;
      readonly signal?: AbortSignal;
    },
  ): Promise<ImageInfo>;
  images(): Promise<readonly ImageInfo[]>;
  /** Image id -> names of the containers made of it, whoever made them, dead ones too. */
  imageUsers(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Takes a name from an image, which goes with its last one. Gone is success; fails where a container is made of it. */
  removeImage(name: string): Promise<void>;
  exec(id: ContainerId, options: ExecOptions): Promise<Session>;
  attach(id: ContainerId, options: { readonly stdin: boolean; readonly tty: boolean }): Promise<Session>;
  /** stdout and stderr of the container, demultiplexed, in the engine's order. Ends with the log, or never with `follow` while it runs. */
  logs(
    id: ContainerId,
    options: LogOptions,
  ): Promise<{ readonly stdout: Readable; readonly stderr: Readable; close(): void }>;
  /** A connection to a TCP port inside the sandbox's network namespace (127.0.0.1 first). Fails with `PortUnreachable`. */
  connect(sandbox: SandboxId, port: number): Promise<Duplex>;
  stats(ids: readonly ContainerId[]): Promise<readonly ContainerStats[]>;
  /** Bytes that each has written into its own layer; costs the engine a walk over it. Those that are gone are left out. */
  writtenBytes(ids: readonly ContainerId[]): Promise<ReadonlyMap<ContainerId, number>>;
}

export type RuntimeErrorKind =
  | 'EngineUnavailable'
  | 'NotFound'
  | 'AlreadyExists'
  | 'ImageNotFound'
  | 'ImagePullFailed'
  /** The image exists, for other processors only. */
  | 'ImageForOtherProcessors'
  | 'InvalidImageName'
  | 'InvalidSpec'
  | 'RunAsNonRoot'
  | 'StartFailed'
  | 'ResizeFailed'
  | 'PortConflict'
  | 'NetworkConflict'
  | 'NetworkInUse'
  /** All addresses for pods are taken. */
  | 'NetworkFull'
  | 'PortUnreachable'
  | 'Unknown';

/** An engine's refusal, translated once at its door. `message` is fit for a pod's status and events. */
export class RuntimeError extends Error {
  override readonly name = 'RuntimeError';
  constructor(
    readonly kind: RuntimeErrorKind,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
