import type { PodClass } from '../model/pod-class';

/** What is seldom asked for does not shape a cluster: the most frequent classes up to this share are typical. */
const TYPICAL_SHARE = 0.95;
/** The profile is looked at again when it has grown by this factor. */
const GROWTH = 1.5;
const FIRST_LOOK = 16;

export interface TypicalDemand {
  readonly podClass: PodClass;
  /** Of all typical pods; they add up to 1. */
  readonly share: number;
}

/**
 * Which pods a cluster is asked to run, learnt from those it was asked for: what is good room is room that such pods
 * can use. It changes in steps that become rarer, so that what was worked out from it stays valid in between.
 */
export class DemandProfile {
  /** By id of the class. */
  private readonly asked: { readonly podClass: PodClass; count: number }[] = [];
  private total = 0;
  private nextLook = FIRST_LOOK;
  private wantsDevices = false;
  typical: readonly TypicalDemand[] = [];
  version = 0;

  observe(podClass: PodClass): void {
    const asked = (this.asked[podClass.id] ??= { podClass, count: 0 });
    asked.count += 1;
    this.total += 1;
    this.wantsDevices ||= podClass.devices !== undefined;
    if (this.total < this.nextLook) return;
    this.nextLook = Math.ceil(this.total * GROWTH);
    this.look();
  }

  private look(): void {
    // Where nobody asks for devices none can be stranded for anybody.
    if (!this.wantsDevices) return;
    const frequent = this.asked
      .filter((each) => each !== undefined)
      .sort((a, b) => b.count - a.count || a.podClass.id - b.podClass.id);
    const kept: typeof frequent = [];
    let sum = 0;
    for (const each of frequent) {
      if (sum >= TYPICAL_SHARE * this.total) break;
      kept.push(each);
      sum += each.count;
    }
    this.typical = kept.map(({ podClass, count }) => ({ podClass, share: count / sum }));
    this.version += 1;
  }
}
