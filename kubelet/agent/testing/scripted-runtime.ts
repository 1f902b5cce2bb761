import { Readable } from 'node:stream';
import type { Clock } from '../../../shared/clock';
import type {
  ContainerSpec,
  EngineInfo,
  ExecOptions,
  ImageInfo,
  Observed,
  ObservedContainer,
  ObservedSandbox,
  ObservedState,
  Runtime,
  RuntimeEvent,
  SandboxSpec,
  Session,
} from '../../runtime/runtime';
import { RuntimeError } from '../../runtime/runtime';

type Method = 'prepare' | 'list' | 'createSandbox' | 'startSandbox' | 'createContainer' | 'startContainer';

/** An engine in memory whose containers do what a test says. Survives its agents, as an engine does. */
export class ScriptedRuntime implements Runtime {
  readonly calls: string[] = [];
  readonly specs = new Map<string, ContainerSpec>();
  readonly stops: { readonly name: string; readonly graceSeconds: number }[] = [];
  private readonly sandboxes = new Map<string, ObservedSandbox>();
  private readonly containers = new Map<string, ObservedContainer>();
  private readonly faults = new Map<Method, Error[]>();
  private readonly listeners = new Set<(event: RuntimeEvent) => void>();
  private ids = 0;
  /** Exit code that exec'd commands end with. */
  execExitCode = 0;
  /** How long a call takes before it has any effect. */
  readonly durationsMs = new Map<Method, number>();
  /** Container names that ignore SIGTERM until the grace is over. */
  readonly stubborn = new Set<string>();

  constructor(private readonly clock: Clock) {}

  failNext(method: Method, error: Error): void {
    this.faults.set(method, [...(this.faults.get(method) ?? []), error]);
  }

  running(): string[] {
    return [...this.containers.values()]
      .filter(({ state }) => state.phase === 'running')
      .map(({ name, attempt }) => `${name}/${attempt}`)
      .sort();
  }

  /** The running container of that name ends by itself. */
  exit(name: string, exitCode: number): void {
    this.end(this.find(name).id, exitCode);
  }

  /** `docker rm -f` of a container. */
  vanish(name: string): void {
    const { id, pod } = this.find(name);
    this.containers.delete(id);
    this.tell({ type: 'container', action: 'died', id, pod, name });
    this.tell({ type: 'container', action: 'removed', id, pod, name });
  }

  killSandbox(): void {
    for (const sandbox of this.sandboxes.values()) {
      this.sandboxes.set(sandbox.id, { ...sandbox, state: this.exited(137) });
      this.tell({ type: 'sandbox', action: 'died', id: sandbox.id, pod: sandbox.pod });
    }
  }

  lose(message: string): void {
    this.tell({ type: 'engine', action: 'lost', message });
  }

  restore(): void {
    this.tell({ type: 'engine', action: 'restored', message: '' });
  }

  info(): Promise<EngineInfo> {
    return Promise.resolve({
      name: 'fake',
      version: '1',
      runtimeVersion: 'fake://1',
      kernelVersion: '6',
      operatingSystem: 'linux',
      architecture: 'amd64',
      rootDirectory: '/',
      cgroupVersion: '1',
    });
  }

  async prepare(): Promise<void> {
    await this.begin('prepare');
  }

  async list(): Promise<Observed> {
    await this.begin('list');
    return { sandboxes: [...this.sandboxes.values()], containers: [...this.containers.values()] };
  }

  inspectSandbox(id: string): Promise<ObservedSandbox | undefined> {
    return Promise.resolve(this.sandboxes.get(id));
  }

  inspectContainer(id: string): Promise<ObservedContainer | undefined> {
    return Promise.resolve(this.containers.get(id));
  }

  async createSandbox(spec: SandboxSpec): Promise<string> {
    await this.begin('createSandbox', spec.pod.name);
    const id = `sandbox-${this.ids++}`;
    const { pod, attempt } = spec;
    const createdAtMs = this.clock.now();
    this.sandboxes.set(id, { id, pod, attempt, state: { phase: 'created' }, createdAtMs, ips: [] });
    return id;
  }

  async startSandbox(id: string): Promise<void> {
    await this.begin('startSandbox');
    const sandbox = this.sandboxes.get(id);
    if (sandbox === undefined) throw new RuntimeError('NotFound', `no such sandbox: ${id}`);
    this.sandboxes.set(id, {
      ...sandbox,
      state: { phase: 'running', startedAtMs: this.clock.now() },
      ips: ['10.0.0.7'],
    });
  }

  removeSandbox(id: string): Promise<void> {
    this.sandboxes.delete(id);
    return Promise.resolve();
  }

  async createContainer(sandboxId: string, spec: ContainerSpec): Promise<string> {
    await this.begin('createContainer', spec.name);
    const id = `container-${this.ids++}`;
    const { pod, name, kind, attempt, specHash, image, annotations } = spec;
    this.specs.set(name, spec);
    this.containers.set(id, {
      id,
      sandboxId,
      pod,
      name,
      kind,
      attempt,
      specHash,
      image,
      annotations,
      imageId: 'docker://sha256:abc',
      state: { phase: 'created' },
      createdAtMs: this.clock.now(),
    });
    return id;
  }

  async startContainer(id: string): Promise<void> {
    const container = this.containers.get(id);
    if (container === undefined) throw new RuntimeError('NotFound', `no such container: ${id}`);
    await this.begin('startContainer', container.name);
    this.containers.set(id, { ...container, state: { phase: 'running', startedAtMs: this.clock.now() } });
  }

  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const container = this.containers.get(id);
    if (container?.state.phase !== 'running') return;
    this.stops.push({ name: container.name, graceSeconds });
    if (this.stubborn.has(container.name)) await this.clock.sleep(graceSeconds * 1000);
    this.end(id, this.stubborn.has(container.name) ? 137 : 143);
  }

  removeContainer(id: string): Promise<void> {
    this.containers.delete(id);
    return Promise.resolve();
  }

  async *events(signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const queue: RuntimeEvent[] = [];
    let wake = (): void => undefined;
    const listener = (event: RuntimeEvent): void => {
      queue.push(event);
      wake();
    };
    this.listeners.add(listener);
    signal.addEventListener('abort', () => wake(), { once: true });
    while (!signal.aborted) {
      const event = queue.shift();
      if (event !== undefined) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    this.listeners.delete(listener);
  }

  inspectImage(): Promise<ImageInfo | undefined> {
    return Promise.resolve(undefined);
  }

  pullImage(): Promise<ImageInfo> {
    return Promise.reject(new RuntimeError('ImagePullFailed', 'no registry'));
  }

  images(): Promise<readonly ImageInfo[]> {
    return Promise.resolve([]);
  }

  exec(_id: string, { command }: ExecOptions): Promise<Session> {
    this.calls.push(`exec ${command.join(' ')}`);
    return Promise.resolve({
      stdout: Readable.from([]),
      stderr: Readable.from([]),
      resize: () => Promise.resolve(),
      exitCode: Promise.resolve(this.execExitCode),
      close: () => undefined,
    });
  }

  attach(id: string): Promise<Session> {
    return this.exec(id, { command: [], stdin: false, tty: false });
  }

  logs() {
    return Promise.resolve({ stdout: Readable.from(['last line']), stderr: Readable.from([]), close: () => undefined });
  }

  connect(): Promise<never> {
    return Promise.reject(new RuntimeError('PortUnreachable', 'nothing listens'));
  }

  stats(): Promise<readonly never[]> {
    return Promise.resolve([]);
  }

  private async begin(method: Method, subject = ''): Promise<void> {
    this.calls.push(`${method} ${subject}`.trim());
    const durationMs = this.durationsMs.get(method);
    await (durationMs === undefined ? Promise.resolve() : this.clock.sleep(durationMs));
    const fault = this.faults.get(method)?.shift();
    if (fault !== undefined) throw fault;
  }

  private find(name: string): ObservedContainer {
    const found = [...this.containers.values()].find(
      (container) => container.name === name && container.state.phase === 'running',
    );
    if (found === undefined) throw new Error(`${name} does not run`);
    return found;
  }

  private end(id: string, exitCode: number): void {
    const container = this.containers.get(id);
    if (container === undefined) return;
    this.containers.set(id, { ...container, state: this.exited(exitCode) });
    this.tell({ type: 'container', action: 'died', id, pod: container.pod, name: container.name });
  }

  private exited(exitCode: number): ObservedState {
    const nowMs = this.clock.now();
    return { phase: 'exited', startedAtMs: nowMs - 1, finishedAtMs: nowMs, exitCode, oomKilled: false };
  }

  private tell(event: RuntimeEvent): void {
    this.listeners.forEach((listener) => listener(event));
  }
}
