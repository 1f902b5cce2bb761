import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { FenceTerms } from '../../shared/wire/fence';
import { isFenced } from '../../shared/wire/fence';
import { ServerLease } from '../../shared/wire/server-lease';
import { readLease, writeLease } from './lease-file';

export interface PodFenceOptions {
  readonly dataDir: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly bootId: () => Promise<string>;
  /** How long the machine is up, in milliseconds: goes on while no agent runs. */
  readonly uptimeMs: () => number;
  /** Whether this node has pods that this is about. */
  readonly isNeeded: () => boolean;
  /** The server has been away for too long: what must not run twice is to stop now. */
  readonly onLost: () => void;
  /** The server answers: what waited for it may start. */
  readonly onHeld: () => void;
}

/** When pods that must not run twice may start on this node, and when they must stop. It outlives its agent in a file. */
export class PodFence {
  private lease: ServerLease | undefined;
  private agreed: FenceTerms | undefined;
  /** Somebody was told that this node stops pods by itself: it must not start them without a word either. */
  private isBound = false;
  private renewedUptimeMs = 0;
  private bootId = '';
  private writing: Promise<void> | undefined;

  constructor(private readonly options: PodFenceOptions) {}

  /** Takes over from an agent before. Call it before anything else. */
  async start(): Promise<void> {
    const { dataDir, clock, uptimeMs, bootId, onLost } = this.options;
    this.bootId = await bootId();
    const kept = await readLease(dataDir);
    this.isBound = kept !== undefined;
    const isOfThisBoot = kept !== undefined && kept.bootId === this.bootId && kept.renewedUptimeMs <= uptimeMs();
    if (isOfThisBoot) {
      this.agreed = kept.terms;
      this.renewedUptimeMs = kept.renewedUptimeMs;
    }
    this.lease = new ServerLease(
      clock,
      onLost,
      isOfThisBoot
        ? { terms: kept.terms, renewedMs: clock.monotonic() - (uptimeMs() - kept.renewedUptimeMs) }
        : undefined,
    );
  }

  /** Resolves when what was last agreed is written. */
  async stop(): Promise<void> {
    this.lease?.stop();
    await this.writing;
  }

  /** What this node goes by, for the server to know. */
  get terms(): FenceTerms {
    return this.agreed ?? { afterMs: 0 };
  }

  /** Whether a pod of which nothing runs may be started. */
  mayStart(pod: Pod): boolean {
    return !isFenced(pod) || !this.isBound || this.lease?.isHeld === true;
  }

  agree(terms: FenceTerms | undefined): void {
    this.agreed = terms;
    this.isBound = terms !== undefined;
    this.lease?.agree(terms ?? null);
  }

  /** A beat that was sent `agoMs` ago has been answered. */
  renew(agoMs: number): void {
    const wasHeld = this.lease?.isHeld === true;
    this.renewedUptimeMs = this.options.uptimeMs() - agoMs;
    this.lease?.renew(this.options.clock.monotonic() - agoMs);
    this.keep();
    if (!wasHeld) this.options.onHeld();
  }

  /** One write at a time; what comes meanwhile is in the next. */
  private keep(): void {
    const { agreed, renewedUptimeMs, bootId } = this;
    if (agreed === undefined || this.writing !== undefined || !this.options.isNeeded()) return;
    this.writing = writeLease(this.options.dataDir, { bootId, terms: agreed, renewedUptimeMs })
      .catch((error: unknown) =>
        this.options.logger.warn({ err: error }, 'lease not written: the next agent may stop pods too early'),
      )
      .finally(() => (this.writing = undefined));
  }
}
