import type { Clock } from '../../../shared/clock';
import type { AgentSocket } from '../../node-channel/agent-socket';
import type { Direction, Link } from './link';

type Handler = (payload: unknown, ack: unknown) => void;

/** The channel's own: how often each end pings, and how long it waits for the other's word before it gives up. */
const PING_MS = 5_000;
const SILENCE_MS = 10_000;

/** One end of a connection without a wire. Its messages are what the other end is handed: they are never changed. */
export class SocketEnd implements AgentSocket {
  connected = true;
  readonly handshake = { address: '192.0.2.1' };
  readonly conn = { on: (_event: 'packet', handler: () => void): unknown => this.onPacket.push(handler) };
  readonly volatile = { emit: (event: string, ...parts: unknown[]): boolean => this.emit(event, ...parts) };
  private readonly handlers = new Map<string, { readonly handler: Handler; readonly isOnce: boolean }[]>();
  private readonly onPacket: (() => void)[] = [];
  private peer: SocketEnd | undefined;
  private heardMs: number;
  private readonly stopPinging: () => void;

  constructor(
    private readonly world: { readonly clock: Clock; readonly link: Link },
    private readonly direction: Direction,
  ) {
    this.heardMs = world.clock.monotonic();
    this.stopPinging = world.clock.setInterval(() => this.ping(), PING_MS);
  }

  static pair(world: { readonly clock: Clock; readonly link: Link }): {
    readonly server: SocketEnd;
    readonly agent: SocketEnd;
  } {
    const [server, agent] = [new SocketEnd(world, 'toAgent'), new SocketEnd(world, 'toServer')];
    server.peer = agent;
    agent.peer = server;
    return { server, agent };
  }

  emit(event: string, ...parts: unknown[]): boolean {
    if (!this.connected) return false;
    const last = parts.at(-1);
    const [payload] = parts;
    const ack =
      typeof last === 'function' ? this.answerTo((answer) => Reflect.apply(last, undefined, [answer])) : undefined;
    this.send((peer) => peer.receive(event, payload, ack));
    return true;
  }

  on(event: string, handler: Handler): this {
    return this.listen(event, handler, false);
  }

  once(event: string, handler: () => void): this {
    return this.listen(event, handler, true);
  }

  off(event: string, handler: () => void): this {
    const listening = this.handlers.get(event) ?? [];
    this.handlers.set(
      event,
      listening.filter((each) => each.handler !== handler),
    );
    return this;
  }

  /** The other end learns of it as soon as the network lets it. */
  disconnect(): this {
    if (!this.connected) return this;
    this.send((peer) => peer.end('transport close'));
    this.end(this.direction === 'toAgent' ? 'server namespace disconnect' : 'io client disconnect');
    return this;
  }

  /** Without a word to the other end: the machine lost its power. */
  vanish(): void {
    this.connected = false;
    this.stopPinging();
    this.handlers.clear();
  }

  setMaxListeners(): this {
    return this;
  }

  private answerTo(ack: (answer: unknown) => void): (answer: unknown) => void {
    const { peer } = this;
    return (answer) => {
      if (peer?.connected === true) peer.send(() => ack(answer));
    };
  }

  private send(deliver: (peer: SocketEnd) => void): void {
    const { peer } = this;
    if (peer === undefined) return;
    this.world.link.send(this.direction, () => {
      if (!peer.connected) return;
      peer.heardMs = this.world.clock.monotonic();
      for (const handler of peer.onPacket) handler();
      deliver(peer);
    });
  }

  private receive(event: string, payload: unknown, ack: unknown): void {
    for (const { handler, isOnce } of [...(this.handlers.get(event) ?? [])]) {
      if (isOnce) this.off(event, handler as () => void);
      handler(payload, ack);
    }
  }

  private ping(): void {
    if (this.world.clock.monotonic() - this.heardMs > SILENCE_MS) return this.end('ping timeout');
    this.send(() => undefined);
  }

  private end(reason: string): void {
    if (!this.connected) return;
    this.connected = false;
    this.stopPinging();
    this.receive('disconnect', reason, undefined);
  }

  private listen(event: string, handler: Handler, isOnce: boolean): this {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), { handler, isOnce }]);
    return this;
  }
}
