import type { Duplex } from 'node:stream';
import { PassThrough } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import type {
  ContainerId,
  ContainerSpec,
  ContainerStats,
  EngineInfo,
  ExecOptions,
  ImageInfo,
  LogOptions,
  Observed,
  ObservedContainer,
  ObservedSandbox,
  Runtime,
  RuntimeEvent,
  SandboxId,
  SandboxSpec,
  Session,
} from '../runtime';
import { refuseRoot } from '../run-as-non-root';
import { RuntimeError } from '../runtime';
import type { FakeContainer, FakeSandbox, PullableImage } from './fake-engine';
import { FakeEngine } from './fake-engine';
import { FakeLog } from './fake-log';
import type { FakeCommand, FakeListener, FakeProgram, FakeProgrammer } from './fake-program';
import { duplexPair } from './duplex-pair';

/** The asynchronous methods, each of which can be made to fail once. */
export type FakeMethod = Exclude<keyof Runtime, 'events'>;

export interface FakeCall {
  readonly method: FakeMethod;
  readonly args: readonly unknown[];
}

const anImage = (name: string, user = ''): ImageInfo => ({
  id: `sha256:${name}`,
  imageId: `docker://sha256:${name}`,
  sizeBytes: 1_000_000,
  tags: [name],
  digests: [],
  user,
});

/**
 * A Runtime in memory. Containers run until a test ends them, or as their `FakeProgram` says; time is the clock's.
 * Records calls, takes one-shot faults, and refuses what the real engines refuse.
 */
export class FakeRuntime implements Runtime {
  readonly calls: FakeCall[] = [];
  readonly engine: FakeEngine;
  readonly nodeName: string;
  private readonly clock: Clock;
  private readonly faults = new Map<FakeMethod, Error[]>();
  private programmer: FakeProgrammer = () => ({});
  private command: FakeCommand = () => 0;
  private figures = new Map<ContainerId, Pick<ContainerStats, 'cpuNanoseconds' | 'memoryBytes'>>();

  /** @param options.engine give the same one to make several nodes share an engine. */
  constructor(options: { readonly clock: Clock; readonly nodeName?: string; readonly engine?: FakeEngine }) {
    this.clock = options.clock;
    this.engine = options.engine ?? new FakeEngine(options.clock);
    this.nodeName = options.nodeName ?? 'n1';
  }

  // What a test says -------------------------------------------------------------------------------------------

  /** The next call of that method rejects with `error`, once. Several stand in line. */
  failNext(method: FakeMethod, error: Error): void {
    this.faults.set(method, [...(this.faults.get(method) ?? []), error]);
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

  addImage(image: string, traits: { readonly user?: string } = {}): void {
    this.engine.images.set(image, anImage(image, traits.user));
  }

  /** A registry has it, perhaps behind a password; pulling takes `takesMs` (0). */
  addPullable(image: string, traits: Partial<Omit<PullableImage, 'image'>> = {}): void {
    this.engine.registry.set(image, { takesMs: 0, ...traits, image: anImage(image) });
  }

  exit(id: ContainerId, code: number): void {
    this.engine.end(this.containerOf(id), code);
  }

  oomKill(id: ContainerId): void {
    this.engine.end(this.containerOf(id), 137, { oomKilled: true });
  }

  /** What the container writes next. */
  write(id: ContainerId, stream: 'stdout' | 'stderr', text: string): void {
    this.containerOf(id).log.write(stream, text);
  }

  setStats(id: ContainerId, figures: Pick<ContainerStats, 'cpuNanoseconds' | 'memoryBytes'>): void {
    this.figures.set(id, figures);
  }

  /** `docker kill` of a sandbox. */
  killSandbox(id: SandboxId): void {
    this.engine.endSandbox(this.sandboxOf(id), 137);
  }

  /** `docker rm -f` of a container or sandbox by somebody else. */
  removeBehindOurBack(id: string): void {
    const sandbox = this.engine.sandboxes.get(id);
    if (sandbox === undefined) this.engine.remove(this.containerOf(id));
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
    return this.containerOf(id).spec;
  }

  callsOf(method: FakeMethod): readonly FakeCall[] {
    return this.calls.filter((call) => call.method === method);
  }

  // Runtime ------------------------------------------------------------------------------------------------------

  async info(): Promise<EngineInfo> {
    await this.begin('info');
    return {
      name: 'fake',
      version: '1.0.0',
      runtimeVersion: 'fake://1.0.0',
      kernelVersion: '6.1.0',
      operatingSystem: 'linux',
      architecture: 'amd64',
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
    const { pod, attempt } = spec;
    for (const { observed } of this.engine.sandboxes.values())
      if (observed.pod.uid === pod.uid && observed.attempt === attempt)
        throw new RuntimeError('AlreadyExists', `sandbox ${attempt} of pod ${pod.name} already exists: ${observed.id}`);
    const id = this.engine.newId();
    const createdAtMs = this.clock.now();
    const observed: ObservedSandbox = { id, pod, attempt, state: { phase: 'created' }, createdAtMs, ips: [] };
    const sandbox: FakeSandbox = { node: this.nodeName, spec, observed };
    this.engine.sandboxes.set(id, sandbox);
    this.engine.tellSandbox('created', sandbox);
    return id;
  }

  async startSandbox(id: SandboxId): Promise<void> {
    await this.begin('startSandbox', id);
    const sandbox = this.sandboxOf(id);
    if (sandbox.observed.state.phase === 'running') return;
    const conflict = this.engine.conflictOf(sandbox);
    if (conflict !== undefined) throw conflict;
    const ips = sandbox.spec.hostNetwork ? [] : [`10.88.0.${Number.parseInt(id, 16) % 256}`];
    sandbox.observed = { ...sandbox.observed, ips, state: { phase: 'running', startedAtMs: this.clock.now() } };
    this.engine.tellSandbox('started', sandbox);
  }

  async removeSandbox(id: SandboxId): Promise<void> {
    await this.begin('removeSandbox', id);
    const sandbox = this.engine.sandboxes.get(id);
    if (sandbox !== undefined) this.engine.removeSandbox(sandbox);
  }

  async createContainer(sandboxId: SandboxId, spec: ContainerSpec): Promise<ContainerId> {
    await this.begin('createContainer', sandboxId, spec);
    this.sandboxOf(sandboxId);
    const { pod, name, kind, attempt, specHash, image, annotations } = spec;
    const found = this.engine.imageOf(image);
    if (found === undefined) throw new RuntimeError('ImageNotFound', `No such image: ${image}`);
    refuseRoot(spec, found);
    for (const { observed } of this.engine.containers.values())
      if (observed.pod.uid === pod.uid && observed.name === name && observed.attempt === attempt)
        throw new RuntimeError('AlreadyExists', `container ${name} ${attempt} of pod ${pod.name} already exists`);
    const id = this.engine.newId();
    const container: FakeContainer = {
      node: this.nodeName,
      spec,
      log: new FakeLog(this.clock),
      program: {},
      cancelExit: () => undefined,
      onEnd: [],
      observed: {
        id,
        sandboxId,
        pod,
        name,
        kind,
        attempt,
        specHash,
        image,
        annotations,
        imageId: found.imageId,
        state: { phase: 'created' },
        createdAtMs: this.clock.now(),
      },
    };
    this.engine.containers.set(id, container);
    this.engine.tellContainer('created', container);
    return id;
  }

  async startContainer(id: ContainerId): Promise<void> {
    await this.begin('startContainer', id);
    const container = this.containerOf(id);
    if (container.observed.state.phase === 'running') return;
    const nowMs = this.clock.now();
    const program = this.programmer(container.spec);
    container.program = program;
    if (program.startError !== undefined) {
      const error = program.startError;
      container.observed = {
        ...container.observed,
        state: { phase: 'exited', startedAtMs: nowMs, finishedAtMs: nowMs, exitCode: 127, oomKilled: false, error },
      };
      throw new RuntimeError('StartFailed', error);
    }
    container.observed = { ...container.observed, state: { phase: 'running', startedAtMs: nowMs } };
    this.engine.tellContainer('started', container);
    this.run(container, program);
  }

  async stopContainer(id: ContainerId, graceSeconds: number): Promise<void> {
    await this.begin('stopContainer', id, graceSeconds);
    const container = this.engine.containers.get(id);
    if (container?.observed.state.phase !== 'running') return;
    const { onSigterm = 143 } = container.program;
    if (graceSeconds > 0 && onSigterm !== 'ignored') return this.engine.end(container, onSigterm);
    if (graceSeconds > 0)
      await Promise.race([
        this.clock.sleep(graceSeconds * 1000),
        new Promise<void>((end) => container.onEnd.push(end)),
      ]);
    this.engine.end(container, 137);
  }

  async removeContainer(id: ContainerId): Promise<void> {
    await this.begin('removeContainer', id);
    const container = this.engine.containers.get(id);
    if (container !== undefined) this.engine.remove(container);
  }

  events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    return this.engine.subscribe(this.nodeName, signal);
  }

  async inspectImage(image: string): Promise<ImageInfo | undefined> {
    await this.begin('inspectImage', image);
    return this.engine.imageOf(image);
  }

  async pullImage(image: string, options: Parameters<Runtime['pullImage']>[1]): Promise<ImageInfo> {
    await this.begin('pullImage', image, options);
    const pullable = this.engine.registry.get(image);
    const refused = (why: string): RuntimeError => new RuntimeError('ImagePullFailed', why);
    if (pullable === undefined) throw refused(`manifest for ${image} not found: manifest unknown`);
    if (pullable.takesMs > 0) await this.clock.sleep(pullable.takesMs, options.signal);
    const { credential } = pullable;
    const { username, password } = options.credential ?? {};
    if (credential !== undefined && (credential.username !== username || credential.password !== password))
      throw refused('unauthorized: authentication required');
    const { sizeBytes } = pullable.image;
    options.onProgress?.({ downloadedBytes: sizeBytes, totalBytes: sizeBytes, message: 'Pull complete' });
    this.engine.images.set(image, pullable.image);
    return pullable.image;
  }

  async images(): Promise<readonly ImageInfo[]> {
    await this.begin('images');
    return [...this.engine.images.values()];
  }

  async exec(id: ContainerId, options: ExecOptions): Promise<Session> {
    await this.begin('exec', id, options);
    const { spec } = this.runningOf(id);
    const stdin = new PassThrough();
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    if (!options.stdin) stdin.end();
    const run = async (): Promise<number> => {
      const exitCode = await this.command({
        command: options.command,
        spec,
        tty: options.tty,
        stdin,
        write: (text) => void stdout.write(text),
        writeError: (text) => void (options.tty ? stdout : stderr).write(text),
      });
      stdout.end();
      stderr.end();
      return exitCode;
    };
    return {
      ...(options.stdin ? { stdin } : {}),
      stdout,
      stderr,
      resize: () => Promise.resolve(),
      exitCode: run(),
      close: () => void stdin.end(),
    };
  }

  async attach(id: ContainerId, options: { readonly stdin: boolean; readonly tty: boolean }): Promise<Session> {
    await this.begin('attach', id, options);
    const container = this.runningOf(id);
    const { stdout, stderr, close } = container.log.read({ follow: true, timestamps: false, tailLines: 0 });
    const exitCode = new Promise<number>((resolve) => container.onEnd.push(() => resolve(exitCodeOf(container))));
    const stdin = options.stdin ? { stdin: new PassThrough() } : {};
    return { ...stdin, stdout, stderr, resize: () => Promise.resolve(), exitCode, close };
  }

  async logs(id: ContainerId, options: LogOptions) {
    await this.begin('logs', id, options);
    return this.containerOf(id).log.read(options);
  }

  async connect(id: SandboxId, port: number): Promise<Duplex> {
    await this.begin('connect', id, port);
    const sandbox = this.sandboxOf(id);
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
      .map((id) => ({ id, sampledAtMs, ...(this.figures.get(id) ?? { cpuNanoseconds: 0, memoryBytes: 0 }) }));
  }

  private async begin(method: FakeMethod, ...args: readonly unknown[]): Promise<void> {
    this.calls.push({ method, args });
    await Promise.resolve();
    if (this.engine.lostBecause !== undefined) throw new RuntimeError('EngineUnavailable', this.engine.lostBecause);
    const fault = this.faults.get(method)?.shift();
    if (fault !== undefined) throw fault;
  }

  private run(container: FakeContainer, { stdout, stderr, exits }: FakeProgram): void {
    if (stdout !== undefined) container.log.write('stdout', stdout);
    if (stderr !== undefined) container.log.write('stderr', stderr);
    if (exits === undefined) return;
    const { code, afterMs = 0, oomKilled = false } = exits;
    container.cancelExit = this.clock.setTimeout(() => this.engine.end(container, code, { oomKilled }), afterMs);
  }

  private sandboxOf(id: SandboxId): FakeSandbox {
    const sandbox = this.engine.sandboxes.get(id);
    if (sandbox === undefined) throw new RuntimeError('NotFound', `No such container: ${id}`);
    return sandbox;
  }

  private containerOf(id: ContainerId): FakeContainer {
    const container = this.engine.containers.get(id);
    if (container === undefined) throw new RuntimeError('NotFound', `No such container: ${id}`);
    return container;
  }

  private runningOf(id: ContainerId): FakeContainer {
    const container = this.containerOf(id);
    if (container.observed.state.phase !== 'running')
      throw new RuntimeError('NotFound', `container ${container.observed.name} is not running`);
    return container;
  }
}

const exitCodeOf = ({ observed }: FakeContainer): number =>
  observed.state.phase === 'exited' ? observed.state.exitCode : 137;
