import type { Pod, Service } from '../../../shared/api/objects';
import { keyOf, keyString } from '../../registry/client';

interface Seen {
  readonly serviceMs: number;
  readonly podMs: ReadonlyMap<string, number>;
}

/**
 * When the oldest of the changes happened that have not been shown yet: what measures how long a change takes until it is
 * seen behind a service (k8s.io/endpointslice's TriggerTimeTracker).
 */
export class TriggerTimes {
  private readonly seen = new Map<string, Seen>();

  /** Milliseconds; undefined where nothing that has a time of its own is new (a pod went). */
  next(service: Service, pods: readonly Pod[]): number | undefined {
    const key = keyString(keyOf(service));
    const before = this.seen.get(key);
    const serviceMs = Date.parse(service.metadata.creationTimestamp);
    const podMs = new Map(pods.flatMap((pod) => timeOf(pod) ?? []));
    this.seen.set(key, { serviceMs, podMs });
    if (before === undefined) return serviceMs;
    const news = [...podMs].filter(([name, ms]) => ms > (before.podMs.get(name) ?? 0)).map(([, ms]) => ms);
    if (serviceMs > before.serviceMs) news.push(serviceMs);
    return news.length === 0 ? undefined : Math.min(...news);
  }

  forget(key: string): void {
    this.seen.delete(key);
  }
}

function timeOf({ metadata, status }: Pod): readonly [readonly [string, number]] | undefined {
  const since = status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime;
  return since === undefined ? undefined : [[metadata.name, Date.parse(since)]];
}
