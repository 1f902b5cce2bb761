import type { Clock } from '../../../shared/clock';
import { EventQueue } from '../event-queue';
import type {
  ContainerSpec,
  ImageInfo,
  ObservedContainer,
  ObservedSandbox,
  ObservedState,
  RuntimeEvent,
  SandboxSpec,
} from '../runtime';
import { refuseRoot } from '../run-as-non-root';
import { RuntimeError } from '../runtime';
import { FakeImages } from './fake-images';
import { FakeLog } from './fake-log';
import { FakeNetworks } from './fake-networks';
import type { FakeListener, FakeProgram } from './fake-program';
import { FakeSystem } from './fake-system';

export interface FakeSandbox {
  readonly node: string;
  readonly spec: SandboxSpec;
  /** Of the node's network; absent: it is on none. */
  readonly address?: string;
  observed: ObservedSandbox;
}

export interface FakeContainer {
  readonly node: string;
  readonly spec: ContainerSpec;
  readonly log: FakeLog;
  program: FakeProgram;
  observed: ObservedContainer;
  cancelExit: () => void;
  /** Called once when it has ended or was removed. */
  readonly onEnd: (() => void)[];
}

/** What an engine holds, in memory. Several FakeRuntimes may be nodes on one, and it outlives each of them. */
export class FakeEngine {
  readonly sandboxes = new Map<string, FakeSandbox>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new FakeImages();
  readonly networks = new FakeNetworks(
    (name) => this.on(name).some(({ observed }) => observed.state.phase === 'running'),
    (name) => this.on(name).flatMap(({ address }) => address ?? []),
  );
  readonly listeners = new Map<number, FakeListener>();
  readonly system: FakeSystem;
  private lostBecause: string | undefined;
  private readonly queues = new Map<EventQueue<RuntimeEvent>, string>();
  private ids = 0;

  constructor(readonly clock: Clock) {
    this.system = new FakeSystem(clock, () => this.newId());
  }

  /** Why the engine does not answer; undefined while it does. */
  get refusal(): RuntimeError | undefined {
    return this.lostBecause === undefined ? undefined : new RuntimeError('EngineUnavailable', this.lostBecause);
  }

  private on(network: string): readonly FakeSandbox[] {
    return [...this.sandboxes.values()].filter(({ spec }) => spec.network === network);
  }

  private newId(): string {
    return (++this.ids).toString(16).padStart(64, '0');
  }

  subscribe(node: string, signal: AbortSignal): AsyncIterable<RuntimeEvent> {
    const queue = new EventQueue<RuntimeEvent>(signal);
    this.queues.set(queue, node);
    signal.addEventListener('abort', () => this.queues.delete(queue), { once: true });
    return queue;
  }

  /** Events of a lost engine reach nobody, as in real life. */
  tellContainer(action: 'started' | 'died' | 'oom' | 'removed' | 'created', { node, observed }: FakeContainer): void {
    const { id, pod, name } = observed;
    this.tell(node, { type: 'container', action, id, pod, name });
  }

  tellSandbox(action: 'started' | 'died' | 'removed' | 'created', { node, observed }: FakeSandbox): void {
    const { id, pod } = observed;
    this.tell(node, { type: 'sandbox', action, id, pod });
  }

  lose(message: string): void {
    this.lostBecause = message;
    for (const queue of this.queues.keys()) queue.push({ type: 'engine', action: 'lost', message });
  }

  restore(): void {
    this.lostBecause = undefined;
    for (const queue of this.queues.keys())
      queue.push({ type: 'engine', action: 'restored', message: 'the engine answers again' });
  }

  end(container: FakeContainer, exitCode: number, how: { readonly oomKilled: boolean } = { oomKilled: false }): void {
    const { state } = container.observed;
    if (state.phase !== 'running') return;
    container.cancelExit();
    const ended: ObservedState = {
      phase: 'exited',
      startedAtMs: state.startedAtMs,
      finishedAtMs: this.clock.now(),
      exitCode,
      oomKilled: how.oomKilled,
    };
    container.observed = { ...container.observed, state: ended };
    container.log.end();
    if (how.oomKilled) this.tellContainer('oom', container);
    this.tellContainer('died', container);
    for (const onEnd of container.onEnd.splice(0)) onEnd();
  }

  remove(container: FakeContainer): void {
    this.end(container, 137);
    if (!this.containers.delete(container.observed.id)) return;
    container.log.end();
    for (const onEnd of container.onEnd.splice(0)) onEnd();
    this.tellContainer('removed', container);
  }

  endSandbox(sandbox: FakeSandbox, exitCode: number): void {
    const { state } = sandbox.observed;
    if (state.phase !== 'running') return;
    const finishedAtMs = this.clock.now();
    sandbox.observed = {
      ...sandbox.observed,
      ips: [],
      state: { phase: 'exited', startedAtMs: state.startedAtMs, finishedAtMs, exitCode, oomKilled: false },
    };
    this.tellSandbox('died', sandbox);
  }

  removeSandbox(sandbox: FakeSandbox): void {
    this.endSandbox(sandbox, 137);
    if (this.sandboxes.delete(sandbox.observed.id)) this.tellSandbox('removed', sandbox);
  }

  /** Image id -> names of containers. */
  imageUsers(): ReadonlyMap<string, readonly string[]> {
    const users = new Map<string, string[]>();
    for (const { observed } of this.containers.values()) {
      const id = this.images.find(observed.image)?.id ?? '';
      users.set(id, [...(users.get(id) ?? []), observed.name]);
    }
    return users;
  }

  /** Throws what the real engines say of one that is not there. */
  sandboxOf(id: string): FakeSandbox {
    return found(this.sandboxes, id);
  }

  containerOf(id: string): FakeContainer {
    return found(this.containers, id);
  }

  runningOf(id: string): FakeContainer {
    const container = this.containerOf(id);
    if (container.observed.state.phase !== 'running')
      throw new RuntimeError('NotFound', `container ${container.observed.name} is not running`);
    return container;
  }

  addSandbox(node: string, spec: SandboxSpec): string {
    const { pod, attempt } = spec;
    for (const { observed } of this.sandboxes.values())
      if (observed.pod.uid === pod.uid && observed.attempt === attempt)
        throw new RuntimeError('AlreadyExists', `sandbox ${attempt} of pod ${pod.name} already exists: ${observed.id}`);
    const id = this.newId();
    const createdAtMs = this.clock.now();
    const observed: ObservedSandbox = { id, pod, attempt, state: { phase: 'created' }, createdAtMs, ips: [] };
    const { network, hostNetwork } = spec;
    const address = network === undefined || hostNetwork ? undefined : this.networks.addressIn(network);
    const sandbox: FakeSandbox = { node, spec, observed, ...(address === undefined ? {} : { address }) };
    this.sandboxes.set(id, sandbox);
    this.tellSandbox('created', sandbox);
    return id;
  }

  startSandbox(sandbox: FakeSandbox): void {
    if (sandbox.observed.state.phase === 'running') return;
    const conflict = this.conflictOf(sandbox);
    if (conflict !== undefined) throw conflict;
    const number = Number.parseInt(sandbox.observed.id, 16) % 256;
    const ips = sandbox.spec.hostNetwork ? [] : [sandbox.address ?? `10.88.0.${number}`];
    sandbox.observed = { ...sandbox.observed, ips, state: { phase: 'running', startedAtMs: this.clock.now() } };
    this.tellSandbox('started', sandbox);
  }

  addContainer(node: string, sandboxId: string, spec: ContainerSpec): string {
    this.sandboxOf(sandboxId);
    const { pod, name, kind, attempt, specHash, image, annotations } = spec;
    const { imageId } = this.imageFor(spec);
    for (const { observed } of this.containers.values())
      if (observed.pod.uid === pod.uid && observed.name === name && observed.attempt === attempt)
        throw new RuntimeError('AlreadyExists', `container ${name} ${attempt} of pod ${pod.name} already exists`);
    const id = this.newId();
    const createdAtMs = this.clock.now();
    const { cpuShares, cpuLimitMilli, memoryLimitBytes } = spec.resources;
    const resources = {
      cpuShares,
      ...(cpuLimitMilli === undefined ? {} : { cpuLimitMilli }),
      ...(memoryLimitBytes === undefined ? {} : { memoryLimitBytes }),
    };
    const identity = { id, sandboxId, pod, name, kind, attempt, specHash, image, imageId, annotations, resources };
    const container: FakeContainer = {
      node,
      spec,
      log: new FakeLog(this.clock),
      program: {},
      cancelExit: () => undefined,
      onEnd: [],
      observed: { ...identity, state: { phase: 'created' }, createdAtMs },
    };
    this.containers.set(id, container);
    this.tellContainer('created', container);
    return id;
  }

  startContainer(container: FakeContainer, program: FakeProgram): void {
    const nowMs = this.clock.now();
    container.program = program;
    const { startError: error, stdout, stderr, exits } = program;
    if (error !== undefined) {
      const ended = { startedAtMs: nowMs, finishedAtMs: nowMs, exitCode: 127, oomKilled: false, error };
      container.observed = { ...container.observed, state: { phase: 'exited', ...ended } };
      throw new RuntimeError('StartFailed', error);
    }
    container.observed = { ...container.observed, state: { phase: 'running', startedAtMs: nowMs } };
    this.tellContainer('started', container);
    if (stdout !== undefined) container.log.write('stdout', stdout);
    if (stderr !== undefined) container.log.write('stderr', stderr);
    if (exits === undefined) return;
    const { code, afterMs = 0, oomKilled = false } = exits;
    container.cancelExit = this.clock.setTimeout(() => this.end(container, code, { oomKilled }), afterMs);
  }

  /** The host port that another running sandbox has, of those this one wants. */
  private conflictOf(sandbox: FakeSandbox): RuntimeError | undefined {
    const taken = [...this.sandboxes.values()]
      .filter((other) => other !== sandbox && other.observed.state.phase === 'running')
      .flatMap(({ spec }) => spec.ports);
    const port = sandbox.spec.ports.find(({ hostPort, protocol }) =>
      taken.some((other) => other.hostPort === hostPort && other.protocol === protocol),
    );
    return port && new RuntimeError('PortConflict', `host port ${port.hostPort} is already in use on this node`);
  }

  private imageFor(spec: ContainerSpec): ImageInfo {
    const image = this.images.find(spec.image);
    if (image === undefined) throw new RuntimeError('ImageNotFound', `No such image: ${spec.image}`);
    refuseRoot(spec, image);
    return image;
  }

  private tell(node: string, event: RuntimeEvent): void {
    if (this.lostBecause !== undefined) return;
    for (const [queue, listening] of this.queues) if (listening === node) queue.push(event);
  }
}

function found<T>(things: ReadonlyMap<string, T>, id: string): T {
  const thing = things.get(id);
  if (thing === undefined) throw new RuntimeError('NotFound', `No such container: ${id}`);
  return thing;
}
