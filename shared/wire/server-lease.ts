import type { Clock } from '../clock';
import type { FenceTerms } from './fence';

/** A process that has just started is given so long to reach its server: it was away itself, not the server. */
const DIAL_MS = 5_000;

/**
 * How long a node may go on without its server's word. It is held from the first beat that is answered, ends once when no
 * later one is for as long as was agreed, and is held again with the next.
 */
export class ServerLease {
  private terms: FenceTerms | undefined;
  private renewedMs: number;
  private state: 'awaited' | 'held' | 'over' = 'awaited';
  private cancel: () => void = () => undefined;

  /** `earlier`: of another process of this node, whose pods run on until its terms say otherwise. */
  constructor(
    private readonly clock: Clock,
    private readonly onEnd: () => void,
    earlier?: { readonly terms: FenceTerms; readonly renewedMs: number },
  ) {
    this.terms = earlier?.terms;
    const nowMs = clock.monotonic();
    this.renewedMs =
      earlier === undefined ? nowMs : Math.max(earlier.renewedMs, nowMs + DIAL_MS - earlier.terms.afterMs);
    this.plan();
  }

  /** Whether what must not run twice may be started now. */
  get isHeld(): boolean {
    return this.state === 'held';
  }

  /** What the server tells; null where this node's pods are not fenced. */
  agree(terms: FenceTerms | null): void {
    this.terms = terms ?? undefined;
    this.plan();
  }

  /** A beat that was sent at `sentMs` (monotonic) has been answered. */
  renew(sentMs: number): void {
    this.renewedMs = Math.max(this.renewedMs, sentMs);
    this.state = 'held';
    this.plan();
  }

  stop(): void {
    this.cancel();
  }

  private plan(): void {
    this.cancel();
    if (this.terms === undefined || this.state === 'over') return;
    this.cancel = this.clock.setTimeout(
      () => {
        this.state = 'over';
        this.onEnd();
      },
      Math.max(0, this.renewedMs + this.terms.afterMs - this.clock.monotonic()),
    );
  }
}
