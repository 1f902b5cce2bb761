import type { Pod } from '../../shared/api/objects';
import type { Cure } from './core/constraints/constraint';

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

const oldestFirst = (a: Pod, b: Pod): number =>
  a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp) || nameOf(a).localeCompare(nameOf(b));

/**
 * Pods that wait for a node. `ready` ones are in the next batch; `parked` ones were refused everywhere and come back
 * only when something happens that may cure a refusal.
 */
export class SchedulingQueue {
  private readonly ready = new Map<string, Pod>();
  private readonly parked = new Map<string, { readonly pod: Pod; readonly cures: ReadonlySet<Cure> }>();

  private readonly refused = new Map<string, number>();

  /** How often the pod was parked. */
  refusalsOf(uid: string): number {
    return this.refused.get(uid) ?? 0;
  }

  /** A new or changed pending pod: worth a try. */
  add(pod: Pod): void {
    this.parked.delete(pod.metadata.uid);
    this.ready.set(pod.metadata.uid, pod);
  }

  /** Refreshes a waiting pod without moving it (its status changed, not what it asks for). */
  refresh(pod: Pod): void {
    const parked = this.parked.get(pod.metadata.uid);
    if (parked !== undefined) this.parked.set(pod.metadata.uid, { ...parked, pod });
    else this.ready.set(pod.metadata.uid, pod);
  }

  /** An empty set of cures: no node exists, so only a new one can help. */
  park(pod: Pod, cures: ReadonlySet<Cure>): void {
    this.refused.set(pod.metadata.uid, this.refusalsOf(pod.metadata.uid) + 1);
    this.parked.set(pod.metadata.uid, { pod, cures: cures.size === 0 ? new Set<Cure>(['node']) : cures });
  }

  remove(uid: string): void {
    this.ready.delete(uid);
    this.parked.delete(uid);
    this.refused.delete(uid);
  }

  /** Brings back the pods that this may have cured. */
  cured(by: Cure): void {
    for (const [uid, { pod, cures }] of this.parked) {
      if (!cures.has(by)) continue;
      this.parked.delete(uid);
      this.ready.set(uid, pod);
    }
  }

  /** Everything that is ready, the oldest first, which leaves the queue with this. */
  takeBatch(): readonly Pod[] {
    const batch = [...this.ready.values()].sort(oldestFirst);
    this.ready.clear();
    return batch;
  }

  get size(): { readonly ready: number; readonly parked: number } {
    return { ready: this.ready.size, parked: this.parked.size };
  }
}
