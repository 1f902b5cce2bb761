import { mkdir, readFile, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream';
import type { Clock } from '../../shared/clock';
import { errorCodeOf } from '../../shared/error-code';
import type { Logger } from '../../shared/logger';

/** Names that the server's certificate holds; pods are told of the first. */
export const API_NAMES = [
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  'kubernetes.default',
] as const;

const RETRY_MS = 5_000;
const DIAL_TIMEOUT_MS = 10_000;

/** Where pods of this node reach the API. */
export interface ApiAddress {
  readonly host: string;
  readonly ip: string;
  readonly port: number;
}

export interface ApiRelayOptions {
  readonly dataDir: string;
  /** Tried in turn. */
  readonly serverUrls: readonly string[];
  /** Of this machine, as its pods reach it; undefined while the engine does not say. */
  readonly hostAddress: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * The door to the API for pods, which may be on a network that does not reach the server: bytes are passed on as they
 * are, so that TLS and credentials are between pod and server. It listens on the engine's own network alone, and keeps
 * its port over restarts, since containers are told of it when they are made.
 */
export class ApiRelay {
  /** Resolves when it first listens; never, where it is stopped before. */
  readonly opened: Promise<void>;
  private announce: () => void = () => undefined;
  private readonly stopping = new AbortController();
  private readonly sockets = new Set<net.Socket>();
  private server: net.Server | undefined;
  private bound: ApiAddress | undefined;
  private running: Promise<void> | undefined;
  private preferred = 0;

  constructor(private readonly options: ApiRelayOptions) {
    this.opened = new Promise((resolve) => (this.announce = resolve));
  }

  /** Undefined until it listens. */
  get address(): ApiAddress | undefined {
    return this.bound;
  }

  /** Resolves when it listens, or has failed to for the first time; it tries again until stopped. */
  async start(): Promise<void> {
    if (await this.listen()) return;
    this.running = this.keepTrying(this.stopping.signal);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all([this.running, new Promise<void>((resolve) => this.close(resolve))]);
  }

  private close(done: () => void): void {
    if (this.server === undefined) return done();
    this.server.close(() => done());
  }

  private async keepTrying(signal: AbortSignal): Promise<void> {
    while (!signal.aborted && this.bound === undefined) {
      await this.options.clock.sleep(RETRY_MS, signal).catch(() => undefined);
      if (!signal.aborted) await this.listen();
    }
  }

  /** Whether it listens now. */
  private async listen(): Promise<boolean> {
    const { hostAddress, logger } = this.options;
    try {
      const ip = await hostAddress();
      if (ip === undefined) return false;
      const known = await this.knownPort();
      const port = await this.listenOn(ip, known).catch((error: unknown) => {
        if (errorCodeOf(error) !== 'EADDRINUSE' || known === 0) throw error;
        return this.listenOn(ip, 0);
      });
      if (port !== known) await this.keepPort(port);
      this.bound = { host: API_NAMES[0], ip, port };
      this.announce();
      return true;
    } catch (error) {
      logger.warn({ err: error }, 'pods cannot reach the API yet: the way to it could not be opened');
      return false;
    }
  }

  private listenOn(ip: string, port: number): Promise<number> {
    const server = net.createServer({ allowHalfOpen: true }, (socket) => this.relay(socket));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, ip, () => {
        this.server = server;
        resolve((server.address() as net.AddressInfo).port);
      });
    });
  }

  private relay(pod: net.Socket): void {
    this.track(pod);
    const { serverUrls, clock } = this.options;
    const { hostname, port } = new URL(serverUrls[this.preferred % serverUrls.length] ?? '');
    const server = net.connect({ host: hostname, port: Number(port === '' ? 443 : port), allowHalfOpen: true });
    this.track(server);
    const cancel = clock.setTimeout(() => server.destroy(), DIAL_TIMEOUT_MS);
    const giveUp = (): void => {
      cancel();
      // The next one is sent elsewhere, where there is an elsewhere.
      this.preferred += 1;
      pod.destroy();
    };
    server.once('close', giveUp);
    server.once('connect', () => {
      cancel();
      server.off('close', giveUp);
      // Either end closes the other when it breaks off; what the error was, its peer will say.
      pipeline(pod, server, () => undefined);
      pipeline(server, pod, () => undefined);
    });
  }

  private track(socket: net.Socket): void {
    this.sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.once('close', () => this.sockets.delete(socket));
  }

  private get portFile(): string {
    return path.join(this.options.dataDir, 'api-relay-port');
  }

  private async knownPort(): Promise<number> {
    const text = await readFile(this.portFile, 'utf8').catch((error: unknown) => {
      if (errorCodeOf(error) === 'ENOENT') return '0';
      throw error;
    });
    const port = Number(text);
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : 0;
  }

  private async keepPort(port: number): Promise<void> {
    await mkdir(this.options.dataDir, { recursive: true });
    await writeFile(this.portFile, String(port));
  }
}
