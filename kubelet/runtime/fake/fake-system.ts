import type { Clock } from '../../../shared/clock';
import type { ObservedSystemContainer, SystemContainerSpec } from '../runtime';
import { RuntimeError } from '../runtime';
import { specHashOf } from '../system-container';

interface FakeSystemContainer {
  readonly node: string;
  readonly spec: SystemContainerSpec;
  observed: ObservedSystemContainer;
  readonly onEnd: (() => void)[];
}

/** The containers on an engine that are no pod's. */
export class FakeSystem {
  private readonly containers = new Map<string, FakeSystemContainer>();

  constructor(
    private readonly clock: Clock,
    private readonly newId: () => string,
  ) {}

  add(node: string, spec: SystemContainerSpec): string {
    for (const { spec: other, node: holder } of this.containers.values())
      if (other.engineName === spec.engineName)
        throw new RuntimeError('AlreadyExists', `the name ${spec.engineName} is in use by a container of ${holder}`);
    const id = this.newId();
    const observed: ObservedSystemContainer = { id, specHash: specHashOf(spec), state: { phase: 'created' } };
    this.containers.set(id, { node, spec, observed, onEnd: [] });
    return id;
  }

  find(node: string, name: string): ObservedSystemContainer | undefined {
    return [...this.containers.values()].find((each) => each.node === node && each.spec.name === name)?.observed;
  }

  /** False where the id is none of these. */
  start(id: string): boolean {
    const container = this.containers.get(id);
    if (container === undefined) return false;
    container.observed = { ...container.observed, state: { phase: 'running', startedAtMs: this.clock.now() } };
    return true;
  }

  isRunning(id: string): boolean {
    return this.containers.get(id)?.observed.state.phase === 'running';
  }

  onEnd(id: string, ended: () => void): void {
    this.containers.get(id)?.onEnd.push(ended);
  }

  /** It ends by itself. */
  end(id: string, exitCode: number): void {
    const container = this.containers.get(id);
    if (container?.observed.state.phase !== 'running') return;
    const { startedAtMs } = container.observed.state;
    const finishedAtMs = this.clock.now();
    const state = { phase: 'exited', startedAtMs, finishedAtMs, exitCode, oomKilled: false } as const;
    container.observed = { ...container.observed, state };
    for (const ended of container.onEnd.splice(0)) ended();
  }

  remove(id: string): void {
    this.end(id, 137);
    this.containers.delete(id);
  }
}
