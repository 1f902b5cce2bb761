import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';

/** As Kubernetes' kubelet collects images. */
const PERIOD_MS = 5 * 60_000;
const FIRST_AFTER_MS = 15_000;

/** What an agent does from time to time so that its machine stays clean: one task after the other. */
export class Housekeeping {
  private running: Promise<void> | undefined;
  private readonly ending = new AbortController();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly logger: Logger;
      readonly tasks: readonly { readonly name: string; readonly run: () => Promise<void> }[];
    },
  ) {}

  /** Idempotent. */
  start(): void {
    this.running ??= this.run(this.ending.signal);
  }

  /** Resolves when what is under way has ended. Idempotent. */
  async stop(): Promise<void> {
    this.ending.abort();
    await this.running;
  }

  private async run(signal: AbortSignal): Promise<void> {
    const { clock, logger, tasks } = this.options;
    const pause = (ms: number): Promise<void> => clock.sleep(ms, signal).catch(() => undefined);
    await pause(FIRST_AFTER_MS);
    while (!signal.aborted) {
      for (const { name, run } of tasks)
        await run().catch((error: unknown) => logger.warn({ task: name, err: error }, 'not done, tried again later'));
      await pause(PERIOD_MS);
    }
  }
}
