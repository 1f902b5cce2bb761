import type { Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import type { Random } from '../../../shared/random';
import type { FenceTerms } from '../../../shared/wire/fence';
import type { AgentCondition } from '../../node-channel/liveness';
import type { Link } from '../world/link';
import type { WallClock } from '../world/process-clock';
import { behaviourOf } from './behaviour';

export interface Container {
  readonly pod: Pod;
  readonly startedMs: number;
  /** Set when it has ended by itself. */
  exitCode?: number;
}

/** What a machine keeps when it loses its power. */
export interface Remembered {
  readonly pod: Pod;
  /** How the pod ended. */
  readonly end?: {
    readonly phase: 'Succeeded' | 'Failed';
    readonly exitCode: number;
    /** Why the agent ended it, where it did. */
    readonly reason?: 'Evicted';
  };
  readonly restarts: number;
}

export interface MachineEvents {
  onStarted(machine: Machine, pod: Pod): void;
  onStopped(machine: Machine, pod: Pod): void;
}

/** A host: containers that run whether or not an agent looks after them, a disk, a clock of its own. */
export class Machine {
  readonly wall: WallClock = { offsetMs: 0 };
  readonly disk = new Map<string, Remembered>();
  /** What the agent wrote down of its lease; true time, as a machine's own uptime goes on without agents. */
  lease: { readonly terms: FenceTerms; readonly renewedMs: number } | undefined;
  isOn = true;
  /** Its disk is full: it lets pods go, and takes no new ones. */
  isDiskFull = false;
  bootId = 1;
  private readonly containers = new Map<string, Container>();
  private readonly endings = new Map<string, () => void>();
  /** The agent's, while there is one: a container ended. */
  onExit: (uid: string) => void = () => undefined;

  constructor(
    readonly name: string,
    readonly link: Link,
    readonly capacity: Readonly<Record<string, string>>,
    private readonly deps: { readonly clock: Clock; readonly random: Random; readonly events: MachineEvents },
  ) {}

  get diskCondition(): AgentCondition {
    return this.isDiskFull
      ? { type: 'DiskPressure', status: 'True', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure' }
      : {
          type: 'DiskPressure',
          status: 'False',
          reason: 'KubeletHasNoDiskPressure',
          message: 'kubelet has no disk pressure',
        };
  }

  get(uid: string): Container | undefined {
    return this.containers.get(uid);
  }

  /** What runs now. */
  running(): readonly Container[] {
    return [...this.containers.values()].filter(({ exitCode }) => exitCode === undefined);
  }

  uids(): readonly string[] {
    return [...this.containers.keys()];
  }

  run(pod: Pod): void {
    const { uid } = pod.metadata;
    const { clock, random, events } = this.deps;
    this.remove(uid);
    this.containers.set(uid, { pod, startedMs: clock.monotonic() });
    events.onStarted(this, pod);
    const { runMs, exitCode } = behaviourOf(pod, random);
    if (runMs !== undefined)
      this.endings.set(
        uid,
        clock.setTimeout(() => this.exit(uid, exitCode), runMs),
      );
  }

  /** Ends what runs of a pod, as a crash does. */
  exit(uid: string, exitCode: number): void {
    const container = this.containers.get(uid);
    if (container === undefined || container.exitCode !== undefined) return;
    container.exitCode = exitCode;
    this.forgetEnding(uid);
    this.deps.events.onStopped(this, container.pod);
    this.onExit(uid);
  }

  remove(uid: string): void {
    const container = this.containers.get(uid);
    if (container === undefined) return;
    this.containers.delete(uid);
    this.forgetEnding(uid);
    if (container.exitCode === undefined) this.deps.events.onStopped(this, container.pod);
  }

  powerOff(): void {
    this.isOn = false;
    for (const uid of this.uids()) this.remove(uid);
  }

  powerOn(): void {
    this.isOn = true;
    // Nothing runs yet that an earlier lease was about.
    this.lease = undefined;
    this.bootId += 1;
  }

  private forgetEnding(uid: string): void {
    this.endings.get(uid)?.();
    this.endings.delete(uid);
  }
}
