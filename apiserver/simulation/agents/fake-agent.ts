import type { Pod } from '../../../shared/api/objects';
import type { Random } from '../../../shared/random';
import { FENCE_STOP_MS, isFenced } from '../../../shared/wire/fence';
import type { PodRemoval, Sync } from '../../../shared/wire/node-channel';
import { ServerLease } from '../../../shared/wire/server-lease';
import { ProcessClock } from '../world/process-clock';
import type { SocketEnd } from '../world/socket-pair';
import { behaviourOf } from './behaviour';
import { Cares } from './cares';
import type { Machine } from './machine';
import { podStatusOf } from './pod-status';
import { AgentSession } from './agent-session';

export interface AgentDeps {
  readonly worldClock: ConstructorParameters<typeof ProcessClock>[0];
  readonly random: Random;
  readonly fences: () => boolean;
  readonly trace: (line: string) => void;
  /** Undefined where no server answers. */
  readonly dial: (machine: Machine) => SocketEnd | undefined;
}

const PULL_MS = { least: 100, most: 4_000 };
const READY_MS = { least: 50, most: 3_000 };
const STOP_MS = { least: 50, most: 6_000 };
const RESTART_MS = { least: 500, most: 5_000 };
/** How often an agent looks whether its disk has room (k8s --housekeeping-interval). */
const HOUSEKEEPING_MS = 10_000;

/** A kubelet with a small model of pods, on the real channel: it starts, probes, restarts, stops and reports them. */
export class FakeAgent {
  private readonly clock: ProcessClock;
  private readonly session: AgentSession;
  private readonly lease: ServerLease;
  private readonly cares: Cares;
  /** Fenced pods that are to start when the server has answered. */
  private readonly waiting = new Set<string>();

  constructor(
    readonly machine: Machine,
    private readonly deps: AgentDeps,
  ) {
    this.clock = new ProcessClock(deps.worldClock, machine.wall);
    this.cares = new Cares(this.clock, deps.random);
    this.lease = new ServerLease(this.clock, () => this.fence(), machine.lease);
    this.session = new AgentSession(machine, {
      clock: this.clock,
      random: deps.random,
      dial: () => deps.dial(machine),
      handlers: {
        pods: () => [...machine.disk.values()].map(({ pod }) => pod),
        onSync: (sync) => this.onSync(sync),
        onPod: ({ pod }) => this.assign(pod),
        onPodRemoved: ({ uid }: PodRemoval) => this.unassign(uid),
        fence: () => machine.lease?.terms ?? { afterMs: 0 },
        onBeatAnswered: (sentMs) => this.onBeatAnswered(sentMs),
        onReported: (uid) => this.forget(uid),
      },
    });
    machine.onExit = (uid) => this.onExit(uid);
    for (const { pod } of machine.disk.values()) this.look(pod.metadata.uid);
    for (const uid of machine.uids()) if (!machine.disk.has(uid)) machine.remove(uid);
    this.clock.setInterval(() => this.relieve(), HOUSEKEEPING_MS);
    this.session.start();
  }

  /** The process is gone from one instruction to the next; containers run on. `hasPower`: its sockets are closed for it. */
  die(hasPower: boolean): void {
    this.clock.die();
    this.machine.onExit = () => undefined;
    this.session.die(hasPower);
  }

  private onBeatAnswered(sentMs: number): void {
    this.lease.renew(sentMs);
    if (this.machine.lease !== undefined) this.machine.lease = { ...this.machine.lease, renewedMs: sentMs };
    for (const uid of [...this.waiting]) {
      this.waiting.delete(uid);
      this.look(uid);
    }
  }

  private onSync({ kind, pods, removed, fence }: Sync): void {
    this.lease.agree(fence ?? null);
    this.machine.lease =
      fence === undefined ? undefined : { renewedMs: this.clock.monotonic(), ...this.machine.lease, terms: fence };
    for (const uid of removed) this.unassign(uid);
    if (kind === 'full') {
      const wanted = new Set(pods.map(({ metadata }) => metadata.uid));
      for (const uid of [...this.machine.disk.keys()]) if (!wanted.has(uid)) this.unassign(uid);
    }
    for (const pod of pods) this.assign(pod);
    for (const uid of this.machine.disk.keys()) this.report(uid);
  }

  private assign(pod: Pod): void {
    const { uid } = pod.metadata;
    const known = this.machine.disk.get(uid);
    const isOver = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed';
    if (known === undefined && isOver && pod.metadata.deletionTimestamp === undefined) return;
    this.machine.disk.set(uid, { restarts: 0, ...known, pod });
    if (known === undefined && this.machine.isDiskFull && pod.metadata.deletionTimestamp === undefined)
      return this.evict(uid);
    this.look(uid);
  }

  private unassign(uid: string): void {
    this.cares.end(uid);
    this.machine.remove(uid);
    this.machine.disk.delete(uid);
    this.session.forget(uid);
  }

  /** Compares what is wanted of a pod with what runs, and sets going what is missing. */
  private look(uid: string): void {
    const remembered = this.machine.disk.get(uid);
    if (remembered === undefined) return;
    const { pod, end } = remembered;
    const care = this.cares.of(uid);
    if (care.stopping === 'for-good') return;
    if (pod.metadata.deletionTimestamp !== undefined) return this.stop(uid, 'for-good');
    if (end !== undefined || care.stopping === 'fence') return this.report(uid);
    const container = this.machine.get(uid);
    if (container?.exitCode !== undefined) return this.onExit(uid);
    if (container === undefined) {
      this.report(uid);
      this.cares.after(uid, PULL_MS, () => this.start(uid));
    } else if (!care.isReady) this.cares.after(uid, READY_MS, () => this.becomeReady(uid));
  }

  private start(uid: string): void {
    const pod = this.machine.disk.get(uid)?.pod;
    if (pod === undefined) return;
    // Its volume's place is told when its claim is bound.
    if (!hasVolumes(pod)) return;
    // What must not run twice starts only with the server's word.
    if (isFenced(pod) && !this.lease.isHeld) return void this.waiting.add(uid);
    this.machine.run(pod);
    this.report(uid);
    this.cares.after(uid, READY_MS, () => this.becomeReady(uid));
  }

  private becomeReady(uid: string): void {
    const pod = this.machine.disk.get(uid)?.pod;
    if (pod === undefined || !behaviourOf(pod, this.deps.random).becomesReady) return;
    const care = this.cares.of(uid);
    care.isReady = true;
    care.readySinceMs = this.clock.now();
    this.report(uid);
  }

  private onExit(uid: string): void {
    const remembered = this.machine.disk.get(uid);
    const container = this.machine.get(uid);
    const care = this.cares.of(uid);
    if (remembered === undefined || container?.exitCode === undefined || care.stopping !== undefined) return;
    care.isReady = false;
    const { exitCode } = container;
    const { restartPolicy } = remembered.pod.spec;
    const isOver = restartPolicy === 'Never' || (restartPolicy === 'OnFailure' && exitCode === 0);
    if (isOver) {
      const phase = exitCode === 0 ? 'Succeeded' : 'Failed';
      this.machine.disk.set(uid, { ...remembered, end: { phase, exitCode } });
      this.machine.remove(uid);
      return this.report(uid);
    }
    this.machine.disk.set(uid, { ...remembered, restarts: remembered.restarts + 1 });
    this.report(uid);
    this.cares.after(uid, RESTART_MS, () => this.start(uid));
  }

  private stop(uid: string, why: 'for-good' | 'fence'): void {
    const remembered = this.machine.disk.get(uid);
    const care = this.cares.of(uid);
    if (remembered === undefined) return;
    care.stopping = why;
    const graceMs = Math.min(
      (remembered.pod.metadata.deletionGracePeriodSeconds ?? 30) * 1_000,
      why === 'fence' ? FENCE_STOP_MS : Infinity,
    );
    const takesMs = Math.min(graceMs, this.cares.between(STOP_MS));
    care.cancel();
    care.cancel = this.clock.setTimeout(() => {
      this.machine.remove(uid);
      care.isReady = false;
      if (remembered.end === undefined) this.machine.disk.set(uid, { ...remembered, end: KILLED });
      this.report(uid);
      if (why === 'for-good') this.session.terminated(remembered.pod);
    }, takesMs);
  }

  /** Its server is away for too long: what must not run twice stops. */
  private fence(): void {
    if (!this.deps.fences()) return;
    for (const [uid, { pod, end }] of this.machine.disk) {
      const isIdle = end !== undefined || this.machine.get(uid) === undefined;
      if (!isFenced(pod) || isIdle || this.cares.of(uid).stopping !== undefined) continue;
      this.deps.trace(`${this.machine.name} fences ${pod.metadata.namespace}/${pod.metadata.name}`);
      this.stop(uid, 'fence');
    }
  }

  /** A full disk costs one pod at a time. */
  private relieve(): void {
    if (!this.machine.isDiskFull) return;
    const [victim] = this.machine.running().filter(({ pod }) => this.cares.of(pod.metadata.uid).stopping === undefined);
    if (victim !== undefined) this.evict(victim.pod.metadata.uid);
  }

  private evict(uid: string): void {
    const remembered = this.machine.disk.get(uid);
    if (remembered === undefined || remembered.end !== undefined) return;
    this.deps.trace(`${this.machine.name} evicts ${remembered.pod.metadata.namespace}/${remembered.pod.metadata.name}`);
    const care = this.cares.of(uid);
    care.cancel();
    care.isReady = false;
    this.machine.remove(uid);
    this.machine.disk.set(uid, { ...remembered, end: { phase: 'Failed', exitCode: 137, reason: 'Evicted' } });
    this.report(uid);
  }

  /** The server has taken the pod's end. */
  private forget(uid: string): void {
    this.cares.end(uid);
    this.machine.disk.delete(uid);
  }

  private report(uid: string): void {
    const remembered = this.machine.disk.get(uid);
    if (remembered === undefined) return;
    const container = this.machine.get(uid);
    const { isReady, readySinceMs } = this.cares.of(uid);
    const isRunning = container !== undefined && container.exitCode === undefined;
    const observed = { isRunning, isReady, ip: ipOf(uid), ...(readySinceMs === undefined ? {} : { readySinceMs }) };
    const { uid: podUid, namespace = '', name } = remembered.pod.metadata;
    this.session.status({
      uid: podUid,
      namespace,
      name,
      status: podStatusOf(remembered, observed, this.clock.now()),
    });
  }
}

/** How a pod ended that was stopped in its course: told before it is gone, too. */
const KILLED = { phase: 'Failed', exitCode: 137 } as const;

const hasVolumes = ({ spec }: Pod): boolean =>
  (spec.volumes ?? []).every((volume) => volume.persistentVolumeClaim === undefined || volume.hostPath !== undefined);

/** An address that stays a pod's own. */
const ipOf = (uid: string): string => `10.${[0, 2, 4].map((at) => parseInt(uid.slice(at, at + 2), 16) || 0).join('.')}`;
