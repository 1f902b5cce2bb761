import type { PersistentVolumeClaim, Pod, StatefulSet } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { Availability, isMadeToWait } from '../workloads/availability';
import { claim, controllerOf, selects } from '../workloads/ownership';
import { PodControl } from '../workloads/pod-control';
import { isActive, isReady } from '../workloads/pod-state';
import { RevisionHistory } from '../workloads/revision-history';
import { hasGoingClaim, makeClaims, retainClaims } from './claim-retention';
import { hashOf, isWanted, ordinalOf, podName, statefulPod, WORDS } from './stateful-pods';
import { revisionsOf, statefulStatus } from './stateful-status';

const SOURCE = { component: 'statefulset-controller' };

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
    watching('Pod', (change) => {
      const { object } = change;
      this.availability.see(change);
      const owner = controllerOf(object);
      return owner?.kind === 'StatefulSet' ? [{ namespace: object.metadata.namespace, name: owner.name }] : [];
    }),
    // A claim that goes may be what a pod waits for.
    watching('PersistentVolumeClaim', ({ type, object }) => (type === 'DELETED' ? this.setsOfClaim(object) : [])),
  ];
  private readonly pods: PodControl;
  private readonly history: RevisionHistory;
  private readonly availability: Availability;

  constructor(private readonly deps: Deps) {
    this.pods = new PodControl(deps.client, deps.events, SOURCE.component, WORDS);
    this.history = new RevisionHistory(deps.client);
    this.availability = new Availability(deps.clock, isMadeToWait(deps.client, 'StatefulSet'));
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const set = this.deps.client.view('StatefulSet').get(key);
    if (set?.spec === undefined || set.metadata.deletionTimestamp !== undefined) return done;
    const update = await this.history.current(set, set.spec.template as PodTemplate);
    await claim(this.deps.client, 'Pod', set, set.spec.selector, {
      mayAdopt: (pod) => ordinalOf(set, pod) !== undefined,
    });
    for (const pod of this.podsOf(set)) {
      await retainClaims(this.deps.client, set, ordinalOf(set, pod) ?? 0, pod, !isWanted(set, pod));
    }
    await this.step(set, update);
    return this.report(set, update);
  }

  /** In order, one step at a time unless the set is Parallel: make what is missing, end what is too much, then update. */
  private async step(set: StatefulSet, update: string): Promise<void> {
    if (!(await this.fill(set, update)) || !(await this.trim(set))) return;
    if (set.spec?.updateStrategy?.type !== 'OnDelete') await this.update(set, update);
  }

  /** Makes what is missing. False: the rest has to wait. */
  private async fill(set: StatefulSet, update: string): Promise<boolean> {
    const { replicas = 1, ordinals, podManagementPolicy } = set.spec ?? {};
    const isOrdered = podManagementPolicy !== 'Parallel';
    const first = ordinals?.start ?? 0;
    const revisions = revisionsOf(set, update);
    for (let ordinal = first; ordinal < first + replicas; ordinal++) {
      const meant = revisions.of(ordinal);
      const pod = this.podAt(set, ordinal);
      if (pod === undefined) await this.make(set, ordinal, update, meant);
      else if (pod.metadata.deletionTimestamp === undefined) await this.mend(set, pod, update, meant);
      if (isOrdered && !this.isAvailable(set, this.podAt(set, ordinal))) return false;
    }
    return true;
  }

  private async mend(set: StatefulSet, pod: Pod, update: string, meant: string): Promise<void> {
    const { client, events } = this.deps;
    const isOld = hashOf(pod) !== meant && hashOf(pod) !== update;
    if (!isActive(pod)) {
      const isFailed = pod.status?.phase === 'Failed';
      const { namespace, name } = set.metadata;
      const message = `StatefulSet ${namespace}/${name} is recreating ${isFailed ? 'failed' : 'terminated'} Pod ${pod.metadata.name}`;
      const reason = isFailed ? 'RecreatingFailedPod' : 'RecreatingTerminatedPod';
      events.record(set, { type: isFailed ? 'Warning' : 'Normal', reason, message }, SOURCE);
      await this.pods.delete(set, pod);
    } else if (isOld && set.spec?.updateStrategy?.type !== 'OnDelete' && !isReady(pod)) {
      // A pod of an old revision that does not come up must not stand in the way of the one that mends it.
      await this.pods.delete(set, pod);
    } else if (pod.status?.phase === 'Pending') {
      await makeClaims(client, set, ordinalOf(set, pod) ?? 0, (text) => events.record(set, text, SOURCE));
    }
  }

  /** Ends pods that are too many, the last first. False: the rest has to wait. */
  private async trim(set: StatefulSet): Promise<boolean> {
    const isOrdered = set.spec?.podManagementPolicy !== 'Parallel';
    const surplus = this.podsOf(set)
      .filter((pod) => !isWanted(set, pod))
      .sort((a, b) => (ordinalOf(set, b) ?? 0) - (ordinalOf(set, a) ?? 0));
    for (const pod of surplus) {
      if (pod.metadata.deletionTimestamp === undefined) await this.pods.delete(set, pod);
      if (isOrdered) return false;
    }
    return true;
  }

  /** Ends the last pod that is not of the revision it is meant to be, once those behind it are available. */
  private async update(set: StatefulSet, update: string): Promise<void> {
    const { replicas = 1, ordinals, updateStrategy } = set.spec ?? {};
    const first = ordinals?.start ?? 0;
    const least = first + (updateStrategy?.rollingUpdate?.partition ?? 0);
    for (let ordinal = first + replicas - 1; ordinal >= least; ordinal--) {
      const pod = this.podAt(set, ordinal);
      if (pod !== undefined && pod.metadata.deletionTimestamp === undefined && hashOf(pod) !== update) {
        return this.pods.delete(set, pod);
      }
      if (!this.isAvailable(set, pod)) return;
    }
  }

  private async make(set: StatefulSet, ordinal: number, update: string, meant: string): Promise<void> {
    const { client, events } = this.deps;
    if (hasGoingClaim(client, set, ordinal)) return;
    const key = { namespace: set.metadata.namespace, name: `${set.metadata.name}-${meant}` };
    const data = client.view('ControllerRevision').get(key)?.data as { spec?: { template?: PodTemplate } } | undefined;
    await makeClaims(client, set, ordinal, (text) => events.record(set, text, SOURCE));
    const old = meant === update ? undefined : data?.spec?.template;
    const template = old ?? (set.spec?.template as PodTemplate);
    await this.pods.create(set, statefulPod(set, template, ordinal, old === undefined ? update : meant));
  }

  private async report(set: StatefulSet, update: string): Promise<Result> {
    const pods = this.podsOf(set);
    const minReadySeconds = set.spec?.minReadySeconds ?? 0;
    const waitMs = (pod: Pod): number | undefined => this.availability.waitMs(pod, minReadySeconds);
    const status = statefulStatus(set, pods, update, (pod) => waitMs(pod) === 0);
    await this.deps.client
      .modify('StatefulSet', keyOf(set), (it) => (isSameJson(status, it.status) ? undefined : { ...it, status }), {
        subresource: 'status',
        uid: set.metadata.uid,
      })
      .catch(ignoreNotFound);
    const current = status.currentRevision.slice(set.metadata.name.length + 1);
    await this.history.trim(set, new Set([update, current, ...pods.map(hashOf)]), set.spec?.revisionHistoryLimit ?? 10);
    const waits = pods.flatMap((pod) => waitMs(pod) || []);
    return waits.length === 0 ? done : { requeueAfterMs: Math.min(...waits) };
  }

  private isAvailable(set: StatefulSet, pod: Pod | undefined): boolean {
    if (pod === undefined || !isActive(pod)) return false;
    return this.availability.waitMs(pod, set.spec?.minReadySeconds ?? 0) === 0;
  }

  private podAt(set: StatefulSet, ordinal: number): Pod | undefined {
    const pod = this.deps.client.view('Pod').get({ namespace: set.metadata.namespace, name: podName(set, ordinal) });
    return pod !== undefined && controllerOf(pod)?.uid === set.metadata.uid ? pod : undefined;
  }

  private setsOfClaim(claim: PersistentVolumeClaim): readonly ObjectKey[] {
    return this.deps.client
      .view('StatefulSet')
      .list({ namespace: claim.metadata.namespace, where: ({ spec }) => selects(spec?.selector, claim) })
      .map(keyOf);
  }

  /** The set's pods that bear a name of it. */
  private podsOf(set: StatefulSet): readonly Pod[] {
    const { namespace, uid } = set.metadata;
    return this.deps.client
      .view('Pod')
      .list({ namespace, ownedBy: uid })
      .filter((pod) => controllerOf(pod)?.uid === uid && ordinalOf(set, pod) !== undefined);
  }
}
