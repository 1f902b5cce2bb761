import type { Node } from '../../../shared/api/objects';

/** Nodes whose pods are evicted, each second and zone: one every ten seconds. */
const RATE = 0.1;
/** The same while most of a large zone is down. */
const REDUCED_RATE = 0.01;
/** A zone with more nodes than this is large; while most of a smaller one is down, nobody is evicted. */
const LARGE_ZONE = 50;
/** From this share of nodes on, and more than two, a zone counts as disrupted. */
const DISRUPTED_SHARE = 0.55;
/** So long nobody is evicted after every zone was down: the agents need time to come back. */
const RECOVERY_MS = 15_000;

export interface NodeFact {
  readonly zone: string;
  readonly isUp: boolean;
}

export const zoneOfNode = ({ metadata: { labels = {} } }: Node): string =>
  `${labels['topology.kubernetes.io/region'] ?? ''}/${labels['topology.kubernetes.io/zone'] ?? ''}`;

export type Turn =
  /** The node's pods may be evicted now: it has taken the turn of its zone. */
  | { readonly outcome: 'now' }
  | { readonly outcome: 'wait'; readonly waitMs: number }
  /** Nothing is up any more: more likely than all nodes it is this server that is cut off. */
  | { readonly outcome: 'all-down' };

/** Looked at again this often while nobody may be evicted. */
export const POLL_MS = 5_000;

/**
 * Whose pods may be evicted when, by the rules of Kubernetes' node lifecycle controller: the more of a zone is down at once,
 * the slower, for it is less likely that its nodes are really dead.
 */
export class EvictionPace {
  private readonly lastByZone = new Map<string, number>();
  private recoveredMs = -Infinity;
  private wasAllDown = false;

  /** Asks for a turn for one node of `zone`. `nowMs` is monotonic. */
  ask(zone: string, nodes: readonly NodeFact[], nowMs: number): Turn {
    const isAllDown = this.areAllDown(nodes, nowMs);
    if (isAllDown) return { outcome: 'all-down' };
    const recoveryMs = this.recoveredMs + RECOVERY_MS - nowMs;
    if (recoveryMs > 0) return { outcome: 'wait', waitMs: Math.min(recoveryMs, POLL_MS) };
    const rate = rateOf(nodes.filter((node) => node.zone === zone));
    const waitMs = rate === 0 ? Infinity : (this.lastByZone.get(zone) ?? -Infinity) + 1_000 / rate - nowMs;
    if (waitMs > 0) return { outcome: 'wait', waitMs: Math.min(waitMs, POLL_MS) };
    this.lastByZone.set(zone, nowMs);
    return { outcome: 'now' };
  }

  /** Whether no node at all is up. */
  areAllDown(nodes: readonly NodeFact[], nowMs: number): boolean {
    const isAllDown = nodes.every(({ isUp }) => !isUp);
    if (this.wasAllDown && !isAllDown) this.recoveredMs = nowMs;
    this.wasAllDown = isAllDown;
    return isAllDown;
  }
}

function rateOf(zone: readonly NodeFact[]): number {
  const down = zone.filter(({ isUp }) => !isUp).length;
  const isDisrupted = down > 2 && down < zone.length && down / zone.length >= DISRUPTED_SHARE;
  if (!isDisrupted) return RATE;
  return zone.length > LARGE_ZONE ? REDUCED_RATE : 0;
}
