import type { Duplex } from 'node:stream';
import type { ContainerInspectInfo } from 'dockerode';
import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import { parseImageName } from '../../images/image-name';
import { goArchitectureOf, runnableOn } from './architectures';
import { refuseRoot } from '../run-as-non-root';
import type {
  AdjustableResources,
  ContainerId,
  ContainerSpec,
  ContainerStats,
  EngineInfo,
  ExecOptions,
  ImageInfo,
  LogOptions,
  LogRotation,
  NetworkSpec,
  Observed,
  ObservedContainer,
  ObservedSandbox,
  ObservedSystemContainer,
  Runtime,
  RuntimeEvent,
  SandboxId,
  SandboxSpec,
  Session,
  SystemContainerSpec,
} from '../runtime';
import { RuntimeError } from '../runtime';
import { containerLogs } from './container-logs';
import { containerStats } from './container-stats';
import type { SandboxModes } from './create-options';
import {
  DEFAULT_LOG_ROTATION,
  adjustableOptions,
  containerOptions,
  sandboxOptions,
  systemOptions,
} from './create-options';
import type { EngineAddress } from './engine-calls';
import { EngineCalls } from './engine-calls';
import { engineEvents } from './engine-events';
import type { PullOptions } from './image-pull';
import { pull } from './image-pull';
import { inParallel } from './in-parallel';
import type { Owner } from './labels';
import { LABELS, SYSTEM, ownerFilter } from './labels';
import { fromInspectedImage, fromListedImage, toContainer, toSandbox, toSystemContainer } from './observe';
import { OomScoreProbe } from './oom-score-probe';
import { connectToPort } from './port-connector';
import { RecentAnswers } from './recent-answers';
import { hasEnginesResolver, writeResolverFile } from './resolver-file';
import { ensureSandboxImage } from './sandbox-image';
import { SandboxNetworks } from './sandbox-networks';
import { attachSession, execSession } from './stdio-session';

/** From an image made present, or a sandbox made, to the container that is made of them. */
const ANSWER_AGE_MS = 5_000;
const INSPECTIONS_AT_ONCE = 8;
const CGROUP_ROOT = '/sys/fs/cgroup';
const PROC_ROOT = '/proc';
/** The kernel's least. */
const LEAST_OOM_SCORE = -1000;

export type DockerRuntimeOptions = EngineAddress & {
  readonly nodeName: string;
  /** Keeps apart nodes of one name in several clusters on one engine. */
  readonly clusterId?: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Kubernetes' defaults where absent. */
  readonly logs?: LogRotation;
  /** Whether this process may change this machine's network; by default it may not. */
  readonly isRoot?: boolean;
  /** Where this machine's processes are seen: `/proc` where absent. */
  readonly procRoot?: string;
  /** Put on everything that is made. */
  readonly labels?: Readonly<Record<string, string>>;
};

/** A Runtime on a Docker engine (API 1.41, Docker 20.10, or later). Dials nothing until it is asked something. */
export const createDockerRuntime = (options: DockerRuntimeOptions): Runtime => new DockerRuntime(options);

/** What a pod's life is, in calls to the engine. Keeps next to nothing: the labels say it all. */
class DockerRuntime implements Runtime {
  private readonly calls: EngineCalls;
  private readonly owner: Owner;
  private readonly clock: Clock;
  private readonly logger: Logger;
  private readonly oomScore: OomScoreProbe;
  private readonly networks: SandboxNetworks;
  private readonly logRotation: LogRotation;
  private readonly recentSandboxes: RecentAnswers<SandboxModes>;
  private readonly recentImages: RecentAnswers<ImageInfo>;
  /** Containers of whom an event has said that their memory ran out. */
  private readonly outOfMemory = new Set<ContainerId>();

  constructor(options: DockerRuntimeOptions) {
    this.calls = new EngineCalls(options);
    this.clock = options.clock;
    this.logger = options.logger;
    this.recentSandboxes = new RecentAnswers(options.clock, ANSWER_AGE_MS);
    this.recentImages = new RecentAnswers(options.clock, ANSWER_AGE_MS);
    this.logRotation = options.logs ?? DEFAULT_LOG_ROTATION;
    const { nodeName, clusterId, labels = {} } = options;
    this.owner = { nodeName, labels, ...(clusterId === undefined ? {} : { clusterId }) };
    this.oomScore = new OomScoreProbe(this.calls, this.owner);
    const { isRoot = false, procRoot = PROC_ROOT, logger } = options;
    this.networks = new SandboxNetworks({ calls: this.calls, owner: this.owner, logger, isRoot, procRoot });
  }

  async info(): Promise<EngineInfo> {
    const engine = await this.calls.describe();
    const architecture = goArchitectureOf(engine.Architecture);
    return {
      name: 'docker',
      version: engine.ServerVersion,
      runtimeVersion: `docker://${engine.ServerVersion}`,
      kernelVersion: engine.KernelVersion,
      operatingSystem: engine.OperatingSystem,
      architecture,
      runs: await runnableOn(architecture),
      rootDirectory: engine.DockerRootDir,
      cgroupVersion: engine.CgroupVersion === '2' ? '2' : '1',
    };
  }

  ensureNetwork(spec: NetworkSpec): Promise<void> {
    return this.networks.ensure(spec);
  }

  removeNetwork(spec: Pick<NetworkSpec, 'name' | 'bridge'>): Promise<void> {
    return this.networks.remove(spec);
  }

  interfaceProblem(): string | undefined {
    return this.networks.problem;
  }

  prepare(): Promise<void> {
    return ensureSandboxImage(this.calls);
  }

  /** One list, and one inspection of each: when a container started or ended is not in the list. */
  async list(): Promise<Observed> {
    const all = await this.calls.list(ownerFilter(this.owner));
    const listed = all.filter(({ Labels }) => Labels[LABELS.type] !== SYSTEM);
    const inspected = await inParallel(INSPECTIONS_AT_ONCE, listed, ({ Id }) => this.calls.inspect(Id));
    const present = inspected.filter((one) => one !== undefined);
    const isSandbox = (one: (typeof present)[number]): boolean => one.Config.Labels[LABELS.type] === 'sandbox';
    return {
      sandboxes: await Promise.all(present.filter(isSandbox).map((one) => this.toSandbox(one))),
      containers: present.filter((one) => !isSandbox(one)).map((one) => this.toContainer(one)),
    };
  }

  async inspectSandbox(id: SandboxId): Promise<ObservedSandbox | undefined> {
    const inspected = await this.calls.inspect(id);
    return inspected && this.toSandbox(inspected);
  }

  async inspectContainer(id: ContainerId): Promise<ObservedContainer | undefined> {
    const inspected = await this.calls.inspect(id);
    return inspected && this.toContainer(inspected);
  }

  async createSandbox(spec: SandboxSpec): Promise<SandboxId> {
    const placement = await this.networks.place(spec);
    const options = sandboxOptions(this.owner, spec, placement);
    let id: SandboxId | undefined;
    try {
      id = await this.calls.create(options).catch(async (error: unknown) => {
        if (!(error instanceof RuntimeError) || error.kind !== 'ImageNotFound') throw error;
        // Somebody tidied up the engine's images since `prepare`.
        await this.prepare();
        return this.calls.create(options);
      });
    } finally {
      if (placement !== undefined) await this.networks.settle(placement, id);
    }
    this.recentSandboxes.set(id, { id, hostIpc: spec.hostIpc, hostPid: spec.hostPid });
    return id;
  }

  async startSandbox(id: SandboxId): Promise<ObservedSandbox | undefined> {
    if (this.recentSandboxes.get(id) === undefined) {
      const present = await this.calls.inspect(id);
      if (present !== undefined) await this.networks.refuseUnplaced(present);
    }
    await this.calls.start(id);
    const inspected = await this.calls.inspect(id);
    if (inspected === undefined) return undefined;
    if (hasEnginesResolver(inspected)) await writeResolverFile(inspected, this.logger);
    await this.networks.connect(inspected);
    return toSandbox(inspected);
  }

  async removeSandbox(id: SandboxId): Promise<void> {
    this.recentSandboxes.forget(id);
    await this.calls.remove(id);
    await this.networks.forget(id);
  }

  async createContainer(sandboxId: SandboxId, spec: ContainerSpec): Promise<ContainerId> {
    const [sandbox, image, minOomScoreAdj] = await Promise.all([
      this.recentSandboxes.get(sandboxId) ?? this.sandboxModes(sandboxId),
      this.recentImages.get(spec.image) ?? this.inspectImage(spec.image),
      this.minOomScoreAdj(spec),
    ]);
    if (sandbox === undefined) throw new RuntimeError('NotFound', `No such sandbox: ${sandboxId}`);
    if (image === undefined) throw new RuntimeError('ImageNotFound', `No such image: ${spec.image}`);
    refuseRoot(spec, image);
    const context = { sandbox, image, minOomScoreAdj, logs: this.logRotation };
    return this.calls.create(containerOptions(this.owner, spec, context));
  }

  startContainer(id: ContainerId): Promise<void> {
    return this.calls.start(id);
  }

  /**
   * The engine's own stop counts whole seconds, and gives up on a container that SIGKILL needs time to end; so it is
   * told the signals one by one and asked to say when it is over.
   */
  async stopContainer(id: ContainerId, graceSeconds: number): Promise<void> {
    const inspected = await this.calls.inspect(id);
    if (inspected?.State.Running !== true) return;
    if (graceSeconds > 0) {
      const signal = (inspected.Config as { readonly StopSignal?: string }).StopSignal ?? 'SIGTERM';
      if (!(await this.calls.kill(id, signal))) return;
      if (await this.endsWithin(id, graceSeconds * 1000)) return;
    }
    if (await this.calls.kill(id, 'SIGKILL')) await this.calls.wait(id);
  }

  resizeContainer(id: ContainerId, resources: AdjustableResources): Promise<void> {
    return this.calls.update(id, adjustableOptions(resources));
  }

  removeContainer(id: ContainerId): Promise<void> {
    return this.calls.remove(id);
  }

  async inspectSystemContainer(name: string): Promise<ObservedSystemContainer | undefined> {
    const labels = [...ownerFilter(this.owner), `${LABELS.type}=${SYSTEM}`, `${LABELS.container}=${name}`];
    const [found] = await this.calls.list(labels);
    const inspected = found && (await this.calls.inspect(found.Id));
    return inspected && toSystemContainer(inspected);
  }

  createSystemContainer(spec: SystemContainerSpec): Promise<ContainerId> {
    return this.calls.create(systemOptions(this.owner, spec, this.logRotation));
  }

  signalContainer(id: ContainerId, signal: 'SIGHUP'): Promise<boolean> {
    return this.calls.kill(id, signal);
  }

  async untilEnded(id: ContainerId, signal: AbortSignal): Promise<void> {
    await this.calls.wait(id, signal);
  }

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const source = { calls: this.calls, owner: this.owner, clock: this.clock, logger: this.logger };
    for await (const event of engineEvents(source, signal)) {
      if (event.type === 'container' && event.action === 'oom') this.outOfMemory.add(event.id);
      if (event.type === 'container' && event.action === 'removed') this.outOfMemory.delete(event.id);
      yield event;
    }
  }

  private async sandboxModes(id: SandboxId): Promise<SandboxModes | undefined> {
    const { IpcMode, PidMode } = (await this.calls.inspect(id))?.HostConfig ?? {};
    return IpcMode === undefined ? undefined : { id, hostIpc: IpcMode === 'host', hostPid: PidMode === 'host' };
  }

  private async toSandbox(inspected: ContainerInspectInfo): Promise<ObservedSandbox> {
    return toSandbox(inspected, await this.networks.isWired(inspected));
  }

  private toContainer(inspected: ContainerInspectInfo): ObservedContainer {
    return toContainer(inspected, this.outOfMemory.has(inspected.Id));
  }

  async inspectImage(image: string): Promise<ImageInfo | undefined> {
    const found = await this.calls.inspectImage(image);
    if (found === undefined) {
      this.recentImages.forget(image);
      return undefined;
    }
    const info = fromInspectedImage(found);
    this.recentImages.set(image, info);
    return info;
  }

  async pullImage(image: string, options: PullOptions): Promise<ImageInfo> {
    parseImageName(image);
    await pull(this.calls, image, options);
    const pulled = await this.inspectImage(image);
    if (pulled === undefined) throw new RuntimeError('ImagePullFailed', `${image} was pulled, but is not there`);
    return pulled;
  }

  async images(): Promise<readonly ImageInfo[]> {
    return (await this.calls.images()).map(fromListedImage);
  }

  async imageUsers(): Promise<ReadonlyMap<string, readonly string[]>> {
    const users = new Map<string, string[]>();
    for (const { ImageID, Names, Id } of await this.calls.list([])) {
      const name = Names[0]?.replace(/^\//, '') ?? Id;
      users.set(ImageID, [...(users.get(ImageID) ?? []), name]);
    }
    return users;
  }

  removeImage(name: string): Promise<void> {
    return this.calls.removeImage(name);
  }

  exec(id: ContainerId, options: ExecOptions): Promise<Session> {
    return execSession({ calls: this.calls, clock: this.clock }, id, options);
  }

  attach(id: ContainerId, options: { readonly stdin: boolean; readonly tty: boolean }): Promise<Session> {
    return attachSession(this.calls, id, options);
  }

  logs(id: ContainerId, options: LogOptions) {
    return containerLogs(this.calls, id, options);
  }

  connect(sandbox: SandboxId, port: number): Promise<Duplex> {
    return connectToPort({ calls: this.calls, clock: this.clock }, sandbox, port);
  }

  stats(ids: readonly ContainerId[]): Promise<readonly ContainerStats[]> {
    return containerStats({ calls: this.calls, clock: this.clock, cgroupRoot: CGROUP_ROOT }, ids);
  }

  async writtenBytes(ids: readonly ContainerId[]): Promise<ReadonlyMap<ContainerId, number>> {
    const sizes = await inParallel(
      INSPECTIONS_AT_ONCE,
      ids,
      async (id) => [id, await this.calls.writtenBytes(id)] as const,
    );
    return new Map(sizes.flatMap(([id, bytes]) => (bytes === undefined ? [] : [[id, bytes] as const])));
  }

  private async minOomScoreAdj({ resources }: ContainerSpec): Promise<number> {
    if ((resources.oomScoreAdj ?? 0) >= 0) return 0;
    return (await this.oomScore.canBeLowered()) ? LEAST_OOM_SCORE : 0;
  }

  private async endsWithin(id: ContainerId, graceMs: number): Promise<boolean> {
    const limit = new AbortController();
    const cancel = this.clock.setTimeout(() => limit.abort(), graceMs);
    try {
      await this.calls.wait(id, limit.signal);
      return true;
    } catch (error) {
      if (limit.signal.aborted) return false;
      throw error;
    } finally {
      cancel();
    }
  }
}
