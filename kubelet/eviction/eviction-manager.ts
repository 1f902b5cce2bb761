import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import type { Logger } from '../../shared/logger';
import type { EventReport } from '../../shared/wire/node-channel';
import { refusalUnder } from '../admission/pressure';
import type { Refusal } from '../pod-worker/refusal';
import { evictionMessage, resourceOf } from './eviction-message';
import type { Pressure } from './pressure';
import { ALL_PRESSURES, PRESSURES } from './pressure';
import { rankForEviction } from './rank';
import type { Signal, Supplies, Threshold } from './thresholds';
import { crossed } from './thresholds';

/** How often the kubelet looks (k8s evictionMonitoringPeriod). */
export const LOOK_PERIOD_MS = 10_000;
/** A pressure counts this long after it was seen last (k8s --eviction-pressure-transition-period), lest it flap. */
export const PRESSURE_MS = 300_000;

/** A pod as the eviction manager may end it. */
export interface EvictablePod {
  readonly pod: Pod;
  /** Something of it runs. */
  readonly isAlive: boolean;
  readonly isEvicted: boolean;
  evict(message: string): void;
}

export interface EvictionOptions {
  readonly thresholds: readonly Threshold[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly supplies: () => Promise<Supplies>;
  readonly pods: () => readonly EvictablePod[];
  /** Of each container of these pods by its name, what it uses of it; nothing where that is not measured. */
  readonly usageOf: (pods: readonly Pod[], signal: Signal) => Promise<ReadonlyMap<string, ReadonlyMap<string, number>>>;
  readonly reportEvent: (event: EventReport) => void;
  /** Frees what it can of a disk that runs full. */
  readonly reclaimDisk?: () => Promise<void>;
}

/** Keeps the node from running out of what all its pods need, by ending one pod at a time while there is too little. */
export class EvictionManager {
  private readonly lastSeenMs = new Map<Pressure, number>();
  private stopLooking: (() => void) | undefined;
  private looking: Promise<void> = Promise.resolve();

  constructor(private readonly options: EvictionOptions) {}

  /** Idempotent. */
  start(): void {
    this.stopLooking ??= this.options.clock.setInterval(() => {
      this.looking = this.looking.then(() => this.look());
    }, LOOK_PERIOD_MS);
  }

  /** Resolves when the look under way is over. Idempotent. */
  async stop(): Promise<void> {
    this.stopLooking?.();
    this.stopLooking = undefined;
    await this.looking;
  }

  hasPressure(pressure: Pressure): boolean {
    const seenMs = this.lastSeenMs.get(pressure);
    return seenMs !== undefined && this.options.clock.monotonic() - seenMs < PRESSURE_MS;
  }

  /** Why the node does not take a pod that is new to it; undefined where it does. */
  refusal(pod: Pod): Refusal | undefined {
    return refusalUnder(
      ALL_PRESSURES.filter((pressure) => this.hasPressure(pressure)),
      pod,
    );
  }

  private async look(): Promise<void> {
    const { supplies, thresholds, clock, logger } = this.options;
    try {
      const found = await supplies();
      const [worst, ...others] = crossed(thresholds, found);
      for (const { signal } of worst === undefined ? [] : [worst, ...others])
        this.lastSeenMs.set(PRESSURES[signal], clock.monotonic());
      if (worst !== undefined) await this.reclaim(worst, found);
    } catch (error) {
      logger.warn({ error }, 'what the node has left could not be measured, tried again later');
    }
  }

  /** What nobody needs goes before a pod does. */
  private async isCuredByCleaning(threshold: Threshold): Promise<boolean> {
    const { reclaimDisk, supplies, logger } = this.options;
    if (reclaimDisk === undefined || PRESSURES[threshold.signal] !== 'DiskPressure') return false;
    await reclaimDisk();
    const isCured = crossed([threshold], await supplies()).length === 0;
    if (isCured) logger.info({ signal: threshold.signal }, 'enough was freed without evicting a pod');
    return isCured;
  }

  private async reclaim(threshold: Threshold, supplies: Supplies): Promise<void> {
    const { signal } = threshold;
    const { pods, usageOf, logger, reportEvent } = this.options;
    const resource = resourceOf(signal);
    // What the last one held must be back before another one goes.
    if (pods().some(({ isEvicted, isAlive }) => isEvicted && isAlive)) return;
    const alive = pods().filter(({ isAlive }) => isAlive);
    reportEvent({ type: 'Warning', reason: 'EvictionThresholdMet', message: `Attempting to reclaim ${resource}` });
    if (await this.isCuredByCleaning(threshold)) return;
    const usage = await usageOf(
      alive.map(({ pod }) => pod),
      signal,
    );
    const sum = ({ metadata }: Pod): number =>
      [...(usage.get(metadata.uid)?.values() ?? [])].reduce((total, each) => total + each, 0);
    const candidates = alive.map((each) => ({ pod: each.pod, usage: sum(each.pod), each }));
    const [chosen] = rankForEviction(candidates, signal);
    if (chosen === undefined) return logger.warn({ resource }, 'the node is short, and there is no pod to evict');
    const { pod, each } = chosen;
    logger.info({ pod: `${pod.metadata.namespace}/${pod.metadata.name}`, resource }, 'evicting a pod');
    each.evict(
      evictionMessage(pod, { threshold, supply: supplies[signal], usage: usage.get(pod.metadata.uid) ?? new Map() }),
    );
  }
}
