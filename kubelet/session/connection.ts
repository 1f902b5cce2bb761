import type { Socket } from 'socket.io-client';
import { io } from 'socket.io-client';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import { StatusError } from '../../shared/status-error';
import { AgentStreams } from '../../shared/wire/agent-streams';
import { parseIngressChange } from '../../shared/wire/ingress';
import { parseNetworkChange } from '../../shared/wire/network';
import type { RelayFrames } from '../../shared/wire/pod-network';
import { parsePodNetworkChange, parseRelayFrames } from '../../shared/wire/pod-network';
import { parsePolicyChange } from '../../shared/wire/network-policy';
import type { Registration, Sync } from '../../shared/wire/node-channel';
import { HEARTBEAT_PERIOD_MS, NODE_CHANNEL_PATH } from '../../shared/wire/node-channel';
import {
  parseAck,
  parseObjectChanged,
  parsePodAssignment,
  parseNamespaceServices,
  parsePodRemoval,
  parseSync,
} from '../../shared/wire/parse-server';
import { parseStatus } from '../../shared/wire/parse-status';
import { RelayQueue } from '../../shared/wire/relay-queue';
import { hasRoomForFrames } from '../../shared/wire/relay-room';
import { parseStreamCredit, parseStreamData, parseStreamEnd, parseStreamOpen } from '../../shared/wire/parse-stream';
import { asDialError } from './dial-error';
import type { NodeCredential } from './node-credential';
import type { SessionHandlers } from './session';

const CONNECT_TIMEOUT_MS = 10_000;
const REGISTER_TIMEOUT_MS = 30_000;

type Figures = Awaited<ReturnType<SessionHandlers['heartbeat']>>;

/** One socket from its dial to its end. Nothing of it is used again: the next dial makes a new one. */
export class Connection {
  /** Resolves with the reason when an open connection ends. */
  readonly closed: Promise<string>;
  private readonly socket: Socket;
  private readonly streams: AgentStreams;
  private readonly relayed: RelayQueue;
  private readonly gone = new AbortController();
  private stopBeating: () => void = () => undefined;

  constructor(
    private readonly options: {
      readonly url: string;
      readonly identity: NodeCredential;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly handlers: SessionHandlers;
      /** The handlers have been given everything up to this revision. */
      readonly onPush: (revision: number) => void;
    },
  ) {
    const { identity, url, handlers } = options;
    this.socket = io(url, {
      path: NODE_CHANNEL_PATH,
      transports: ['websocket'],
      key: identity.key,
      cert: identity.certificate,
      ca: identity.caCertificate,
      rejectUnauthorized: true,
      autoConnect: false,
      reconnection: false,
      forceNew: true,
    });
    const emit = (event: string) => (message: unknown) => {
      if (this.socket.connected) this.socket.emit(event, message);
    };
    this.streams = new AgentStreams(
      { data: emit('streamData'), end: emit('streamEnd'), credit: emit('streamCredit') },
      (request, stream) => handlers.onStream(request, stream),
    );
    this.relayed = new RelayQueue({
      clock: options.clock,
      hasRoom: () => hasRoomForFrames(this.socket.io.engine),
      send: (frames) => emit('relayFrames')(frames),
    });
    this.closed = new Promise((resolve) => {
      this.socket.on('disconnect', (reason) => {
        this.stopBeating();
        this.relayed.clear();
        this.gone.abort(new StatusError('ServiceUnavailable', `the connection to the server was lost: ${reason}`));
        this.streams.connectionClosed();
        resolve(reason);
      });
    });
  }

  /** Aborts when the connection ends. */
  get signal(): AbortSignal {
    return this.gone.signal;
  }

  /** Throws a StatusError that says why the server could not be reached, or why it refused. */
  open(): Promise<void> {
    const url = new URL(this.options.url);
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        cancel();
        act();
      };
      const cancel = this.options.clock.setTimeout(
        () => settle(() => reject(asDialError(url, new Error(`no answer in ${CONNECT_TIMEOUT_MS / 1_000} s`)))),
        CONNECT_TIMEOUT_MS,
      );
      this.socket.once('connect', () => settle(resolve));
      this.socket.once('connect_error', (error) => settle(() => reject(refusalOf(url, error))));
      this.socket.once('disconnect', (reason) => settle(() => reject(new StatusError('ServiceUnavailable', reason))));
      this.gone.signal.addEventListener('abort', () =>
        settle(() => reject(new StatusError('ServiceUnavailable', 'the connection was closed'))),
      );
      this.socket.connect();
    });
  }

  /** Idempotent. */
  close(): void {
    this.stopBeating();
    this.socket.disconnect();
    this.gone.abort(new StatusError('ServiceUnavailable', 'the connection was closed'));
  }

  /** `onSync` is called in the very turn in which the answer arrives, since pushes may be right behind it. */
  async register(registration: Registration, onSync: (sync: Sync) => void): Promise<void> {
    const begin = (answer: unknown): void => onSync(parseSync(answer));
    await this.ask('register', registration, begin, REGISTER_TIMEOUT_MS);
  }

  /** Hands what the server pushes to the handlers.  */
  startPushes({ onPodRemoved }: { readonly onPodRemoved: (uid: string) => void }): void {
    const { handlers, onPush } = this.options;
    this.onTold('sync', parseSync, (sync) => {
      handlers.onSync(sync);
      onPush(sync.revision);
    });
    this.onTold('pod', parsePodAssignment, (message) => {
      handlers.onPod(message);
      onPush(message.revision);
    });
    this.onTold('podRemoved', parsePodRemoval, (message) => {
      onPodRemoved(message.uid);
      handlers.onPodRemoved(message);
      onPush(message.revision);
    });
    this.onTold('objectChanged', parseObjectChanged, (message) => handlers.onObjectChanged(message));
    this.onTold('services', parseNamespaceServices, (message) => handlers.onServices(message));
    this.onTold('network', parseNetworkChange, (change) => {
      const applied = (): void => this.tell('networkApplied', { revision: change.revision });
      const doing = handlers.onNetwork?.(change) ?? Promise.resolve();
      doing.then(applied, (error: unknown) => {
        this.options.logger.error({ err: error }, 'services could not be programmed on this node');
      });
    });
    this.onTold('relayFrames', parseRelayFrames, (frames) => handlers.onRelayFrames?.(frames));
    this.onTold('podNetwork', parsePodNetworkChange, (change) => handlers.onPodNetwork?.(change));
    this.onTold('policies', parsePolicyChange, (change) => handlers.onPolicies?.(change));
    this.onTold('ingress', parseIngressChange, (change) => handlers.onIngress?.(change));
    this.onTold('streamData', parseStreamData, (message) => this.streams.onData(message));
    this.onTold('streamEnd', parseStreamEnd, (message) => this.streams.onEnd(message));
    this.onTold('streamCredit', parseStreamCredit, (message) => this.streams.onCredit(message));
    this.socket.on('streamOpen', (payload: unknown, ack: unknown) => void this.onStreamOpen(payload, ack));
  }

  /** A beat now, and then every `HEARTBEAT_PERIOD_MS`. */
  startBeating(): void {
    let sequence = 0;
    let isBeating = false;
    let figures: Figures | undefined;
    let gathering: Promise<Figures> | undefined;
    const beat = async (): Promise<void> => {
      // The figures of before go where new ones take long, as of a disk that does not answer; they are not piled up.
      if (isBeating) return;
      isBeating = true;
      try {
        gathering ??= this.options.handlers
          .heartbeat()
          .then((fresh) => (figures = fresh))
          .finally(() => (gathering = undefined));
        figures = (await this.withinPeriod(gathering)) ?? figures ?? (await gathering);
        sequence += 1;
        const { clock, handlers } = this.options;
        const sentMs = clock.monotonic();
        if (!this.socket.connected) return;
        this.socket.emit('heartbeat', { ...figures, sequence, sentAtMs: clock.now() }, () =>
          handlers.onBeatAnswered(clock.monotonic() - sentMs),
        );
      } catch (error) {
        this.options.logger.error({ err: error }, 'no heartbeat: its figures could not be gathered');
      } finally {
        isBeating = false;
      }
    };
    void beat();
    this.stopBeating = this.options.clock.setInterval(() => void beat(), HEARTBEAT_PERIOD_MS);
  }

  /** Undefined where it takes half a period. */
  private async withinPeriod<T>(work: Promise<T>): Promise<T | undefined> {
    // Whoever comes after the time limit finds nobody who waits.
    work.catch(() => undefined);
    const limit = new AbortController();
    const late = this.options.clock.sleep(HEARTBEAT_PERIOD_MS / 2, limit.signal).then(
      () => undefined,
      () => undefined,
    );
    try {
      return await Promise.race([work, late]);
    } finally {
      limit.abort();
    }
  }

  /** Sends what needs no answer; dropped when the connection is gone. */
  tell(event: string, message: unknown): void {
    if (this.socket.connected) this.socket.emit(event, message);
  }

  /** They wait where much waits already: heartbeats and statuses go over the same socket. Dropped where too many do. */
  sendFrames(frames: RelayFrames): void {
    if (this.socket.connected) this.relayed.offer(frames);
  }

  /** The server's answer. Throws the Status it refused with, or ServiceUnavailable when none came. */
  ask<T>(event: string, message: unknown, parse: (value: unknown) => T, timeoutMs: number): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.socket.connected) return reject(new StatusError('ServiceUnavailable', 'not connected to the server'));
      const settle = (act: () => void): void => {
        cancel();
        this.gone.signal.removeEventListener('abort', onGone);
        act();
      };
      const fail = (why: string) => (): void => settle(() => reject(new StatusError('ServiceUnavailable', why)));
      const onGone = fail('the connection to the server was lost');
      const cancel = this.options.clock.setTimeout(fail(`the server did not answer "${event}" in time`), timeoutMs);
      this.gone.signal.addEventListener('abort', onGone, { once: true });
      this.socket.emit(event, message, (answer: unknown) =>
        settle(() => {
          try {
            const ack = parseAck(answer, parse);
            if ('ok' in ack) resolve(ack.ok);
            else reject(StatusError.fromStatus(ack.status));
          } catch (error) {
            reject(error as Error);
          }
        }),
      );
    });
  }

  private async onStreamOpen(payload: unknown, ack: unknown): Promise<void> {
    if (typeof ack !== 'function') return;
    try {
      Reflect.apply(ack, undefined, [await this.streams.onOpen(parseStreamOpen(payload))]);
    } catch (error) {
      const refusal =
        error instanceof StatusError ? error : new StatusError('BadRequest', 'not a request for a stream');
      Reflect.apply(ack, undefined, [{ status: refusal.toStatus() }]);
    }
  }

  private onTold<T>(event: string, parse: (payload: unknown) => T, handle: (message: T) => void): void {
    this.socket.on(event, (payload: unknown) => {
      try {
        handle(parse(payload));
      } catch (error) {
        // What the server says must be understood, or the node would run something else: only a resync makes it whole.
        this.options.logger.error({ event, err: error }, 'a message of the server was not understood, connecting anew');
        this.close();
      }
    });
  }
}

/** A connect_error: the server's own refusal carries its Status, anything else is the network's. */
function refusalOf(url: URL, error: Error): StatusError {
  const data: unknown = Reflect.get(error, 'data');
  if (data !== undefined) {
    try {
      return StatusError.fromStatus(parseStatus(data, 'refusal'));
    } catch {
      return asDialError(url, error);
    }
  }
  const description: unknown = Reflect.get(error, 'description');
  const cause: unknown =
    typeof description === 'object' && description !== null ? Reflect.get(description, 'error') : undefined;
  return asDialError(url, cause ?? error);
}
