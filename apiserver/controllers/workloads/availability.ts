import type { Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import type { Client, ObjectChange } from '../../registry/client';
import { controllerOf } from './ownership';
import { readyCondition } from './pod-state';

interface ReadySpan {
  /** The moment that the pod's condition names, by its node's clock. */
  readonly named: string | undefined;
  /** When it began, in monotonic time of this process. */
  readonly sinceMs: number;
}

/** Whether a pod's set of that kind has it be ready for a while before it counts. */
export const isMadeToWait =
  (client: Client, kind: 'ReplicaSet' | 'ReplicationController' | 'DaemonSet' | 'StatefulSet') =>
  (pod: Pod): boolean => {
    const owner = controllerOf(pod);
    if (owner?.kind !== kind) return false;
    const set = client.view(kind).get({ namespace: pod.metadata.namespace, name: owner.name });
    return (set?.spec?.minReadySeconds ?? 0) > 0;
  };

/**
 * For how long pods have been ready. The moment that a pod names is of its node's clock, and the server's own may jump:
 * both are compared once, when the moment is first seen, and from then on time is counted. So no jump takes away what was
 * available. A moment that is still to come counts as now; of a pod that was ready before this process looked, as long ago,
 * since nobody can tell.
 */
export class Availability {
  private readonly spans = new Map<string, ReadySpan>();

  /** `counts`: of which pods it matters; of others nothing is kept. */
  constructor(
    private readonly clock: Clock,
    private readonly counts: (pod: Pod) => boolean,
  ) {}

  /** To be told of every change of a pod that is asked about, and before all else of those that are there. */
  see({ type, object, previous }: ObjectChange<Pod>): void {
    const { uid } = object.metadata;
    const ready = type === 'DELETED' ? undefined : readyCondition(object);
    if (ready?.status !== 'True' || !this.counts(object)) {
      this.spans.delete(uid);
      return;
    }
    const known = this.spans.get(uid);
    if (known !== undefined && known.named === ready.lastTransitionTime) return;
    const isOld = previous === undefined;
    this.spans.set(uid, { named: ready.lastTransitionTime, sinceMs: this.sinceMs(ready.lastTransitionTime, isOld) });
  }

  /** How long it takes until a pod is available (ready for `minReadySeconds`): 0 when it is, undefined while it is not ready. */
  waitMs(pod: Pod, minReadySeconds: number): number | undefined {
    const ready = readyCondition(pod);
    if (ready?.status !== 'True') return undefined;
    if (minReadySeconds === 0) return 0;
    const span = this.spans.get(pod.metadata.uid);
    const sinceMs =
      span?.named === ready.lastTransitionTime ? span?.sinceMs : this.sinceMs(ready.lastTransitionTime, false);
    return Math.max(0, (sinceMs ?? 0) + minReadySeconds * 1_000 - this.clock.monotonic());
  }

  private sinceMs(named: string | undefined, isOld: boolean): number {
    const agoMs = named === undefined ? 0 : this.clock.now() - Date.parse(named);
    if (agoMs < 0 && isOld) return -Infinity;
    return this.clock.monotonic() - Math.max(0, agoMs);
  }
}
