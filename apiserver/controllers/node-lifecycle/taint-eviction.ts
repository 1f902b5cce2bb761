import type { Node, Pod, Taint } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectChange, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import { asDisruptionTarget } from '../../registry/disruption-target';
import { toleratesTaint } from '../../scheduler/core/node-constraints/tolerations';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';

const SOURCE = { component: 'taint-eviction-controller' };

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/**
 * Deletes pods from nodes whose NoExecute taints they do not tolerate, or for so long only. A deletion, not more: on a node
 * that does not answer, the pod stays until the node confirms or is deleted, while what owns it makes another elsewhere.
 * Seconds count from when this process first saw the taint, so that nodes have time to come back after a restart.
 */
export class TaintEvictionController implements Controller {
  readonly name = 'taint-eviction';
  readonly watches = [
    watching('Pod', ({ object }) => [keyOf(object)]),
    watching('Node', (change) => this.podsConcerned(change)),
  ];
  /** By key of the pod: since when its node has taints that end it. */
  private readonly since = new Map<string, { readonly uid: string; readonly sinceMs: number }>();

  constructor(private readonly deps: Deps) {}

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client, clock } = this.deps;
    const pod = client.view('Pod').get(key);
    const id = keyString(key);
    if (pod === undefined || pod.metadata.deletionTimestamp !== undefined) {
      this.since.delete(id);
      return done;
    }
    const node = client.view('Node').get({ name: pod.spec.nodeName ?? '' });
    const staysMs = stayMs(pod, endingTaints(node));
    const { uid, namespace, name } = pod.metadata;
    if (staysMs === undefined) {
      if (this.since.delete(id)) this.tell(pod, `Cancelling deletion of Pod ${namespace}/${name}`);
      return done;
    }
    const known = this.since.get(id);
    const sinceMs = known?.uid === uid ? known.sinceMs : clock.monotonic();
    this.since.set(id, { uid, sinceMs });
    const waitMs = sinceMs + staysMs - clock.monotonic();
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    this.since.delete(id);
    this.tell(pod, `Marking for deletion Pod ${namespace}/${name}`);
    await this.evict(pod);
    return done;
  }

  private async evict(pod: Pod): Promise<void> {
    const why = { reason: 'DeletionByTaintManager', message: 'Taint manager: deleting due to NoExecute taint' };
    const options = { subresource: 'status', uid: pod.metadata.uid } as const;
    await this.deps.client
      .modify('Pod', keyOf(pod), (current) => asDisruptionTarget(current, why, this.deps.clock.now()), options)
      .catch(ignoreNotFound);
    await this.deps.client
      .delete('Pod', keyOf(pod), { preconditions: { uid: pod.metadata.uid } })
      .catch(ignoreNotFound)
      .catch(ignoreConflict);
  }

  private podsConcerned({ object, previous }: ObjectChange<Node>): readonly ObjectKey[] {
    // What only keeps new pods away, as from a node whose connection has just closed, ends none: nobody is looked for.
    if (isSameJson(endingTaints(object), endingTaints(previous))) return [];
    return this.deps.client
      .view('Pod')
      .list({ where: ({ spec }) => spec.nodeName === object.metadata.name })
      .map(keyOf);
  }

  private tell(pod: Pod, message: string): void {
    this.deps.events.record(pod, { type: 'Normal', reason: 'TaintManagerEviction', message }, SOURCE);
  }
}

const endingTaints = (node: Node | undefined): readonly Taint[] =>
  (node?.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute');

/** How long a pod may stay beside these taints: 0 where it tolerates one not at all, undefined for ever. */
function stayMs(pod: Pod, taints: readonly Taint[]): number | undefined {
  const limits: number[] = [];
  for (const taint of taints) {
    const toleration = (pod.spec.tolerations ?? []).find((each) => toleratesTaint(each, taint));
    if (toleration === undefined) return 0;
    if (toleration.tolerationSeconds !== undefined) limits.push(Math.max(0, toleration.tolerationSeconds) * 1_000);
  }
  return limits.length === 0 ? undefined : Math.min(...limits);
}
