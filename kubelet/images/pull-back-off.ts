import type { Clock } from '../../shared/clock';

/** Kubernetes' figures for image pulls. */
const FIRST_MS = 10_000;
const LONGEST_MS = 300_000;
/** After this long without a failure an image starts over. */
const FORGOTTEN_AFTER_MS = 2 * LONGEST_MS;

interface Entry {
  readonly delayMs: number;
  readonly failedAtMs: number;
  readonly message: string;
}

/** How long to leave a pull alone that failed: 10 s, doubling to 5 min, per pod and image. */
export class PullBackOff {
  private readonly entries = new Map<string, Entry>();

  constructor(private readonly clock: Clock) {}

  /** Until when to wait, and why; undefined where it may be tried now. */
  waitOf(key: string): { readonly untilMs: number; readonly message: string } | undefined {
    const entry = this.entries.get(key);
    if (entry === undefined) return undefined;
    const untilMs = entry.failedAtMs + entry.delayMs;
    return untilMs > this.clock.now() ? { untilMs, message: entry.message } : undefined;
  }

  /** It failed once more. Returns when to try again. */
  failed(key: string, message: string): number {
    this.forgetOld();
    const known = this.entries.get(key);
    const failedAtMs = this.clock.now();
    const delayMs = known === undefined ? FIRST_MS : Math.min(LONGEST_MS, known.delayMs * 2);
    this.entries.set(key, { delayMs, failedAtMs, message });
    return failedAtMs + delayMs;
  }

  succeeded(key: string): void {
    this.entries.delete(key);
  }

  private forgetOld(): void {
    const oldest = this.clock.now() - FORGOTTEN_AFTER_MS;
    for (const [key, { failedAtMs }] of this.entries) if (failedAtMs < oldest) this.entries.delete(key);
  }
}
