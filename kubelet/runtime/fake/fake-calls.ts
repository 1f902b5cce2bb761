import type { Clock } from '../../../shared/clock';
import type { Runtime } from '../runtime';

/** The asynchronous methods, each of which can be made to fail once. */
export type FakeMethod = Exclude<keyof Runtime, 'events' | 'interfaceProblem'>;

export interface FakeCall {
  readonly method: FakeMethod;
  readonly args: readonly unknown[];
}

/** What was asked of a fake, in order, and how the next answers are to go wrong or take their time. */
export class FakeCalls {
  readonly all: FakeCall[] = [];
  private readonly faults = new Map<FakeMethod, Error[]>();
  private readonly durationsMs = new Map<FakeMethod, number>();
  private waiting = 0;

  /** @param refusal why nothing is answered at the moment, if so. */
  constructor(
    private readonly clock: Clock,
    private readonly refusal: () => Error | undefined,
  ) {}

  /** Calls that wait for time to pass: nothing but the clock moves them on. */
  get asleep(): number {
    return this.waiting;
  }

  of(method: FakeMethod): readonly FakeCall[] {
    return this.all.filter((call) => call.method === method);
  }

  failNext(method: FakeMethod, error: Error): void {
    this.faults.set(method, [...(this.faults.get(method) ?? []), error]);
  }

  takes(method: FakeMethod, durationMs: number): void {
    this.durationsMs.set(method, durationMs);
  }

  /** Rejects where the call is to fail. What it is to do, it does afterwards. */
  async begin(method: FakeMethod, args: readonly unknown[]): Promise<void> {
    this.all.push({ method, args });
    const durationMs = this.durationsMs.get(method);
    await (durationMs === undefined ? Promise.resolve() : this.sleep(durationMs));
    const fault = this.refusal() ?? this.faults.get(method)?.shift();
    if (fault !== undefined) throw fault;
  }

  /** Ends with the time, or earlier with `until`. */
  async sleep(ms: number, until?: { readonly signal?: AbortSignal | undefined; readonly event?: Promise<void> }) {
    this.waiting += 1;
    try {
      const slept = this.clock.sleep(ms, until?.signal);
      await (until?.event === undefined ? slept : Promise.race([slept, until.event]));
    } finally {
      this.waiting -= 1;
    }
  }
}
