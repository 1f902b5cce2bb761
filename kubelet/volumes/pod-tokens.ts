import type { Clock } from '../../shared/clock';
import type { Random } from '../../shared/random';
import { StatusError } from '../../shared/status-error';
import type { PodToken, TokenOrder } from '../../shared/wire/node-channel';

/** A token is renewed when this much of its life is over, or a day (k8s.io/kubernetes/pkg/kubelet/token). */
const RENEW_AFTER = 0.8;
const MAX_AGE_MS = 24 * 60 * 60 * 1_000;
/** So that pods which began together do not all come back together. */
const MAX_JITTER_MS = 10_000;
const RETRY_MS = 30_000;

interface Held {
  readonly token: PodToken;
  readonly renewAtMs: number;
}

/** The tokens of this node's pods, in memory only. */
export class PodTokens {
  private readonly held = new Map<string, Map<string, Held>>();

  constructor(
    private readonly options: {
      readonly clock: Clock;
      readonly random: Random;
      /** Throws a StatusError. */
      readonly request: (order: TokenOrder) => Promise<PodToken>;
    },
  ) {}

  /** The one at hand, or a new one when that is due. While no server answers the old one serves as long as it is good. */
  async get(order: TokenOrder): Promise<string> {
    const { clock, random, request } = this.options;
    const key = `${order.expirationSeconds}/${order.audience}`;
    const ofPod = this.held.get(order.podUid) ?? new Map<string, Held>();
    this.held.set(order.podUid, ofPod);
    const known = ofPod.get(key);
    const nowMs = clock.now();
    if (known !== undefined && nowMs < known.renewAtMs) return known.token.token;
    try {
      const token = await request(order);
      const lifetimeMs = token.expiresAtMs - nowMs;
      const ageMs = Math.min(RENEW_AFTER * lifetimeMs, MAX_AGE_MS) - random.next() * MAX_JITTER_MS;
      ofPod.set(key, { token, renewAtMs: nowMs + ageMs });
      return token.token;
    } catch (error) {
      const isGood = known !== undefined && nowMs < known.token.expiresAtMs;
      if (!isGood || !(error instanceof StatusError && error.retryable)) throw error;
      ofPod.set(key, { ...known, renewAtMs: nowMs + RETRY_MS });
      return known.token.token;
    }
  }

  /** When the first token of the pod is due to be renewed; undefined where it has none. */
  renewAtMs(podUid: string): number | undefined {
    const times = [...(this.held.get(podUid)?.values() ?? [])].map(({ renewAtMs }) => renewAtMs);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  forget(podUid: string): void {
    this.held.delete(podUid);
  }
}
