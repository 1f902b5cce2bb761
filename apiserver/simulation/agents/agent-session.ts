import type { Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import type { Random } from '../../../shared/random';
import type { FenceTerms } from '../../../shared/wire/fence';
import type {
  Heartbeat,
  PodAssignment,
  PodRemoval,
  PodStatusReport,
  Registration,
  Sync,
} from '../../../shared/wire/node-channel';
import { HEARTBEAT_PERIOD_MS } from '../../../shared/wire/node-channel';
import type { SocketEnd } from '../world/socket-pair';
import type { Machine } from './machine';

export interface AgentHandlers {
  /** What the node has, for its registration. */
  pods(): readonly Pod[];
  onSync(sync: Sync): void;
  onPod(message: PodAssignment): void;
  onPodRemoved(message: PodRemoval): void;
  /** What the node goes by. */
  fence(): FenceTerms;
  onBeatAnswered(sentMs: number): void;
  /** The server knows that the pod has ended for good. */
  onReported(uid: string): void;
}

const REDIAL_MS = { least: 300, most: 3_000 };
const RETRY_MS = 1_000;
const ANSWER_MS = 10_000;

interface Outgoing {
  report: PodStatusReport | undefined;
  terminated?: Pod;
  isSending: boolean;
  /** Counts what was sent: an answer to an older one says nothing any more. */
  attempt: number;
}

/** The agent's end of the channel as the real one behaves: it redials, resumes, and reports until it is heard. */
export class AgentSession {
  private socket: SocketEnd | undefined;
  private isRegistered = false;
  private lastRevision = 0;
  private sequence = 0;
  private readonly outbox = new Map<string, Outgoing>();

  constructor(
    private readonly machine: Machine,
    private readonly deps: {
      readonly clock: Clock;
      readonly random: Random;
      readonly dial: () => SocketEnd | undefined;
      readonly handlers: AgentHandlers;
    },
  ) {}

  start(): void {
    this.deps.clock.setInterval(() => this.beat(), HEARTBEAT_PERIOD_MS);
    this.redial();
  }

  die(hasPower: boolean): void {
    const { socket } = this;
    this.socket = undefined;
    if (hasPower) socket?.disconnect();
    else socket?.vanish();
  }

  /** Latest wins. */
  status(report: PodStatusReport): void {
    const outgoing = this.outgoingOf(report.uid);
    outgoing.report = report;
    this.send(report.uid, outgoing);
  }

  terminated(pod: Pod): void {
    const outgoing = this.outgoingOf(pod.metadata.uid);
    outgoing.terminated = pod;
    this.send(pod.metadata.uid, outgoing);
  }

  forget(uid: string): void {
    this.outbox.delete(uid);
  }

  private redial(): void {
    const { random, clock } = this.deps;
    clock.setTimeout(() => this.dial(), REDIAL_MS.least + random.next() * (REDIAL_MS.most - REDIAL_MS.least));
  }

  private dial(): void {
    const { handlers, dial } = this.deps;
    const socket = dial();
    if (socket === undefined) return this.redial();
    this.socket = socket;
    socket.on('disconnect', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.isRegistered = false;
      this.redial();
    });
    socket.on('pod', (message) => this.seen(message as PodAssignment, (it) => handlers.onPod(it)));
    socket.on('podRemoved', (message) => this.seen(message as PodRemoval, (it) => handlers.onPodRemoved(it)));
    socket.on('network', (message) =>
      socket.emit('networkApplied', { revision: (message as { revision: number }).revision }),
    );
    socket.emit('register', this.registration(), (answer: unknown) => {
      const { ok } = answer as { ok?: Sync };
      if (ok === undefined || this.socket !== socket) return void socket.disconnect();
      for (const uid of ok.removed) this.outbox.delete(uid);
      handlers.onSync(ok);
      this.lastRevision = ok.revision;
      this.isRegistered = true;
      this.sequence = 0;
      this.beat();
      for (const [uid, outgoing] of [...this.outbox]) {
        outgoing.isSending = false;
        this.send(uid, outgoing);
      }
    });
  }

  private seen<T extends { readonly revision: number }>(message: T, handle: (message: T) => void): void {
    handle(message);
    this.lastRevision = Math.max(this.lastRevision, message.revision);
  }

  private registration(): Registration {
    const { name, capacity, bootId } = this.machine;
    return {
      nodeName: name,
      bootId: String(bootId),
      agentVersion: 'simulated',
      status: { capacity: { ...capacity }, allocatable: { ...capacity } },
      labels: { 'kubernetes.io/hostname': name },
      pods: this.deps.handlers.pods().map(({ metadata: { uid, namespace = '', name: podName } }) => ({
        uid,
        namespace,
        name: podName,
      })),
      lastRevision: this.lastRevision,
      fence: this.deps.handlers.fence(),
    };
  }

  private beat(): void {
    if (!this.isRegistered || this.socket === undefined) return;
    const { clock, handlers } = this.deps;
    const sentMs = clock.monotonic();
    this.sequence += 1;
    const beat: Heartbeat = {
      sequence: this.sequence,
      sentAtMs: clock.now(),
      usage: IDLE,
      conditions: [this.machine.diskCondition],
    };
    this.socket.emit('heartbeat', beat, () => handlers.onBeatAnswered(sentMs));
  }

  private outgoingOf(uid: string): Outgoing {
    const known = this.outbox.get(uid);
    if (known !== undefined) return known;
    const outgoing: Outgoing = { report: undefined, isSending: false, attempt: 0 };
    this.outbox.set(uid, outgoing);
    return outgoing;
  }

  /** One message of a pod at a time; its end comes after its last status. */
  private send(uid: string, outgoing: Outgoing): void {
    const { socket } = this;
    if (socket === undefined || !this.isRegistered || outgoing.isSending) return;
    const { report, terminated } = outgoing;
    const message = report ?? (terminated === undefined ? undefined : refOf(terminated));
    if (message === undefined) return;
    outgoing.isSending = true;
    outgoing.report = undefined;
    const again = (delayMs: number): void => {
      this.deps.clock.setTimeout(() => {
        outgoing.isSending = false;
        if (this.outbox.get(uid) === outgoing) this.send(uid, outgoing);
      }, delayMs);
    };
    const attempt = (outgoing.attempt += 1);
    const cancel = this.deps.clock.setTimeout(() => {
      if (outgoing.attempt !== attempt) return;
      outgoing.report ??= report;
      outgoing.isSending = false;
      this.send(uid, outgoing);
    }, ANSWER_MS);
    socket.emit(report === undefined ? 'podTerminated' : 'podStatus', message, (answer: unknown) => {
      cancel();
      if (outgoing.attempt !== attempt) return;
      const { status } = answer as { status?: { reason?: string } };
      if (status === undefined) {
        if (report === undefined) {
          this.outbox.delete(uid);
          return this.deps.handlers.onReported(uid);
        }
        return again(0);
      }
      if (status.reason === 'NotFound') return void this.outbox.delete(uid);
      outgoing.report ??= report;
      again(RETRY_MS);
    });
  }
}

const refOf = ({ metadata: { uid, namespace = '', name } }: Pod) => ({ uid, namespace, name });

const IDLE: Heartbeat['usage'] = {
  cpuMilli: 0,
  cpuPercent: 0,
  memoryUsedBytes: 0,
  memoryAvailableBytes: 0,
  diskUsedBytes: 0,
  diskTotalBytes: 0,
  diskReadBytesPerSecond: 0,
  diskWriteBytesPerSecond: 0,
  networkRxBytesPerSecond: 0,
  networkTxBytesPerSecond: 0,
  load1: 0,
  processes: 0,
};
