import { FakeClock, settle } from '../../../shared/testing/fake-clock';
import type { Pod } from '../../../shared/api/objects';
import { StatusError } from '../../../shared/status-error';
import type { SigningKeys } from '../../auth/service-account/signing-keys';
import type { Schemas } from '../../openapi/schemas';
import { createMemoryStore } from '../../store/memory/memory-store';
import type { Store } from '../../store/store';
import { FakeAgent } from '../agents/fake-agent';
import { Machine } from '../agents/machine';
import { createInvariants } from '../invariants/invariants';
import type { Invariant, Scene } from '../invariants/invariant';
import { podName } from '../invariants/invariant';
import { Demand } from '../workload/demand';
import { Chance } from './chance';
import type { ControlPlane } from './control-plane';
import { startControlPlane } from './control-plane';
import type { StoreFaults } from './faulty-store';
import { QUIET_STORE } from './faulty-store';
import { Link } from './link';
import { Observer } from './observer';
import type { Committed } from './observer';
import { lineOf } from './trace-line';

/** What is made once for all runs of a process: slow to make, the same for all. */
export interface Shared {
  readonly schemas: Schemas;
  readonly keys: SigningKeys;
}

export interface Violation {
  readonly invariant: string;
  readonly message: string;
  readonly atMs: number;
}

/** One cluster on virtual time: machines with their agents, a server over a store, and who watches over them. */
export class World implements Scene {
  readonly clock = new FakeClock(Date.UTC(2026, 0, 1), settle);
  readonly wall = { offsetMs: 0 };
  readonly storeFaults: StoreFaults = { ...QUIET_STORE };
  readonly machines: Machine[] = [];
  readonly trace: string[] = [];
  readonly deletedByHand = new Set<string>();
  readonly scaledByHand = new Map<string, readonly number[]>();
  readonly demand = new Demand();
  readonly store: Observer;
  /** Whether agents stop what must not run twice; false plants the bug that they do not. */
  agentsFence = true;
  violation: Violation | undefined;
  server: ControlPlane | undefined;
  private readonly agents = new Map<string, FakeAgent>();
  private readonly truth: Store;
  private readonly invariants: readonly Invariant[];

  constructor(
    readonly seed: number,
    private readonly shared: Shared,
    invariants: readonly Invariant[] = createInvariants(),
  ) {
    this.invariants = invariants;
    this.truth = createMemoryStore({ clock: this.clock });
    this.store = new Observer(this.truth, (change) => this.onChange(change));
  }

  readonly nowMs = (): number => this.clock.monotonic();

  note(line: string): void {
    this.trace.push(`${(this.nowMs() / 1_000).toFixed(3).padStart(9)} ${line}`);
  }

  chance(purpose: string): Chance {
    return new Chance(this.seed, purpose);
  }

  async startServer(): Promise<void> {
    const { clock, wall, shared } = this;
    this.server = await startControlPlane({
      clock,
      wall,
      store: this.truth,
      faults: this.storeFaults,
      random: this.chance(`server ${this.trace.length}`).random,
      schemas: shared.schemas,
      keys: shared.keys,
      podUsages: this.demand.usages,
      removeFolder: (nodeName, folder) => this.removeFolder(nodeName, folder),
      onWarning: (line) => this.judge('nothing-unforeseen', line),
    });
    this.note('server started');
  }

  addMachine(name: string, capacity: Readonly<Record<string, string>>): Machine {
    const link = new Link(this.clock, this.chance(`link ${name}`).random);
    const machine = new Machine(name, link, capacity, {
      clock: this.clock,
      random: this.chance(`machine ${name}`).random,
      events: {
        onStarted: (where, pod) => this.onStarted(where, pod),
        onStopped: (where, pod) => this.note(`${where.name} - ${podName(pod)}`),
      },
    });
    this.machines.push(machine);
    this.startAgent(machine);
    return machine;
  }

  hasAgent({ name }: Machine): boolean {
    return this.agents.has(name);
  }

  startAgent(machine: Machine): void {
    if (!machine.isOn || this.agents.has(machine.name)) return;
    const agent = new FakeAgent(machine, {
      worldClock: this.clock,
      random: this.chance(`agent ${machine.name} ${this.trace.length}`).random,
      fences: () => this.agentsFence,
      trace: (line) => this.note(line),
      dial: ({ name, link }) =>
        link.isCut('toServer') || link.isCut('toAgent') ? undefined : this.server?.connect(name, link),
    });
    this.agents.set(machine.name, agent);
  }

  killAgent({ name }: Machine, hasPower = true): void {
    this.agents.get(name)?.die(hasPower);
    this.agents.delete(name);
  }

  /** Judges what is left when all has had its time. */
  judgeEnd(): void {
    for (const { name, atEnd } of this.invariants) this.judge(name, atEnd?.(this));
  }

  stop(): void {
    this.server?.crash();
    for (const machine of this.machines) this.killAgent(machine, false);
    this.store.stop();
  }

  /** As an agent does: it can where the machine answers. */
  private removeFolder(nodeName: string, folder: string): Promise<void> {
    const machine = this.machines.find(({ name }) => name === nodeName);
    if (machine === undefined || !this.hasAgent(machine) || machine.link.isCut('toAgent')) {
      return Promise.reject(new StatusError('ServiceUnavailable', `node "${nodeName}" does not answer`));
    }
    this.note(`${nodeName} removes ${folder}`);
    for (const { name, onFolderRemoved } of this.invariants) this.judge(name, onFolderRemoved?.(machine, folder, this));
    return Promise.resolve();
  }

  private onStarted(machine: Machine, pod: Pod): void {
    this.note(`${machine.name} + ${podName(pod)}`);
    for (const { name, onStarted } of this.invariants) this.judge(name, onStarted?.(machine, pod, this));
  }

  private onChange(change: Committed): void {
    const line = lineOf(change);
    if (line !== undefined) this.note(line);
    for (const { name, onChange } of this.invariants) this.judge(name, onChange?.(change, this));
  }

  private judge(invariant: string, message: string | undefined): void {
    if (message === undefined || this.violation !== undefined) return;
    this.violation = { invariant, message, atMs: this.nowMs() };
    this.note(`VIOLATED ${invariant}: ${message}`);
  }
}
