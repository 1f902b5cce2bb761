import type { Clock } from '../../shared/clock';

/** What one node may have passed on to others, bytes a second: 200 Mbit/s. */
const BYTES_PER_SECOND = 25_000_000;
/** At once. */
const BURST_BYTES = 4_000_000;
/** What a message costs the server beside its bytes. */
const MESSAGE_BYTES = 4_096;

/** Keeps a node whose pods flood others from taking the server's time, which the API needs: a token bucket. */
export class RelayRate {
  private left = BURST_BYTES;
  private lastMs: number;

  constructor(private readonly clock: Pick<Clock, 'monotonic'>) {
    this.lastMs = clock.monotonic();
  }

  /** Whether a message of so many bytes may be passed on; one that may not is lost, as on any network. */
  take(bytes: number): boolean {
    const nowMs = this.clock.monotonic();
    this.left = Math.min(BURST_BYTES, this.left + ((nowMs - this.lastMs) * BYTES_PER_SECOND) / 1_000);
    this.lastMs = nowMs;
    const cost = bytes + MESSAGE_BYTES;
    if (cost > this.left) return false;
    this.left -= cost;
    return true;
  }
}
