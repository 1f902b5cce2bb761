import type { Pod } from '../../../shared/api/objects';
import type { PodUsages } from '../../metrics-api/metrics-api';
import { isActive, isReady } from '../../controllers/workloads/pod-state';
import type { Chance } from '../world/chance';

/** The most work that comes to one app, in thousandths of a core. */
const MOST_MILLI = 600;

/** How much work comes to each app: its ready pods share it. What autoscalers measure. */
export class Demand {
  private readonly milliOf = new Map<string, number>();

  /** Somebody sends more, or less. */
  change(app: string, chance: Chance): number {
    const milli = chance.between(0, MOST_MILLI);
    this.milliOf.set(app, milli);
    return milli;
  }

  readonly usages: PodUsages = (pods) => {
    const serving = pods.filter((pod) => isActive(pod) && isReady(pod));
    const usage = (pod: Pod) => {
      const { uid, namespace = '', name } = pod.metadata;
      const cpuMilli = (this.milliOf.get(appOf(pod)) ?? 0) / serving.length;
      const containers = pod.spec.containers.map((each) => ({ name: each.name, cpuMilli, memoryBytes: 2 ** 24 }));
      return [uid, { uid, namespace, name, containers }] as const;
    };
    return Promise.resolve(new Map(serving.map(usage)));
  };
}

export const appOf = ({ metadata }: Pod): string => `${metadata.namespace ?? ''}/${metadata.labels?.['app'] ?? ''}`;
