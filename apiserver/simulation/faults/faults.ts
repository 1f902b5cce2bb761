import type { Machine } from '../agents/machine';
import { drain } from '../workload/drain';
import type { Users } from '../workload/users';
import type { Chance } from '../world/chance';
import { QUIET_STORE } from '../world/faulty-store';
import type { World } from '../world/world';

type Fault = () => void | Promise<void>;

/** What goes wrong, by dice. Every fault mends itself some time later. */
export class Faults {
  private readonly chance: Chance;
  private isServerGoing = false;

  constructor(
    private readonly world: World,
    private readonly users: Users,
  ) {
    this.chance = world.chance('faults');
  }

  async strike(): Promise<void> {
    const fault = this.chance.weighed<Fault>([
      [4, () => this.agentDies()],
      [3, () => this.powerFails()],
      [4, () => this.networkIsCut()],
      [3, () => this.storeHiccups()],
      [2, () => this.watchesAreCut()],
      [2, () => this.serverCrashes()],
      [1, () => this.serverRestarts()],
      [1, () => this.clockJumps()],
      [2, () => this.containerCrashes()],
      [2, () => this.nodeIsDrained()],
      [1, () => this.nodeIsRemoved()],
      [2, () => this.diskFills()],
    ]);
    await fault();
  }

  /** Everything that is broken is mended. */
  async mendAll(): Promise<void> {
    const { world } = this;
    Object.assign(world.storeFaults, QUIET_STORE);
    await this.startServer();
    for (const machine of world.machines) {
      machine.link.mend();
      machine.isDiskFull = false;
      this.bringBack(machine);
      await this.uncordon(machine);
    }
    world.note('all faults are mended');
  }

  private agentDies(): void {
    const machine = this.machine();
    if (!this.world.hasAgent(machine)) return;
    this.world.note(`fault: the agent of ${machine.name} dies`);
    this.world.killAgent(machine);
    // What supervises agents starts them again soon; who stops one for long does not do so in the middle of other troubles.
    const isCalm =
      this.world.server !== undefined && this.world.storeFaults.refused === 0 && !machine.link.isCut('toServer');
    this.later(0, isCalm && this.chance.is(0.4) ? 60 : 10, () => this.bringBack(machine));
  }

  private powerFails(): void {
    const machine = this.machine();
    if (!machine.isOn) return;
    this.world.note(`fault: ${machine.name} loses its power`);
    this.world.killAgent(machine, false);
    machine.powerOff();
    this.later(2, 90, () => this.bringBack(machine));
  }

  private networkIsCut(): void {
    const { link, name } = this.machine();
    const cuts = this.chance.one([['toServer'], ['toAgent'], ['toServer', 'toAgent']] as const);
    this.world.note(`fault: the network of ${name} is cut ${cuts.join(' and ')}`);
    for (const direction of cuts) link.sever(direction);
    this.later(1, 90, () => {
      link.mend();
      this.world.note(`mended: the network of ${name}`);
    });
  }

  private storeHiccups(): void {
    const { chance, world } = this;
    const faults = chance.one([
      { commitMs: 800, watchMs: 0, refused: 0 },
      { commitMs: 50, watchMs: 1_000, refused: 0 },
      { commitMs: 20, watchMs: 50, refused: 0.3 },
    ]);
    world.note(`fault: the store is ${JSON.stringify(faults)}`);
    Object.assign(world.storeFaults, faults);
    this.later(2, 20, () => Object.assign(world.storeFaults, QUIET_STORE));
  }

  private watchesAreCut(): void {
    this.world.note('fault: watches are cut');
    this.world.server?.cutWatches();
  }

  private serverCrashes(): void {
    const { world } = this;
    if (world.server === undefined || this.isServerGoing) return;
    world.note('fault: the server crashes');
    world.server.crash();
    world.server = undefined;
    this.later(0, 40, () => this.startServer());
  }

  private async serverRestarts(): Promise<void> {
    const { server } = this.world;
    if (server === undefined || this.isServerGoing) return;
    this.isServerGoing = true;
    this.world.note('fault: the server is restarted');
    await server.stop();
    this.world.server = undefined;
    this.isServerGoing = false;
    this.later(0, 5, () => this.startServer());
  }

  private clockJumps(): void {
    const machine = this.chance.is(0.5) ? undefined : this.machine();
    const seconds = this.chance.between(-30, 30);
    this.world.note(`fault: the clock of ${machine?.name ?? 'the server'} jumps ${seconds} s`);
    (machine?.wall ?? this.world.wall).offsetMs += seconds * 1_000;
  }

  private containerCrashes(): void {
    const machine = this.machine();
    const running = machine.running();
    if (running.length === 0) return;
    const { pod } = this.chance.one(running);
    this.world.note(`fault: ${pod.metadata.name} crashes on ${machine.name}`);
    machine.exit(pod.metadata.uid, 1);
  }

  private diskFills(): void {
    const machine = this.machine();
    machine.isDiskFull = true;
    this.world.note(`fault: the disk of ${machine.name} is full`);
    this.later(5, 60, () => {
      machine.isDiskFull = false;
      this.world.note(`mended: the disk of ${machine.name}`);
    });
  }

  private nodeIsDrained(): void {
    const machine = this.machine();
    this.world.note(`${machine.name} is drained`);
    for (let round = 0; round < 5; round += 1) {
      this.later(0, 20, () => this.users.attempt(() => this.drain(machine)));
    }
    this.later(21, 60, () => this.uncordon(machine));
  }

  private drain({ name }: Machine): Promise<void> {
    return drain(this.world, name, (deed) => this.users.attempt(deed));
  }

  /** By somebody who switched it off before. */
  private async nodeIsRemoved(): Promise<void> {
    const { world } = this;
    const machine = this.machine();
    if (!machine.isOn || world.server === undefined) return;
    world.killAgent(machine, false);
    machine.powerOff();
    world.note(`${machine.name} is switched off and removed`);
    this.later(60, 120, () => this.bringBack(machine));
    await this.users.attempt(async () => world.server?.client.delete('Node', { name: machine.name }));
  }

  private bringBack(machine: Machine): void {
    if (!machine.isOn) machine.powerOn();
    if (this.world.hasAgent(machine)) return;
    this.world.note(`mended: the agent of ${machine.name} starts`);
    this.world.startAgent(machine);
  }

  private async uncordon({ name }: Machine): Promise<void> {
    await this.users.attempt(async () => {
      await this.world.server?.client.modify('Node', { name }, (node) => {
        if (node.spec?.unschedulable !== true) return undefined;
        const { unschedulable: _, ...spec } = node.spec;
        return { ...node, spec };
      });
    });
  }

  private async startServer(): Promise<void> {
    if (this.world.server !== undefined || this.isServerGoing) return;
    this.isServerGoing = true;
    await this.world.startServer();
    this.isServerGoing = false;
  }

  private machine(): Machine {
    return this.chance.one(this.world.machines);
  }

  private later(leastSeconds: number, mostSeconds: number, mend: () => unknown): void {
    const delayMs = this.chance.between(leastSeconds * 1_000, mostSeconds * 1_000);
    this.world.clock.setTimeout(() => void mend(), delayMs);
  }
}
