import type { DaemonSet, Node, Pod } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client, ObjectChange, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { Availability, isMadeToWait } from '../workloads/availability';
import { LookPace } from '../workloads/look-pace';
import { claim, controllerOf, selects } from '../workloads/ownership';
import { PodControl } from '../workloads/pod-control';
import { REVISION_HASH, RevisionHistory } from '../workloads/revision-history';
import { daemonPod, nodeOf } from './daemon-pods';
import { daemonStatus } from './daemon-status';
import { FailureBackoff } from './failure-backoff';
import type { NodePods } from './node-pods';
import { isDeleting, isOver, nodePodsOf } from './node-pods';
import type { DaemonPlan } from './rolling-plan';
import { placementPlan, rollingPlan } from './rolling-plan';

const SOURCE = { component: 'daemonset-controller' };
/** Each pod puts the next look at a set off by this much, some ten times what it costs to look at it and its node. */
const PER_POD_MS = 0.05;

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Keeps one pod on every node that is meant. */
export class DaemonSetController implements Controller {
  readonly name = 'daemonset';
  readonly watches;
  private readonly pods: PodControl;
  private readonly history: RevisionHistory;
  private readonly availability: Availability;
  private readonly pace: LookPace;
  private readonly failures: FailureBackoff;

  constructor(private readonly deps: Deps) {
    this.pods = new PodControl(deps.client, deps.events, SOURCE.component);
    this.history = new RevisionHistory(deps.client);
    this.availability = new Availability(deps.clock, isMadeToWait(deps.client, 'DaemonSet'));
    this.pace = new LookPace(deps.clock, PER_POD_MS);
    this.failures = new FailureBackoff(deps.clock);
    this.watches = [
      watching('DaemonSet', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
      watching('Pod', (change) => {
        const { object, previous } = change;
        this.availability.see(change);
        return [...this.ownersOf(object), ...(previous === undefined ? [] : this.ownersOf(previous))];
      }),
      watching('Node', (change) => this.setsConcerned(change)),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const set = this.deps.client.view('DaemonSet').get(key);
    const id = keyString(key);
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) {
      this.pace.forget(id);
      return done;
    }
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const hash = await this.history.current(set, (set.spec.template ?? {}) as PodTemplate);
    const claimed = await claim(this.deps.client, 'Pod', set, set.spec.selector);
    this.pace.looked(id, claimed.length);
    const judged = { hash, isAvailable: (pod: Pod) => this.isAvailable(set, pod) };
    const failedMs = await this.removeEnded(set);
    await this.removeNodeless(set);
    await this.carryOut(set, hash, placementPlan(set, this.nodesOf(set), judged));
    if (set.spec.updateStrategy?.type !== 'OnDelete') {
      await this.carryOut(set, hash, rollingPlan(set, this.nodesOf(set), judged));
    }
    await this.write(set, daemonStatus(set, this.nodesOf(set), judged));
    const pods = this.podsOf(set);
    const live = new Set([hash, ...pods.map(({ metadata }) => metadata.labels?.[REVISION_HASH] ?? '')]);
    await this.history.trim(set, live, set.spec.revisionHistoryLimit ?? 10);
    const minReadySeconds = set.spec.minReadySeconds ?? 0;
    const waits = [...failedMs, ...pods.flatMap((pod) => this.availability.waitMs(pod, minReadySeconds) || [])];
    return waits.length === 0 ? done : { requeueAfterMs: Math.min(...waits) };
  }

  /** Ends pods that ended by themselves. Returns how long those have to wait that failed. */
  private async removeEnded(set: DaemonSet): Promise<readonly number[]> {
    const waits: number[] = [];
    const ended = this.nodesOf(set)
      .filter(({ mayStay }) => mayStay)
      .flatMap(({ node, pods }) => pods.filter((pod) => isOver(pod) && !isDeleting(pod)).map((pod) => ({ node, pod })));
    for (const { node, pod } of ended) {
      const hasFailed = pod.status?.phase === 'Failed';
      const waitMs = hasFailed ? this.failures.next(`${set.metadata.uid}/${node}`) : 0;
      if (waitMs > 0) {
        waits.push(waitMs);
        continue;
      }
      const [word, then] = hasFailed ? ['failed', 'kill'] : ['succeeded', 'delete'];
      const where = `${pod.metadata.namespace}/${pod.metadata.name} on node ${node}`;
      const message = `Found ${word} daemon pod ${where}, will try to ${then} it`;
      const type = hasFailed ? 'Warning' : 'Normal';
      const reason = hasFailed ? 'FailedDaemonPod' : 'SucceededDaemonPod';
      this.deps.events.record(set, { type, reason, message }, SOURCE);
      await this.pods.delete(set, pod);
    }
    return waits;
  }

  /** Ends pods of nodes that are no more: no scheduler ever places them, and no agent ends them. */
  private async removeNodeless(set: DaemonSet): Promise<void> {
    const nodes = this.deps.client.view('Node');
    const lost = this.podsOf(set).filter(
      (pod) => !isDeleting(pod) && nodes.get({ name: nodeOf(pod) ?? '' }) === undefined,
    );
    await this.pods.deleteMany(set, lost);
  }

  private async carryOut(set: DaemonSet, hash: string, { remove, create }: DaemonPlan): Promise<void> {
    await this.pods.createMany(set, create.length, (at) => daemonPod(set, create[at] ?? '', hash));
    await this.pods.deleteMany(set, remove);
  }

  private async write(set: DaemonSet, status: NonNullable<DaemonSet['status']>): Promise<void> {
    await this.deps.client
      .modify(
        'DaemonSet',
        keyOf(set),
        (current) => (isSameJson(status, current.status) ? undefined : { ...current, status }),
        { subresource: 'status', uid: set.metadata.uid },
      )
      .catch(ignoreNotFound);
  }

  private isAvailable({ spec }: DaemonSet, pod: Pod): boolean {
    return this.availability.waitMs(pod, spec?.minReadySeconds ?? 0) === 0;
  }

  private nodesOf(set: DaemonSet): readonly NodePods[] {
    return nodePodsOf(set, this.podsOf(set), this.deps.client.view('Node').list());
  }

  private podsOf({ metadata: { namespace, uid } }: DaemonSet): readonly Pod[] {
    return this.deps.client
      .view('Pod')
      .list({ namespace, ownedBy: uid })
      .filter((pod) => controllerOf(pod)?.uid === uid);
  }

  private ownersOf(pod: Pod): readonly ObjectKey[] {
    const owner = controllerOf(pod);
    const { namespace } = pod.metadata;
    if (owner !== undefined) return owner.kind === 'DaemonSet' ? [{ namespace, name: owner.name }] : [];
    return this.deps.client
      .view('DaemonSet')
      .list({ namespace, where: ({ spec }) => selects(spec?.selector, pod) })
      .map(keyOf);
  }

  /** Heartbeats change nothing here: only what a node is called, labelled and tainted with. */
  private setsConcerned({ object, previous }: ObjectChange<Node>): readonly ObjectKey[] {
    const traits = ({ metadata, spec }: Node): object => ({ labels: metadata.labels, taints: spec?.taints });
    if (previous !== undefined && isSameJson(traits(object), traits(previous))) return [];
    return this.deps.client.view('DaemonSet').list().map(keyOf);
  }
}
