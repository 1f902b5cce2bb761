import type { Clock } from '../../shared/clock';
import type { LeaseId, Store } from '../store/store';

/** Objects written within this time share one lease, so a burst of Events costs one. */
const SHARED_MS = 60_000;

/** Leases for objects that expire. They end between `ttl` and `ttl` plus a minute after the write. */
export class TtlLeases {
  private readonly current = new Map<number, { readonly untilMs: number; readonly lease: Promise<LeaseId> }>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  async leaseFor(ttlSeconds: number): Promise<LeaseId> {
    const nowMs = this.clock.now();
    const known = this.current.get(ttlSeconds);
    if (known !== undefined && nowMs < known.untilMs) return known.lease;
    const lease = this.store.grantLease(ttlSeconds * 1000 + SHARED_MS);
    this.current.set(ttlSeconds, { untilMs: nowMs + SHARED_MS, lease });
    // A grant that failed must not be handed out again.
    lease.catch(() => this.current.delete(ttlSeconds));
    return lease;
  }
}
