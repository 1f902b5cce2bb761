import type { Clock } from '../../../shared/clock';
import type { LeaseId, StoreEvent } from '../store';
import { LeaseNotFoundError } from '../store';

interface Lease {
  readonly ttlMs: number;
  readonly keys: Set<string>;
  cancel: () => void;
}

/** The leases of a store and the keys that live under them. */
export class Leases {
  private readonly leases = new Map<LeaseId, Lease>();

  constructor(
    private readonly clock: Clock,
    private readonly onExpired: (id: LeaseId) => void,
  ) {}

  /** Starts to run with this call, also for a lease known from before a restart. */
  grant(id: LeaseId, ttlMs: number): void {
    this.leases.set(id, { ttlMs, keys: new Set(), cancel: this.expireAfter(id, ttlMs) });
  }

  /** Throws LeaseNotFoundError when it has ended. */
  renew(id: LeaseId): void {
    const lease = this.require(id);
    lease.cancel();
    lease.cancel = this.expireAfter(id, lease.ttlMs);
  }

  require(id: LeaseId): Lease {
    const lease = this.leases.get(id);
    if (lease === undefined) throw new LeaseNotFoundError(`lease ${id} has ended or never was`);
    return lease;
  }

  keysOf(id: LeaseId): readonly string[] {
    return [...(this.leases.get(id)?.keys ?? [])];
  }

  /** Forgets it. Returns its time to live, and nothing where it was not there. */
  end(id: LeaseId): number | undefined {
    const lease = this.leases.get(id);
    lease?.cancel();
    this.leases.delete(id);
    return lease?.ttlMs;
  }

  /** Follows which keys live under which lease. */
  note(events: readonly StoreEvent[]): void {
    for (const { key, kv, previous } of events) {
      if (previous?.lease !== undefined) this.leases.get(previous.lease)?.keys.delete(key);
      if (kv?.lease !== undefined) this.leases.get(kv.lease)?.keys.add(key);
    }
  }

  close(): void {
    for (const { cancel } of this.leases.values()) cancel();
  }

  private expireAfter(id: LeaseId, ttlMs: number): () => void {
    return this.clock.setTimeout(() => this.onExpired(id), ttlMs);
  }
}
