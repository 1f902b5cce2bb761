import type { Node, Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { ignoreConflict, ignoreNotFound } from '../../shared/status-error';
import type { Client, ObjectChange, ObjectKey } from '../registry/client';
import { keyOf, keyString } from '../registry/client';
import { asDisruptionTarget } from '../registry/disruption-target';
import type { Controller, Result } from './controller';
import { done, watching } from './controller';

/** Kubernetes' pod GC waits 40 s before it calls a node gone for good (nodeQuarantineTime). */
const QUARANTINE_MS = 40_000;

/** So many pods that have ended may stand (Kubernetes' --terminated-pod-gc-threshold). */
const ENDED_PODS = 12_500;

/** Set by whoever knows that a machine is off: its node confirms nothing any more. */
const OUT_OF_SERVICE_TAINT = 'node.kubernetes.io/out-of-service';

const isOutOfService = ({ spec, status }: Node): boolean =>
  (spec?.taints ?? []).some(({ key }) => key === OUT_OF_SERVICE_TAINT) &&
  !(status?.conditions ?? []).some(({ type, status: value }) => type === 'Ready' && value === 'True');

/**
 * Removes pods that no agent will ever report on again: bound to a node that was deleted, terminating on one that was
 * declared out of service, or terminating unbound. And of pods that have ended, the oldest beyond a number.
 */
export class PodGarbageController implements Controller {
  readonly name = 'pod-garbage';
  readonly watches = [
    watching('Pod', ({ type, object }) => {
      this.follow(object, type === 'DELETED');
      return type === 'DELETED' ? [] : [keyOf(object)];
    }),
    watching('Node', (change) => this.podsOfNode(change)),
  ];
  /** When the node of a pod was first seen to be missing, by the pod's key. */
  private readonly missing = new Map<string, { readonly uid: string; readonly sinceMs: number }>();

  /** Pods that have ended, by their uids. */
  private readonly ended = new Map<string, Pod>();

  constructor(
    private readonly client: Client,
    private readonly clock: Clock,
    private readonly keptEnded = ENDED_PODS,
  ) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const pod = this.client.view('Pod').get(key);
    const id = keyString(key);
    if (pod === undefined) {
      this.missing.delete(id);
      return done;
    }
    await this.removeOldest();
    const { uid, deletionTimestamp } = pod.metadata;
    const nodeName = pod.spec.nodeName ?? '';

    if (nodeName === '') {
      if (deletionTimestamp !== undefined) await this.remove(pod);
      return done;
    }
    const node = this.client.view('Node').get({ name: nodeName });
    if (node !== undefined) {
      this.missing.delete(id);
      if (deletionTimestamp !== undefined && isOutOfService(node)) await this.remove(pod);
      return done;
    }
    const known = this.missing.get(id);
    const sinceMs = known?.uid === uid ? known.sinceMs : this.clock.monotonic();
    this.missing.set(id, { uid, sinceMs });
    const waitMs = sinceMs + QUARANTINE_MS - this.clock.monotonic();
    if (waitMs > 0) return { requeueAfterMs: waitMs };

    await this.remove(pod, { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' });
    this.missing.delete(id);
    return done;
  }

  private follow(pod: Pod, isGone: boolean): void {
    if (!isGone && isOver(pod)) this.ended.set(pod.metadata.uid, pod);
    else this.ended.delete(pod.metadata.uid);
  }

  /** Evicted ones first, then by age: those that tell the least. */
  private async removeOldest(): Promise<void> {
    const surplus = this.ended.size - this.keptEnded;
    if (surplus <= 0) return;
    const isEvicted = ({ status }: Pod): boolean => status?.reason === 'Evicted';
    const oldest = [...this.ended.values()].sort(
      (a, b) =>
        Number(isEvicted(b)) - Number(isEvicted(a)) ||
        Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    );
    for (const pod of oldest.slice(0, surplus)) {
      this.ended.delete(pod.metadata.uid);
      await this.remove(pod);
    }
  }

  /** A node that comes back ends its pods' quarantine. */
  private podsOfNode({ type, object }: ObjectChange<Node>): readonly ObjectKey[] {
    if (type === 'MODIFIED' && !isOutOfService(object)) return [];
    return this.client
      .view('Pod')
      .list({ where: (pod) => pod.spec.nodeName === object.metadata.name })
      .map(keyOf);
  }

  /** Nobody reports its end any more: it has failed, which its Job, if it has one, is to know. */
  private async remove(pod: Pod, why?: { readonly reason: string; readonly message: string }): Promise<void> {
    const nowMs = this.clock.now();
    await this.client
      .modify('Pod', keyOf(pod), (current) => asFailed(current, why, nowMs), {
        subresource: 'status',
        uid: pod.metadata.uid,
      })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
    await this.client
      .delete('Pod', keyOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: pod.metadata.uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
  }
}

const isOver = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Undefined: it has ended already. */
function asFailed(
  pod: Pod,
  why: { readonly reason: string; readonly message: string } | undefined,
  nowMs: number,
): Pod | undefined {
  if (isOver(pod)) return undefined;
  const marked = why === undefined ? pod : asDisruptionTarget(pod, why, nowMs);
  return { ...marked, status: { ...marked.status, phase: 'Failed' } };
}
