import type { Runtime, RuntimeEvent } from '../runtime';

/** Everything that a runtime tells from now on; a test waits for what it expects instead of sleeping. */
export class EventLog {
  readonly events: RuntimeEvent[] = [];
  private readonly stopping = new AbortController();
  private readonly waiters = new Set<() => void>();
  private readonly reading: Promise<void>;

  constructor(runtime: Runtime) {
    this.reading = this.read(runtime.events(this.stopping.signal));
  }

  /** `container died`, `sandbox started`, `engine lost` … of one id, in order. */
  of(id: string): readonly string[] {
    return this.events.filter((event) => event.type !== 'engine' && event.id === id).map(({ action }) => action);
  }

  /** Resolves once that has happened, which it may have already. */
  async until(isIt: (event: RuntimeEvent) => boolean): Promise<RuntimeEvent> {
    for (;;) {
      const found = this.events.find(isIt);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => this.waiters.add(resolve));
    }
  }

  untilOf(id: string, action: RuntimeEvent['action']): Promise<RuntimeEvent> {
    return this.until((event) => event.type !== 'engine' && event.id === id && event.action === action);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.reading;
  }

  private async read(events: AsyncIterable<RuntimeEvent>): Promise<void> {
    for await (const event of events) {
      this.events.push(event);
      for (const waiter of this.waiters) waiter();
      this.waiters.clear();
    }
  }
}
