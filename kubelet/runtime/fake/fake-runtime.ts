import type { Duplex } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import type {
  AdjustableResources,
  ContainerId,
  ContainerSpec,
  ContainerStats,
  EngineInfo,
  ExecOptions,
  ImageInfo,
  LogOptions,
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
import { duplexPair } from './duplex-pair';
import type { FakeCall, FakeMethod } from './fake-calls';
import { FakeCalls } from './fake-calls';
import { FakeEngine } from './fake-engine';
import type { PullableTraits } from './fake-images';
import type { FakeCommand, FakeListener, FakeProgrammer } from './fake-program';
import { attachSession, execSession } from './fake-sessions';

type Figures = Pick<ContainerStats, 'cpuNanoseconds' | 'memoryBytes'> & { readonly writtenBytes?: number };

/**
 * A Runtime in memory. Containers run until a test ends them, or as their `FakeProgram` says; time is the clock's.
 * Records calls, takes one-shot faults, and refuses what the real engines refuse.
 */
export class FakeRuntime implements Runtime {
  readonly engine: FakeEngine;
  readonly nodeName: string;
  private readonly calls: FakeCalls;
  private readonly clock: Clock;
  private readonly figures = new Map<ContainerId, Figures>();
  private programmer: FakeProgrammer = () => ({});
  private command: FakeCommand = () => 0;

  /** @param options.engine give the same one to make several nodes share an engine. */
  constructor(options: { readonly clock: Clock; readonly nodeName?: string; readonly engine?: FakeEngine }) {
    this.clock = options.clock;
    this.engine = options.engine ?? new FakeEngine(options.clock);
    this.calls = new FakeCalls(options.clock, () => this.engine.refusal);
    this.nodeName = options.nodeName ?? 'n1';
  }

  // What a test says -------------------------------------------------------------------------------------------

  /** The next call of that method rejects with `error`, once. Several stand in line. */
  failNext(method: FakeMethod, error: Error): void {
    this.calls.failNext(method, error);
  }

  /** From now on, calls of that method take so long before they have any effect. */
  takes(method: FakeMethod, durationMs: number): void {
    this.calls.takes(method, durationMs);
  }

  /** From now on, started containers do what this returns for their spec. */
  program(programmer: FakeProgrammer): void {
    this.programmer = programmer;
  }

  /** From now on, exec'd commands do this. */
  onExec(command: FakeCommand): void {
    this.command = command;
  }

  /** Something listens on that port of every sandbox. */
  listen(port: number, listener: FakeListener): void {
    this.engine.listeners.set(port, listener);
  }

  addImage(image: string, traits: { readonly user?: string; readonly architecture?: string } = {}): void {
    this.engine.images.add(image, traits);
  }

  /** A registry has it, perhaps behind a password; pulling takes `takesMs` (0). */
  addPullable(image: string, traits: PullableTraits = {}): void {
    this.engine.images.addPullable(image, traits);
  }

  exit(id: ContainerId, code: number): void {
    this.engine.end(this.engine.containerOf(id), code);
  }

  oomKill(id: ContainerId): void {
    this.engine.end(this.engine.containerOf(id), 137, { oomKilled: true });
  }

  /** What the container writes next. */
  write(id: ContainerId, stream: 'stdout' | 'stderr', text: string): void {
    this.engine.containerOf(id).log.write(stream, text);
  }

  setStats(id: ContainerId, figures: Figures): void {
    this.figures.set(id, figures);
  }

  /** `docker kill` of a sandbox. */
  killSandbox(id: SandboxId): void {
    this.engine.endSandbox(this.engine.sandboxOf(id), 137);
  }

  /** `docker rm -f` of a container or sandbox by somebody else. */
  removeBehindOurBack(id: string): void {
    const sandbox = this.engine.sandboxes.get(id);
    if (sandbox === undefined) this.engine.remove(this.engine.containerOf(id));
    else this.engine.removeSandbox(sandbox);
  }

  /** The engine stops answering; containers live on, their events are lost. */
  loseEngine(message = 'connect ENOENT: the engine does not answer'): void {
    this.engine.lose(message);
  }

  restoreEngine(): void {
    this.engine.restore();
  }

  /** The newest container of that name, as the engine has it. */
  find(name: string): ObservedContainer | undefined {
    return [...this.engine.containers.values()].map(({ observed }) => observed).findLast((one) => one.name === name);
  }

  specOf(id: ContainerId): ContainerSpec {
    return this.engine.containerOf(id).spec;
  }

  callsOf(method: FakeMethod): readonly FakeCall[] {
    return this.calls.of(method);
  }

  /** Calls that wait for time to pass. */
  get asleep(): number {
    return this.calls.asleep;
  }

  // Runtime ------------------------------------------------------------------------------------------------------

  async ensureNetwork(spec: NetworkSpec): Promise<void> {
    await this.begin('ensureNetwork', spec);
    this.engine.networks.ensure(spec);
  }

  async removeNetwork(spec: Pick<NetworkSpec, 'name' | 'bridge'>): Promise<void> {
    await this.begin('removeNetwork', spec);
    this.engine.networks.remove(spec.name);
  }

  interfaceProblem(): string | undefined {
    return undefined;
  }

  async info(): Promise<EngineInfo> {
    await this.begin('info');
    return {
      name: 'fake',
      version: '1.0.0',
      runtimeVersion: 'fake://1.0.0',
      kernelVersion: '6.1.0',
      operatingSystem: 'linux',
      architecture: 'amd64',
      runs: ['amd64', '386'],
      rootDirectory: '/',
      cgroupVersion: '2',
    };
  }

  async prepare(): Promise<void> {
    await this.begin('prepare');
  }

  async list(): Promise<Observed> {
    await this.begin('list');
    const isOurs = ({ node }: { readonly node: string }): boolean => node === this.nodeName;
    return {
      sandboxes: [...this.engine.sandboxes.values()].filter(isOurs).map(({ observed }) => observed),
      containers: [...this.engine.containers.values()].filter(isOurs).map(({ observed }) => observed),
    };
  }

  async inspectSandbox(id: SandboxId): Promise<ObservedSandbox | undefined> {
    await this.begin('inspectSandbox', id);
    return this.engine.sandboxes.get(id)?.observed;
  }

  async inspectContainer(id: ContainerId): Promise<ObservedContainer | undefined> {
    await this.begin('inspectContainer', id);
    return this.engine.containers.get(id)?.observed;
  }

  async createSandbox(spec: SandboxSpec): Promise<SandboxId> {
    await this.begin('createSandbox', spec);
    return this.engine.addSandbox(this.nodeName, spec);
  }

  async startSandbox(id: SandboxId): Promise<ObservedSandbox | undefined> {
    await this.begin('startSandbox', id);
    this.engine.startSandbox(this.engine.sandboxOf(id));
    return this.engine.sandboxes.get(id)?.observed;
  }

  async removeSandbox(id: SandboxId): Promise<void> {
    await this.begin('removeSandbox', id);
    const sandbox = this.engine.sandboxes.get(id);
    if (sandbox !== undefined) this.engine.removeSandbox(sandbox);
  }

  async createContainer(sandboxId: SandboxId, spec: ContainerSpec): Promise<ContainerId> {
    await this.begin('createContainer', sandboxId, spec);
    return this.engine.addContainer(this.nodeName, sandboxId, spec);
  }

  async startContainer(id: ContainerId): Promise<void> {
    await this.begin('startContainer', id);
    if (this.engine.system.start(id)) return;
    const container = this.engine.containerOf(id);
    if (container.observed.state.phase === 'running') return;
    this.engine.startContainer(container, this.programmer(container.spec));
  }

  async stopContainer(id: ContainerId, graceSeconds: number): Promise<void> {
    await this.begin('stopContainer', id, graceSeconds);
    const container = this.engine.containers.get(id);
    if (container?.observed.state.phase !== 'running') return;
    const { onSigterm = 143 } = container.program;
    if (graceSeconds > 0 && onSigterm !== 'ignored') return this.engine.end(container, onSigterm);
    const ended = new Promise<void>((resolve) => container.onEnd.push(resolve));
    if (graceSeconds > 0) await this.calls.sleep(graceSeconds * 1000, { event: ended });
    this.engine.end(container, 137);
  }

  async resizeContainer(id: ContainerId, resources: AdjustableResources): Promise<void> {
    await this.begin('resizeContainer', id, resources);
    const container = this.engine.containerOf(id);
    const usedBytes = this.figures.get(id)?.memoryBytes ?? 0;
    if (usedBytes > (resources.memoryLimitBytes ?? Infinity))
      throw new RuntimeError('ResizeFailed', 'write memory.limit_in_bytes: device or resource busy');
    container.observed = { ...container.observed, resources };
  }

  async removeContainer(id: ContainerId): Promise<void> {
    await this.begin('removeContainer', id);
    this.engine.system.remove(id);
    const container = this.engine.containers.get(id);
    if (container !== undefined) this.engine.remove(container);
  }

  async inspectSystemContainer(name: string): Promise<ObservedSystemContainer | undefined> {
    await this.begin('inspectSystemContainer', name);
    return this.engine.system.find(this.nodeName, name);
  }

  async createSystemContainer(spec: SystemContainerSpec): Promise<ContainerId> {
    await this.begin('createSystemContainer', spec);
    if (this.engine.images.find(spec.image) === undefined)
      throw new RuntimeError('ImageNotFound', `No such image: ${spec.image}`);
    return this.engine.system.add(this.nodeName, spec);
  }

  async signalContainer(id: ContainerId, signal: 'SIGHUP'): Promise<boolean> {
    await this.begin('signalContainer', id, signal);
    return this.engine.system.isRunning(id) || this.engine.containers.get(id)?.observed.state.phase === 'running';
  }

  async untilEnded(id: ContainerId, signal: AbortSignal): Promise<void> {
    await this.begin('untilEnded', id);
    const container = this.engine.containers.get(id);
    if (container?.observed.state.phase === 'running')
      return untilAborted(signal, (ended) => container.onEnd.push(ended));
    if (this.engine.system.isRunning(id)) return untilAborted(signal, (ended) => this.engine.system.onEnd(id, ended));
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.engine.subscribe(this.nodeName, signal);
  }

  async inspectImage(image: string): Promise<ImageInfo | undefined> {
    await this.begin('inspectImage', image);
    return this.engine.images.find(image);
  }

  async pullImage(image: string, options: Parameters<Runtime['pullImage']>[1]): Promise<ImageInfo> {
    await this.begin('pullImage', image, options);
    return this.engine.images.pull(image, options, this.calls);
  }

  async images(): Promise<readonly ImageInfo[]> {
    await this.begin('images');
    return this.engine.images.all();
  }

  async imageUsers(): Promise<ReadonlyMap<string, readonly string[]>> {
    await this.begin('imageUsers');
    return this.engine.imageUsers();
  }

  async removeImage(name: string): Promise<void> {
    await this.begin('removeImage', name);
    const id = this.engine.images.find(name)?.id ?? '';
    const [user] = this.engine.imageUsers().get(id) ?? [];
    if (user !== undefined) throw new RuntimeError('Unknown', `conflict: container ${user} is using its image ${name}`);
    this.engine.images.remove(name);
  }

  async exec(id: ContainerId, options: ExecOptions): Promise<Session> {
    await this.begin('exec', id, options);
    if (!this.engine.system.isRunning(id)) this.engine.runningOf(id);
    return execSession(this.command, options);
  }

  async attach(id: ContainerId, options: { readonly stdin: boolean; readonly tty: boolean }): Promise<Session> {
    await this.begin('attach', id, options);
    return attachSession(this.engine.runningOf(id), options);
  }

  async logs(id: ContainerId, options: LogOptions) {
    await this.begin('logs', id, options);
    return this.engine.containerOf(id).log.read(options);
  }

  async connect(id: SandboxId, port: number): Promise<Duplex> {
    await this.begin('connect', id, port);
    const sandbox = this.engine.sandboxOf(id);
    const listener = this.engine.listeners.get(port);
    if (sandbox.observed.state.phase !== 'running' || listener === undefined)
      throw new RuntimeError('PortUnreachable', `nothing listens on port ${port}: connection refused`);
    const [ours, theirs] = duplexPair();
    listener(theirs);
    return ours;
  }

  async stats(ids: readonly ContainerId[]): Promise<readonly ContainerStats[]> {
    await this.begin('stats', ids);
    const sampledAtMs = this.clock.now();
    return ids
      .filter((id) => this.engine.containers.get(id)?.observed.state.phase === 'running')
      .map((id) => {
        const { cpuNanoseconds, memoryBytes } = this.figures.get(id) ?? { cpuNanoseconds: 0, memoryBytes: 0 };
        return { id, sampledAtMs, cpuNanoseconds, memoryBytes };
      });
  }

  async writtenBytes(ids: readonly ContainerId[]): Promise<ReadonlyMap<ContainerId, number>> {
    await this.begin('writtenBytes', ids);
    const present = ids.filter((id) => this.engine.containers.has(id));
    return new Map(present.map((id) => [id, this.figures.get(id)?.writtenBytes ?? 0]));
  }

  private begin(method: FakeMethod, ...args: readonly unknown[]): Promise<void> {
    return this.calls.begin(method, args);
  }
}

const untilAborted = (signal: AbortSignal, subscribe: (ended: () => void) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    subscribe(resolve);
  });
