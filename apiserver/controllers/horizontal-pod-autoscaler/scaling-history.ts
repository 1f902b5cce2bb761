/** A recommendation, or a change of the number of replicas, at its time. */
interface Sample {
  readonly atMs: number;
  readonly count: number;
}

const LONGEST_MS = 3_600_000;

/** What one autoscaler recommended and did lately: what its pace is measured by. Forgotten with the process. */
export class ScalingHistory {
  private recommendations: readonly Sample[];
  private ups: readonly Sample[] = [];
  private downs: readonly Sample[] = [];

  /** `replicas`: what stands at the start counts as recommended. */
  constructor(replicas: number, nowMs: number) {
    this.recommendations = [{ atMs: nowMs, count: replicas }];
  }

  recommend(count: number, nowMs: number): void {
    this.recommendations = [...since(this.recommendations, nowMs - LONGEST_MS), { atMs: nowMs, count }];
  }

  scaled(from: number, to: number, nowMs: number): void {
    if (to > from) this.ups = [...since(this.ups, nowMs - LONGEST_MS), { atMs: nowMs, count: to - from }];
    else this.downs = [...since(this.downs, nowMs - LONGEST_MS), { atMs: nowMs, count: from - to }];
  }

  recommendedSince(ms: number): readonly number[] {
    return since(this.recommendations, ms).map(({ count }) => count);
  }

  /** How many replicas there were at `ms`, by what was done since; there are `current` now. */
  replicasAt(ms: number, current: number): number {
    const total = (samples: readonly Sample[]): number => since(samples, ms).reduce((sum, { count }) => sum + count, 0);
    return current - total(this.ups) + total(this.downs);
  }
}

const since = (samples: readonly Sample[], ms: number): readonly Sample[] => samples.filter(({ atMs }) => atMs > ms);
