import type { PersistentVolumeClaim, Pod, StatefulSet } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreAlreadyExists, ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { claim, controllerOf, selects } from '../workloads/ownership';
import { PodControl } from '../workloads/pod-control';
import { availableInMs, isActive, isReady } from '../workloads/pod-state';
import { REVISION_HASH, RevisionHistory } from '../workloads/revision-history';
import { firstOwners, hasGoingClaim, retainClaims } from './claim-retention';
import { claimsOf, podName, statefulPod } from './stateful-pods';

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/**
 * Keeps pods with names of their own, one for each ordinal. An identity is never there twice: a pod is made again only when
 * the one before is gone from the API.
 */
export class StatefulSetController implements Controller {
  readonly name = 'statefulset';
  readonly watches = [
    watching('StatefulSet', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
    watching('Pod', ({ object }) => {
      const owner = controllerOf(object);
      return owner?.kind === 'StatefulSet' ? [{ namespace: object.metadata.namespace, name: owner.name }] : [];
    }),
    // A claim that goes may be what a pod waits for.
    watching('PersistentVolumeClaim', ({ type, object }) => (type === 'DELETED' ? this.setsOfClaim(object) : [])),
  ];
  private readonly pods: PodControl;
  private readonly history: RevisionHistory;

  constructor(private readonly deps: Deps) {
    this.pods = new PodControl(deps.client, deps.events, 'statefulset-controller');
    this.history = new RevisionHistory(deps.client);
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const set = this.deps.client.view('StatefulSet').get(key);
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return done;
    const update = await this.history.current(set, set.spec.template as PodTemplate);
    await claim(this.deps.client, 'Pod', set, set.spec.selector);
    for (const pod of this.podsOf(set)) {
      await retainClaims(this.deps.client, set, ordinalOf(pod), pod, !isWanted(pod, set));
    }
    await this.step(set, update);
    return this.report(set, update);
  }

  /** In order, one step at a time unless the set is Parallel: make what is missing, end what is too much, then update. */
  private async step(set: StatefulSet, update: string): Promise<void> {
    const { replicas = 1, ordinals, podManagementPolicy, updateStrategy } = set.spec ?? {};
    const isOrdered = podManagementPolicy !== 'Parallel';
    const first = ordinals?.start ?? 0;
    const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
    const isRolling = updateStrategy?.type !== 'OnDelete';
    for (let ordinal = first; ordinal < first + replicas; ordinal++) {
      const pod = this.podAt(set, ordinal);
      if (pod === undefined) await this.make(set, ordinal, isRolling && ordinal < partition ? undefined : update);
      else if (pod.metadata.deletionTimestamp === undefined) {
        const isOld = isRolling && ordinal >= partition && hashOf(pod) !== update;
        // A pod of an old revision that does not come up must not stand in the way of the one that mends it.
        if (!isActive(pod) || (isOld && !isReady(pod))) await this.pods.delete(set, pod);
      }
      if (isOrdered && !this.isAvailable(set, this.podAt(set, ordinal))) return;
    }
    const surplus = this.podsOf(set)
      .filter((pod) => !isWanted(pod, set))
      .sort((a, b) => ordinalOf(b) - ordinalOf(a));
    for (const pod of surplus) {
      if (pod.metadata.deletionTimestamp === undefined) await this.pods.delete(set, pod);
      if (isOrdered) return;
    }
    if (!isRolling) return;
    for (let ordinal = first + replicas - 1; ordinal >= Math.max(first, partition); ordinal--) {
      const pod = this.podAt(set, ordinal);
      if (pod !== undefined && pod.metadata.deletionTimestamp === undefined && hashOf(pod) !== update) {
        return this.pods.delete(set, pod);
      }
      if (!this.isAvailable(set, pod)) return;
    }
  }

  /** `hash` undefined: of the revision that the set had before its update. */
  private async make(set: StatefulSet, ordinal: number, hash: string | undefined): Promise<void> {
    if (hasGoingClaim(this.deps.client, set, ordinal)) return;
    const update = await this.history.current(set, set.spec?.template as PodTemplate);
    const revision = hash ?? set.status?.currentRevision?.slice(set.metadata.name.length + 1) ?? update;
    const key = { namespace: set.metadata.namespace, name: `${set.metadata.name}-${revision}` };
    const data = this.deps.client.view('ControllerRevision').get(key)?.data as
      { spec?: { template?: PodTemplate } } | undefined;
    for (const each of claimsOf(set, ordinal)) {
      const claim = { ...each, metadata: { ...each.metadata, ownerReferences: firstOwners(set) } };
      await this.deps.client.create('PersistentVolumeClaim', claim).catch(ignoreAlreadyExists);
    }
    const template = revision === update ? undefined : data?.spec?.template;
    await this.pods.create(
      set,
      statefulPod(
        set,
        template ?? (set.spec?.template as PodTemplate),
        ordinal,
        template === undefined ? update : revision,
      ),
    );
  }

  private async report(set: StatefulSet, update: string): Promise<Result> {
    const pods = this.podsOf(set).filter(isActive);
    const { replicas = 1, revisionHistoryLimit, minReadySeconds = 0 } = set.spec ?? {};
    const nowMs = this.deps.clock.now();
    const updateRevision = `${set.metadata.name}-${update}`;
    const updated = pods.filter((pod) => hashOf(pod) === update);
    const isDone = updated.length === replicas && pods.length === replicas && pods.every(isReady);
    const currentRevision = isDone ? updateRevision : (set.status?.currentRevision ?? updateRevision);
    const current = pods.filter((pod) => `${set.metadata.name}-${hashOf(pod)}` === currentRevision).length;
    const status = {
      observedGeneration: set.metadata.generation ?? 0,
      replicas: pods.length,
      readyReplicas: pods.filter(isReady).length,
      availableReplicas: pods.filter((pod) => this.isAvailable(set, pod)).length,
      currentReplicas: current,
      updatedReplicas: updated.length,
      currentRevision,
      updateRevision,
      collisionCount: 0,
    };
    await this.deps.client
      .modify('StatefulSet', keyOf(set), (it) => (isSameJson(status, it.status) ? undefined : { ...it, status }), {
        subresource: 'status',
        uid: set.metadata.uid,
      })
      .catch(ignoreNotFound);
    const live = new Set([update, currentRevision.slice(set.metadata.name.length + 1), ...pods.map(hashOf)]);
    await this.history.trim(set, live, revisionHistoryLimit ?? 10);
    const waits = pods.map((pod) => availableInMs(pod, minReadySeconds, nowMs) ?? 0).filter((wait) => wait > 0);
    return waits.length === 0 ? done : { requeueAfterMs: Math.min(...waits) };
  }

  private isAvailable(set: StatefulSet, pod: Pod | undefined): boolean {
    if (pod === undefined || !isActive(pod)) return false;
    return availableInMs(pod, set.spec?.minReadySeconds ?? 0, this.deps.clock.now()) === 0;
  }

  private podAt(set: StatefulSet, ordinal: number): Pod | undefined {
    return this.podsOf(set).find(({ metadata }) => metadata.name === podName(set, ordinal));
  }

  private setsOfClaim(claim: PersistentVolumeClaim): readonly ObjectKey[] {
    return this.deps.client
      .view('StatefulSet')
      .list({ namespace: claim.metadata.namespace, where: ({ spec }) => selects(spec?.selector, claim) })
      .map(keyOf);
  }

  private podsOf({ metadata: { namespace, uid } }: StatefulSet): readonly Pod[] {
    return this.deps.client
      .view('Pod')
      .list({ namespace, ownedBy: uid })
      .filter((pod) => controllerOf(pod)?.uid === uid);
  }
}

const hashOf = ({ metadata }: Pod): string => metadata.labels?.[REVISION_HASH] ?? '';
const ordinalOf = ({ metadata }: Pod): number => Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? -1);
const isWanted = (pod: Pod, { spec }: StatefulSet): boolean => {
  const first = spec?.ordinals?.start ?? 0;
  return ordinalOf(pod) >= first && ordinalOf(pod) < first + (spec?.replicas ?? 1);
};
