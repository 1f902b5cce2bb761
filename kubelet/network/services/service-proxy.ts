import type { Clock } from '../../../shared/clock';
import type { Logger } from '../../../shared/logger';
import type { NetworkState } from '../network-state';
import type { Frontend, ProxyNode } from './frontend';
import type { FrontendChange, Kernel, SetChange } from './kernel';
import { ProxyTable } from './proxy-table';

/** Somebody else may have cleared the kernel's tables: as often it is asked. */
const CHECK_PERIOD_MS = 60_000;
const RETRY_MS = 5_000;

export interface ServiceProxyOptions {
  readonly state: NetworkState;
  readonly node: ProxyNode;
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps the kernel doing what the cluster's Services ask. One change at a time; what comes meanwhile is the next one.
 * After a failure nothing is known of the kernel: all is written anew.
 */
export class ServiceProxy {
  private readonly table: ProxyTable;
  private programmed = new Map<string, Frontend>();
  private local: ReadonlySet<string> = new Set();
  private podsProgrammed: ReadonlySet<string> = new Set();
  private pods: ReadonlySet<string> = new Set();
  private dirty = new Set<string>();
  private isKnown = false;
  private running: Promise<void> | undefined;
  private waiting: (() => void)[] = [];
  private stopChecks: () => void = () => undefined;
  private cancelRetry: () => void = () => undefined;
  private isStopped = false;
  private isBegun = false;

  constructor(private readonly options: ServiceProxyOptions) {
    this.table = new ProxyTable(options.state, options.node);
    this.stopChecks = options.clock.setInterval(() => void this.check(), CHECK_PERIOD_MS);
  }

  /** Resolves when the kernel does as the state says of these Services. */
  update(services: Iterable<string>): Promise<void> {
    for (const key of this.table.update(services)) this.dirty.add(key);
    return this.settled();
  }

  /** The addresses of this node's pods; resolves when they are served. Nothing is written before the first Services are told. */
  setPods(addresses: ReadonlySet<string>): Promise<void> {
    this.pods = addresses;
    return this.isBegun ? this.settled() : Promise.resolve();
  }

  /** The kernel goes on as it is. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.stopChecks();
    this.cancelRetry();
    await this.running;
  }

  /** Clients that stay with an endpoint are remembered by the kernel alone: what stands is left as it is. */
  private async check(): Promise<void> {
    if (!this.isKnown || this.running !== undefined || (await this.options.kernel.stands())) return;
    if (this.isStopped) return;
    this.options.logger.warn({}, 'somebody cleared what serves Services, writing it anew');
    this.isKnown = false;
    this.run();
  }

  private settled(): Promise<void> {
    this.isBegun = true;
    const done = new Promise<void>((resolve) => this.waiting.push(resolve));
    this.run();
    return done;
  }

  private run(): void {
    if (this.isStopped) return;
    this.running ??= this.work().finally(() => {
      this.running = undefined;
      if (this.isKnown && this.waiting.length > 0) this.run();
    });
  }

  private async work(): Promise<void> {
    // Whoever asks until then is served by the same change.
    await Promise.resolve();
    const served = this.waiting.splice(0);
    try {
      await this.program();
      for (const done of served) done();
    } catch (error) {
      this.options.logger.error({ err: error }, 'services could not be programmed, trying again');
      this.isKnown = false;
      this.waiting.unshift(...served);
      this.cancelRetry();
      this.cancelRetry = this.options.clock.setTimeout(() => this.run(), RETRY_MS);
    }
  }

  private async program(): Promise<void> {
    const isAnew = !this.isKnown;
    if (isAnew) {
      this.programmed = new Map();
      this.local = new Set();
      this.podsProgrammed = new Set();
      this.dirty = new Set(this.table.keys());
    }
    const frontends: FrontendChange[] = [...this.dirty].map((key) => ({
      old: this.programmed.get(key),
      fresh: this.table.get(key),
    }));
    const keys = [...this.dirty];
    this.dirty = new Set();
    const local = this.table.localAddresses();
    const { pods } = this;
    await this.options.kernel.apply({
      isAnew,
      frontends,
      local: between(this.local, local),
      pods: between(this.podsProgrammed, pods),
    });
    this.isKnown = true;
    this.local = local;
    this.podsProgrammed = pods;
    for (const [index, { fresh }] of frontends.entries()) {
      const key = keys[index] ?? '';
      if (fresh === undefined) this.programmed.delete(key);
      else this.programmed.set(key, fresh);
    }
  }
}

const between = (old: ReadonlySet<string>, fresh: ReadonlySet<string>): SetChange => ({
  gone: [...old].filter((each) => !fresh.has(each)),
  come: [...fresh].filter((each) => !old.has(each)),
});
