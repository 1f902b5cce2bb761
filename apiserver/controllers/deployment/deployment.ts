import type { Deployment, Pod, ReplicaSet } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreConflict, ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { claim, controllerOf, selects } from '../workloads/ownership';
import { deploymentStatus } from './deployment-status';
import { NewReplicaSets } from './new-replica-set';
import { isComplete, msToDeadline } from './progress';
import { DESIRED, isRolling, sizeOf, wantedOf } from './replica-counts';
import { ReplicaSetSizes } from './replica-set-sizes';
import { findNewSet, revisionOf } from './revisions';
import { rollingSizes } from './rolling-sizes';

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Brings a deployment's pods to its template through ReplicaSets, one for each template it had. */
export class DeploymentController implements Controller {
  readonly name = 'deployment';
  readonly watches;
  private readonly newSets: NewReplicaSets;
  private readonly sizes: ReplicaSetSizes;

  constructor(private readonly deps: Deps) {
    this.newSets = new NewReplicaSets(deps);
    this.sizes = new ReplicaSetSizes(deps);
    this.watches = [
      watching('Deployment', ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
      watching('ReplicaSet', ({ object, previous }) => [
        ...this.ownersOf(object),
        ...(previous === undefined ? [] : this.ownersOf(previous)),
      ]),
      // Recreate waits for the last old pod to be gone.
      watching('Pod', ({ type, object }) => (type === 'DELETED' ? this.recreatingOwnerOf(object) : [])),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const deployment = this.deps.client.view('Deployment').get(key);
    if (deployment?.spec === undefined) return done;
    const sets = await claim(this.deps.client, 'ReplicaSet', deployment, deployment.spec.selector);
    if (deployment.metadata.deletionTimestamp !== undefined) return this.report(deployment, sets);
    if (deployment.spec.paused === true) {
      const newSet = await this.newSets.find(deployment, sets);
      await this.sizes.share(deployment, sets, newSet);
      return this.report(deployment, this.refreshed(deployment));
    }
    // Recreate makes the new ReplicaSet only when no pod of an old one is left, so that there are never two versions.
    if (!isRolling(deployment) && !(await this.isCleared(deployment, sets))) {
      return this.report(deployment, this.refreshed(deployment));
    }
    const found = await this.newSets.ensure(deployment, sets);
    if (found === undefined) return { requeueAfterMs: 0 };
    // Judged on what stands now: writes take their time, and more may be available than before them.
    const all = this.refreshed(deployment);
    const newSet = all.find(({ metadata }) => metadata.uid === found.metadata.uid) ?? found;
    const old = all.filter(({ metadata }) => metadata.uid !== newSet.metadata.uid);
    if (isScaled([...old, newSet], deployment)) await this.sizes.share(deployment, [...old, newSet], newSet);
    else if (isRolling(deployment)) {
      for (const [set, size] of rollingSizes(deployment, newSet, old)) {
        if (size !== sizeOf(set)) await this.sizes.resize(deployment, set, size);
      }
    } else if (sizeOf(newSet) !== wantedOf(deployment))
      await this.sizes.resize(deployment, newSet, wantedOf(deployment));
    return this.report(deployment, this.refreshed(deployment));
  }

  /** Ends the pods of old ReplicaSets. True: none is left. */
  private async isCleared(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<boolean> {
    const newSet = findNewSet(deployment, sets);
    const old = sets.filter((set) => set !== newSet);
    const running = old.filter((set) => sizeOf(set) > 0);
    for (const set of running) await this.sizes.resize(deployment, set, 0);
    const uids = new Set(old.map(({ metadata }) => metadata.uid));
    const left = this.deps.client.view('Pod').list({
      namespace: deployment.metadata.namespace,
      where: (pod) =>
        uids.has(controllerOf(pod)?.uid ?? '') && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
    });
    return running.length === 0 && left.length === 0;
  }

  /** Writes the status, removes old revisions once all is done, and asks to be called at the progress deadline. */
  private async report(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<Result> {
    const { client, clock } = this.deps;
    const newSet = findNewSet(deployment, sets);
    const current = await client
      .modify(
        'Deployment',
        keyOf(deployment),
        (stored) => {
          const status = deploymentStatus(
            { ...stored, metadata: { ...stored.metadata, generation: deployment.metadata.generation } } as Deployment,
            { all: sets, newSet },
            clock.now(),
          );
          return isSameJson(status, stored.status ?? {}) ? undefined : { ...stored, status };
        },
        { subresource: 'status', uid: deployment.metadata.uid },
      )
      .catch(ignoreNotFound);
    if (current === undefined) return done;
    const status = current.status ?? {};
    if (isComplete(deployment, { updatedReplicas: 0, replicas: 0, availableReplicas: 0, ...status })) {
      await this.forgetOld(deployment, sets, newSet);
      return done;
    }
    const waitMs = msToDeadline(deployment, status, clock.now());
    return waitMs === undefined ? done : { requeueAfterMs: waitMs };
  }

  private async forgetOld(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    newSet: ReplicaSet | undefined,
  ): Promise<void> {
    const limit = deployment.spec?.revisionHistoryLimit ?? 10;
    const removable = sets
      .filter((set) => set !== newSet && sizeOf(set) === 0 && (set.status?.replicas ?? 0) === 0)
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
      .sort((a, b) => revisionOf(a) - revisionOf(b));
    for (const set of removable.slice(0, Math.max(0, removable.length - limit))) {
      await this.deps.client
        .delete('ReplicaSet', keyOf(set), { preconditions: { uid: set.metadata.uid } })
        .catch(ignoreNotFound)
        .catch(ignoreConflict);
    }
  }

  private refreshed(deployment: Deployment): readonly ReplicaSet[] {
    const { namespace, uid } = deployment.metadata;
    return this.deps.client
      .view('ReplicaSet')
      .list({ namespace, ownedBy: uid })
      .filter((set) => controllerOf(set)?.uid === uid);
  }

  private ownersOf(set: ReplicaSet): readonly ObjectKey[] {
    const owner = controllerOf(set);
    const { namespace } = set.metadata;
    if (owner !== undefined) return owner.kind === 'Deployment' ? [{ namespace, name: owner.name }] : [];
    return this.deps.client
      .view('Deployment')
      .list({ namespace, where: ({ spec }) => selects(spec?.selector, set) })
      .map(keyOf);
  }

  private recreatingOwnerOf(pod: Pod): readonly ObjectKey[] {
    const owner = controllerOf(pod);
    const { namespace } = pod.metadata;
    if (owner?.kind !== 'ReplicaSet') return [];
    const set = this.deps.client.view('ReplicaSet').get({ namespace, name: owner.name });
    const [key] = set === undefined ? [] : this.ownersOf(set);
    const deployment = key === undefined ? undefined : this.deps.client.view('Deployment').get(key);
    return deployment !== undefined && !isRolling(deployment) ? [keyOf(deployment)] : [];
  }
}

/** Whether spec.replicas changed since the ReplicaSets were last sized. */
const isScaled = (sets: readonly ReplicaSet[], deployment: Deployment): boolean =>
  sets.some((set) => {
    const before = set.metadata.annotations?.[DESIRED];
    return sizeOf(set) > 0 && before !== undefined && Number(before) !== wantedOf(deployment);
  });
