import type { Clock } from '../../../shared/clock';
import { EventQueue } from '../event-queue';
import type {
  ContainerSpec,
  ImageInfo,
  ObservedContainer,
  ObservedSandbox,
  ObservedState,
  RegistryCredential,
  RuntimeEvent,
  SandboxSpec,
} from '../runtime';
import { RuntimeError } from '../runtime';
import type { FakeListener, FakeProgram } from './fake-program';
import type { FakeLog } from './fake-log';

export interface FakeSandbox {
  readonly node: string;
  readonly spec: SandboxSpec;
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

/** An image that a registry has. */
export interface PullableImage {
  readonly image: ImageInfo;
  /** Needed to pull it. */
  readonly credential?: Pick<RegistryCredential, 'username' | 'password'>;
  readonly takesMs: number;
}

/** What an engine holds, in memory. Several FakeRuntimes may be nodes on one, and it outlives each of them. */
export class FakeEngine {
  readonly sandboxes = new Map<string, FakeSandbox>();
  readonly containers = new Map<string, FakeContainer>();
  readonly images = new Map<string, ImageInfo>();
  readonly registry = new Map<string, PullableImage>();
  readonly listeners = new Map<number, FakeListener>();
  /** Why the engine does not answer; undefined while it does. */
  lostBecause: string | undefined;
  private readonly queues = new Map<EventQueue<RuntimeEvent>, string>();
  private ids = 0;

  constructor(readonly clock: Clock) {}

  newId(): string {
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

  imageOf(image: string): ImageInfo | undefined {
    return this.images.get(image) ?? [...this.images.values()].find(({ id }) => id === image);
  }

  /** The host port that another running sandbox has, of those this one wants. */
  conflictOf(sandbox: FakeSandbox): RuntimeError | undefined {
    const taken = [...this.sandboxes.values()]
      .filter((other) => other !== sandbox && other.observed.state.phase === 'running')
      .flatMap(({ spec }) => spec.ports);
    const port = sandbox.spec.ports.find(({ hostPort, protocol }) =>
      taken.some((other) => other.hostPort === hostPort && other.protocol === protocol),
    );
    return port && new RuntimeError('PortConflict', `host port ${port.hostPort} is already in use on this node`);
  }

  private tell(node: string, event: RuntimeEvent): void {
    if (this.lostBecause !== undefined) return;
    for (const [queue, listening] of this.queues) if (listening === node) queue.push(event);
  }
}
