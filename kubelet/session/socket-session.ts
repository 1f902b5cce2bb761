import type { ConfigMap, Secret } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { Random } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import type {
  EventReport,
  NodeImages,
  ObjectRef,
  PodStatusReport,
  PodTerminated,
  PodToken,
  Sync,
  TokenOrder,
} from '../../shared/wire/node-channel';
import { parseConfigObject, parseDone, parseJoinResponse, parsePodToken } from '../../shared/wire/parse-server';
import { parseImageNames } from '../../shared/wire/node-images';
import { Backoff } from './backoff';
import { RenewedCredential } from './certificate-renewal';
import { Connection } from './connection';
import type { NodeCredential } from './node-credential';
import type { PodNetworkReport, RelayFrames } from '../../shared/wire/pod-network';
import type { OutgoingReport } from './report-outbox';
import { ReportOutbox } from './report-outbox';
import type { Session, SessionHandlers } from './session';

/** Events kept while disconnected; older ones go first. */
const MAX_EVENTS_WAITING = 500;
const ANSWER_TIMEOUT_MS = 10_000;
/** Before a report is sent again that the server could not take just now. */
const REPORT_RETRY_MS = 1_000;

export interface SessionOptions {
  /** Tried in turn. */
  readonly serverUrls: readonly string[];
  readonly nodeName: string;
  readonly identity: NodeCredential;
  /** Keeps a renewed credential over restarts. */
  readonly keepCredential: (fresh: NodeCredential) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly handlers: SessionHandlers;
}

export const createSession = (options: SessionOptions): Session => new SocketSession(options);

/** One connection after another, until stopped. What must not be lost between two waits in the outbox. */
class SocketSession implements Session {
  private readonly outbox = new ReportOutbox();
  private readonly events: EventReport[] = [];
  private readonly stopping = new AbortController();
  private running: Promise<void> | undefined;
  /** Stands only while registered. */
  private connection: Connection | undefined;
  /** The last revision that the handlers were given. */
  private lastRevision = 0;
  private images: NodeImages | undefined;
  private readonly credential: RenewedCredential;
  private stopRenewing: () => void = () => undefined;

  constructor(private readonly options: SessionOptions) {
    this.credential = new RenewedCredential(options.identity, { ...options, keep: options.keepCredential });
  }

  start(): void {
    this.running ??= this.run(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort(new Error('the session was stopped'));
    await this.running;
  }

  reportPodStatus(report: PodStatusReport): void {
    this.outbox.status(report);
  }

  reportPodTerminated(pod: PodTerminated): void {
    this.outbox.terminated(pod);
  }

  reportEvent(event: EventReport): void {
    if (this.connection !== undefined) return this.connection.tell('event', event);
    this.events.push(event);
    if (this.events.length > MAX_EVENTS_WAITING) this.events.shift();
  }

  reportImages(message: NodeImages): void {
    this.images = message;
    this.connection?.tell('nodeImages', message);
  }

  referredImages(names: readonly string[]): Promise<readonly string[]> {
    return this.ask('referredImages', { names }, parseImageNames);
  }

  reportPodNetwork(report: PodNetworkReport): void {
    this.connection?.tell('podNetwork', report);
  }

  sendRelayFrames(frames: RelayFrames): void {
    this.connection?.sendFrames(frames);
  }

  async fetch(ref: ObjectRef): Promise<ConfigMap | Secret | undefined> {
    return (await this.ask('fetch', ref, parseConfigObject)) ?? undefined;
  }

  requestToken(order: TokenOrder): Promise<PodToken> {
    return this.ask('token', order, parsePodToken);
  }

  async withdraw(podUid: string): Promise<void> {
    await this.ask('withdraw', { podUid }, parseDone);
  }

  private async ask<T>(event: string, message: unknown, parse: (value: unknown) => T): Promise<T> {
    if (this.connection === undefined) {
      throw new StatusError('ServiceUnavailable', 'the node is not connected to the server at the moment');
    }
    return this.connection.ask(event, message, parse, ANSWER_TIMEOUT_MS);
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { clock, random, logger, serverUrls, handlers } = this.options;
    const backoff = new Backoff(random);
    for (let attempt = 0; !signal.aborted; attempt++) {
      const url = serverUrls[attempt % serverUrls.length];
      if (url === undefined) throw new StatusError('BadRequest', 'no address of a server was given');
      const connection = new Connection({
        ...this.options,
        identity: this.credential.current,
        url,
        onPush: (revision) => (this.lastRevision = revision),
      });
      const end = (): void => connection.close();
      signal.addEventListener('abort', end, { once: true });
      try {
        await connection.open();
        const registration = { ...(await handlers.registration()), lastRevision: this.lastRevision };
        await connection.register(registration, (sync) => this.begin(connection, sync));
        backoff.reset();
        const reason = await connection.closed;
        this.end();
        handlers.onDisconnected(reason);
        logger.info({ server: url, reason }, 'disconnected from the server');
      } catch (error) {
        this.end();
        if (!signal.aborted) logger.warn({ server: url, err: error }, 'could not connect to the server');
      } finally {
        signal.removeEventListener('abort', end);
        connection.close();
      }
      await clock.sleep(backoff.nextMs(), signal).catch(() => undefined);
    }
  }

  private begin(connection: Connection, sync: Sync): void {
    const { handlers } = this.options;
    for (const uid of sync.removed) this.outbox.forget(uid);
    handlers.onSync(sync);
    this.lastRevision = sync.revision;
    this.connection = connection;
    connection.startPushes({ onPodRemoved: (uid) => this.outbox.forget(uid) });
    handlers.onConnected();
    connection.startBeating();
    this.outbox.connected((report) => this.sendReport(connection, report));
    if (this.images !== undefined) connection.tell('nodeImages', this.images);
    for (const event of this.events.splice(0)) connection.tell('event', event);
    this.stopRenewing = this.credential.renewOver((renewal) =>
      connection.ask('renewCertificate', renewal, parseJoinResponse, ANSWER_TIMEOUT_MS),
    );
  }

  private end(): void {
    this.connection = undefined;
    this.stopRenewing();
    this.outbox.disconnected();
  }

  private async sendReport(connection: Connection, { type, report }: OutgoingReport): Promise<void> {
    const { clock, logger } = this.options;
    const event = type === 'status' ? 'podStatus' : 'podTerminated';
    try {
      await connection.ask(event, report, () => true, ANSWER_TIMEOUT_MS);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      if (error.retryable || error.reason === 'InternalError') {
        await clock.sleep(REPORT_RETRY_MS, connection.signal);
        throw error;
      }
      if (error.reason === 'NotFound') this.outbox.forget(report.uid);
      else logger.warn({ pod: report.name, event, why: error.message }, 'the server refused a report');
    }
  }
}
