import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { EngineInfo, Observed, Runtime, RuntimeEvent } from '../runtime/runtime';

const RETRY_MS = 2_000;

export interface EngineListener {
  /** All there is, after the engine came up or back: events may have been missed. */
  onListed(observed: Observed): Promise<void>;
  onEvent(event: Exclude<RuntimeEvent, { type: 'engine' }>): void;
}

/** Follows the engine: up or down, what it runs, what happens to it. */
export class EngineWatch {
  /** Why the engine cannot be used; undefined while it can. */
  problem: string | undefined = 'not answered yet';
  info: EngineInfo | undefined;
  private readonly stopping = new AbortController();
  private following: Promise<void> | undefined;
  private bringingUp: Promise<void> = Promise.resolve();
  private cancelRetry: () => void = () => undefined;

  constructor(
    private readonly options: {
      readonly runtime: Runtime;
      readonly clock: Clock;
      readonly logger: Logger;
      readonly listener: EngineListener;
    },
  ) {}

  /** Resolves once the engine was listed for the first time, or found to be down. */
  async start(): Promise<void> {
    // Listening first: what happens during the listing must not be missed.
    this.following ??= this.follow(this.options.runtime.events(this.stopping.signal));
    await this.bringUp();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.cancelRetry();
    await this.following;
  }

  /** One at a time, in the order they were asked for. Tried again for as long as the engine is down. */
  private bringUp(): Promise<void> {
    this.bringingUp = this.bringingUp.then(() => this.tryBringUp());
    return this.bringingUp;
  }

  private async tryBringUp(): Promise<void> {
    const { runtime, logger, listener } = this.options;
    this.cancelRetry();
    try {
      await runtime.prepare();
      this.info = await runtime.info();
      await listener.onListed(await runtime.list());
      if (this.problem !== undefined) logger.info({ runtime: this.info.runtimeVersion }, 'engine is up');
      this.problem = undefined;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (this.problem !== message) logger.warn({ error: message }, 'engine is down');
      this.problem = message;
      if (!this.stopping.signal.aborted)
        this.cancelRetry = this.options.clock.setTimeout(() => void this.bringUp(), RETRY_MS);
    }
  }

  private async follow(events: AsyncIterable<RuntimeEvent>): Promise<void> {
    for await (const event of events) {
      if (this.stopping.signal.aborted) return;
      if (event.type !== 'engine') this.options.listener.onEvent(event);
      else if (event.action === 'lost') {
        this.options.logger.warn({ why: event.message }, 'engine is lost');
        this.problem = event.message;
      } else {
        await this.bringUp();
      }
    }
  }
}
