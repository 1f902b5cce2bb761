import type { Clock } from '../../shared/clock';
import type { Heartbeat } from '../../shared/wire/node-channel';
import { HEARTBEAT_PERIOD_MS, MISSED_BEATS_NOT_READY } from '../../shared/wire/node-channel';

/**
 * - awaited: no word yet since this server started; not held against the node for a while;
 * - connected: its beats come;
 * - suspect: its connection closed, or a beat is overdue;
 * - lost: given up after `MISSED_BEATS_NOT_READY` beats.
 */
export type LivenessState = 'awaited' | 'connected' | 'suspect' | 'lost';

/** A condition as the agent vouches for it, without timestamps. */
export type AgentCondition = Heartbeat['conditions'][number];

export interface NodeLiveness {
  readonly state: LivenessState;
  /** What the agent said last. */
  readonly conditions: readonly AgentCondition[];
  /** Whether an agent of this node was ever heard since this server started. */
  readonly heard: boolean;
  /** Its agent has gone and its machine has not: nobody is there to stop anything until it is back. */
  readonly hasLeft: boolean;
}

/** Which nodes are alive, for the node lifecycle controller. */
export interface LivenessReader {
  of(nodeName: string): NodeLiveness;
  /** How long ago its last word came; of one never heard, how long it was waited for. */
  silentMs(nodeName: string): number;
  /** Calls `handler` with the node's name whenever what `of` answers has changed. Returns the function that unsubscribes. */
  onChange(handler: (nodeName: string) => void): () => void;
}

interface Entry {
  state: LivenessState;
  conditions: readonly AgentCondition[];
  heard: boolean;
  hasLeft: boolean;
  isOpen: boolean;
  /** Monotonic. */
  lastBeatMs: number;
}

/** Missed beats that make a connected node suspect: one late beat alone is a busy machine. */
const MISSED_BEATS_SUSPECT = 2;
const TICK_MS = HEARTBEAT_PERIOD_MS / 4;
/** After its own start a server waits this long for the agents to come back, longer than their longest pause between dials. */
export const STARTUP_GRACE_MS = 15_000;

/** Watches beats and connections. Nothing here is stored: an idle cluster writes nothing. */
export class LivenessMonitor implements LivenessReader {
  private readonly entries = new Map<string, Entry>();
  private readonly handlers = new Set<(nodeName: string) => void>();
  private stopTicking: (() => void) | undefined;
  private lastTickMs = 0;

  constructor(private readonly clock: Clock) {}

  /** Idempotent. */
  start(): void {
    if (this.stopTicking !== undefined) return;
    this.lastTickMs = this.clock.monotonic();
    this.stopTicking = this.clock.setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    this.stopTicking?.();
    this.stopTicking = undefined;
  }

  of(nodeName: string): NodeLiveness {
    return this.entryOf(nodeName);
  }

  silentMs(nodeName: string): number {
    return this.clock.monotonic() - this.entryOf(nodeName).lastBeatMs;
  }

  onChange(handler: (nodeName: string) => void): () => void {
    this.handlers.add(handler);
    return () => this.handlers.delete(handler);
  }

  connected(nodeName: string, conditions: readonly AgentCondition[]): void {
    const entry = this.entryOf(nodeName);
    entry.isOpen = true;
    entry.hasLeft = false;
    this.beat(nodeName, conditions);
  }

  beat(nodeName: string, conditions: readonly AgentCondition[]): void {
    const entry = this.entryOf(nodeName);
    entry.lastBeatMs = this.clock.monotonic();
    entry.heard = true;
    const changed = entry.state !== 'connected' || !sameConditions(entry.conditions, conditions);
    entry.state = 'connected';
    entry.conditions = conditions;
    if (changed) this.tell(nodeName);
  }

  /**
   * Something came from it that is no beat: it is there, on a machine so busy that its beats are late. A node that is
   * suspected stays so until it beats again, but is not given up.
   */
  heard(nodeName: string): void {
    const entry = this.entries.get(nodeName);
    if (entry?.isOpen === true && (entry.state === 'connected' || entry.state === 'suspect'))
      entry.lastBeatMs = Math.max(entry.lastBeatMs, this.clock.monotonic() - HEARTBEAT_PERIOD_MS);
  }

  /** `byAgent`: it closed the connection, or the machine did for it. */
  disconnected(nodeName: string, { byAgent }: { readonly byAgent: boolean } = { byAgent: false }): void {
    const entry = this.entryOf(nodeName);
    entry.isOpen = false;
    entry.hasLeft = byAgent;
    if (entry.state === 'connected') this.move(nodeName, entry, 'suspect');
  }

  /** The Node object is gone. */
  forget(nodeName: string): void {
    if (this.entries.get(nodeName)?.isOpen === false) this.entries.delete(nodeName);
  }

  private entryOf(nodeName: string): Entry {
    const known = this.entries.get(nodeName);
    if (known !== undefined) return known;
    const entry: Entry = {
      state: 'awaited',
      conditions: [],
      heard: false,
      hasLeft: false,
      isOpen: false,
      lastBeatMs: this.clock.monotonic(),
    };
    this.entries.set(nodeName, entry);
    return entry;
  }

  private tick(): void {
    const nowMs = this.clock.monotonic();
    // Where this process itself stood still, the agents' beats did too: that time does not count as their silence.
    const stoodStillMs = Math.max(0, nowMs - this.lastTickMs - 2 * TICK_MS);
    this.lastTickMs = nowMs;
    for (const [nodeName, entry] of this.entries) {
      entry.lastBeatMs = Math.min(nowMs, entry.lastBeatMs + stoodStillMs);
      const next = stateAfter(entry, nowMs - entry.lastBeatMs);
      if (next !== entry.state) this.move(nodeName, entry, next);
    }
  }

  private move(nodeName: string, entry: Entry, state: LivenessState): void {
    entry.state = state;
    this.tell(nodeName);
  }

  private tell(nodeName: string): void {
    for (const handler of this.handlers) handler(nodeName);
  }
}

function stateAfter({ state }: Entry, silentMs: number): LivenessState {
  const missed = Math.floor(silentMs / HEARTBEAT_PERIOD_MS);
  switch (state) {
    case 'awaited':
      return silentMs >= STARTUP_GRACE_MS ? 'lost' : state;
    case 'connected':
      if (missed >= MISSED_BEATS_NOT_READY) return 'lost';
      return missed >= MISSED_BEATS_SUSPECT ? 'suspect' : state;
    case 'suspect':
      return missed >= MISSED_BEATS_NOT_READY ? 'lost' : state;
    case 'lost':
      return state;
  }
}

const sameConditions = (one: readonly AgentCondition[], other: readonly AgentCondition[]): boolean =>
  one.length === other.length &&
  one.every((condition, index) => {
    const against = other[index];
    return (
      condition.type === against?.type &&
      condition.status === against.status &&
      condition.reason === against.reason &&
      condition.message === against.message
    );
  });
