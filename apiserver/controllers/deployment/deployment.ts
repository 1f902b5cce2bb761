import type { Deployment, Pod, ReplicaSet } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreConflict, ignoreNotFound, isAlreadyExists } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { claim, controllerOf, controllerRef, selects } from '../workloads/ownership';
import { conditionOf, deadlineSecondsOf, deploymentStatus, isComplete } from './deployment-status';
import {
  availableOf,
  DESIRED,
  fencePosts,
  isRolling,
  MAX,
  newSize,
  proportionalSizes,
  sizeOf,
  totalAvailable,
  totalSize,
  wantedOf,
} from './replica-counts';
import { annotationsFor, findNewSet, revisionOf, templateOf } from './revisions';
import { HASH_LABEL, templateHash } from './template-hash';

const SOURCE = { component: 'deployment-controller' };

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Brings a deployment's pods to its template through ReplicaSets, one for each template it had. */
export class DeploymentController implements Controller {
  readonly name = 'deployment';
  readonly watches;

  constructor(private readonly deps: Deps) {
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
      const newSet = await this.newSet(deployment, sets, false);
      await this.scaleInProportion(deployment, sets, newSet);
      return this.report(deployment, this.refreshed(deployment));
    }
    // Recreate makes the new ReplicaSet only when no pod of an old one is left, so that there are never two versions.
    if (!isRolling(deployment) && !(await this.isCleared(deployment, sets))) {
      return this.report(deployment, this.refreshed(deployment));
    }
    const found = await this.newSet(deployment, sets, true);
    if (found === undefined) return { requeueAfterMs: 0 };
    // Judged on what stands now: writes take their time, and more may be available than before them.
    const all = this.refreshed(deployment);
    const newSet = all.find(({ metadata }) => metadata.uid === found.metadata.uid) ?? found;
    const old = all.filter(({ metadata }) => metadata.uid !== newSet.metadata.uid);
    if (isScaled([...old, newSet], deployment)) await this.scaleInProportion(deployment, [...old, newSet], newSet);
    else if (isRolling(deployment)) await this.roll(deployment, newSet, old);
    else if (sizeOf(newSet) !== wantedOf(deployment)) await this.resize(deployment, newSet, wantedOf(deployment));
    return this.report(deployment, this.refreshed(deployment));
  }

  /** One step: the new grows as far as the surge allows, the old shrinks as far as availability allows. */
  private async roll(deployment: Deployment, newSet: ReplicaSet, old: readonly ReplicaSet[]): Promise<void> {
    const wanted = wantedOf(deployment);
    const all = [...old, newSet];
    if (sizeOf(newSet) > wanted) return this.resize(deployment, newSet, wanted);
    const grown = newSize(deployment, all, newSet);
    if (grown !== sizeOf(newSet)) return this.resize(deployment, newSet, grown);
    if (totalSize(old) === 0) return;

    const minAvailable = wanted - fencePosts(deployment).unavailable;
    const newUnavailable = sizeOf(newSet) - availableOf(newSet);
    let removable = totalSize(all) - minAvailable - newUnavailable;
    if (removable <= 0) return;
    const byAge = [...old].sort(
      (a, b) => Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp),
    );
    // What is not available serves nobody: it goes first, and costs nothing.
    const sizes = new Map(byAge.map((set) => [set, sizeOf(set)]));
    for (const set of byAge) {
      const unhealthy = Math.min(removable, Math.max(0, sizeOf(set) - availableOf(set)));
      sizes.set(set, sizeOf(set) - unhealthy);
      removable -= unhealthy;
    }
    let spare = Math.min(removable, totalAvailable(all) - minAvailable);
    for (const set of byAge) {
      const cut = Math.max(0, Math.min(spare, sizes.get(set) ?? 0));
      sizes.set(set, (sizes.get(set) ?? 0) - cut);
      spare -= cut;
    }
    for (const [set, size] of sizes) if (size !== sizeOf(set)) await this.resize(deployment, set, size);
  }

  /** Ends the pods of old ReplicaSets. True: none is left. */
  private async isCleared(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<boolean> {
    const newSet = findNewSet(deployment, sets);
    const old = sets.filter((set) => set !== newSet);
    const running = old.filter((set) => sizeOf(set) > 0);
    for (const set of running) await this.resize(deployment, set, 0);
    const uids = new Set(old.map(({ metadata }) => metadata.uid));
    const left = this.deps.client.view('Pod').list({
      namespace: deployment.metadata.namespace,
      where: (pod) =>
        uids.has(controllerOf(pod)?.uid ?? '') && pod.status?.phase !== 'Succeeded' && pod.status?.phase !== 'Failed',
    });
    return running.length === 0 && left.length === 0;
  }

  /** Takes a change of spec.replicas: the one active ReplicaSet takes all, several share. */
  private async scaleInProportion(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    newSet: ReplicaSet | undefined,
  ): Promise<void> {
    const active = sets.filter((set) => sizeOf(set) > 0);
    const [only] = active;
    if (active.length <= 1) {
      const target = only ?? newSet ?? latestOf(sets);
      if (target !== undefined) await this.resize(deployment, target, wantedOf(deployment));
      return;
    }
    const isSaturated =
      newSet !== undefined && sizeOf(newSet) === wantedOf(deployment) && availableOf(newSet) === wantedOf(deployment);
    const sizes = isSaturated
      ? new Map(active.map((set) => [set.metadata.name, set === newSet ? wantedOf(deployment) : 0]))
      : proportionalSizes(deployment, active);
    for (const set of active) await this.resize(deployment, set, sizes.get(set.metadata.name) ?? sizeOf(set));
  }

  private async resize(deployment: Deployment, set: ReplicaSet, size: number): Promise<void> {
    const annotations = sizeAnnotations(deployment);
    const isSized = sizeOf(set) === size;
    if (isSized && isSameJson({ ...set.metadata.annotations, ...annotations }, set.metadata.annotations)) return;
    await this.deps.client
      .modify(
        'ReplicaSet',
        keyOf(set),
        (current) =>
          ({
            ...current,
            metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...annotations } },
            spec: { ...current.spec, replicas: size },
          }) as ReplicaSet,
        { uid: set.metadata.uid },
      )
      .catch(ignoreNotFound);
    if (isSized) return;
    const direction = size > sizeOf(set) ? 'up' : 'down';
    this.tell(
      deployment,
      'ScalingReplicaSet',
      `Scaled ${direction} replica set ${set.metadata.name} from ${sizeOf(set)} to ${size}`,
    );
  }

  /** The ReplicaSet of the present template, with the highest revision; made where there is none and `mayCreate`. */
  private async newSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    mayCreate: boolean,
  ): Promise<ReplicaSet | undefined> {
    const found = findNewSet(deployment, sets);
    if (found === undefined && !mayCreate) return undefined;
    const others = sets.filter((set) => set !== found);
    const revision = others.reduce((most, set) => Math.max(most, revisionOf(set)), 0) + 1;
    const newSet =
      found === undefined
        ? await this.createSet(deployment, sets, revision)
        : await this.revised(deployment, found, revision);
    if (newSet !== undefined) await this.rememberRevision(deployment, newSet);
    return newSet;
  }

  private async revised(deployment: Deployment, set: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const annotations = annotationsFor(deployment, set, Math.max(revision, revisionOf(set)));
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    if (
      isSameJson(annotations, set.metadata.annotations ?? {}) &&
      (set.spec?.minReadySeconds ?? 0) === minReadySeconds
    ) {
      return set;
    }
    return this.deps.client.modify(
      'ReplicaSet',
      keyOf(set),
      (current) =>
        ({
          ...current,
          metadata: { ...current.metadata, annotations },
          spec: { ...current.spec, ...(minReadySeconds === 0 ? {} : { minReadySeconds }) },
        }) as ReplicaSet,
      { uid: set.metadata.uid },
    );
  }

  /** Undefined where its name is taken by another template: then the hash counts one more collision. */
  private async createSet(
    deployment: Deployment,
    sets: readonly ReplicaSet[],
    revision: number,
  ): Promise<ReplicaSet | undefined> {
    const { namespace, name } = deployment.metadata;
    const template = templateOf(deployment);
    const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const room = wantedOf(deployment) + fencePosts(deployment).surge - totalSize(sets);
    const replicas = isRolling(deployment) ? Math.max(0, Math.min(room, wantedOf(deployment))) : wantedOf(deployment);
    const { minReadySeconds = 0, selector } = deployment.spec ?? {};
    try {
      const created = await this.deps.client.create('ReplicaSet', {
        metadata: {
          namespace,
          name: `${name}-${hash}`,
          labels,
          annotations: { ...annotationsFor(deployment, undefined, revision), ...sizeAnnotations(deployment) },
          ownerReferences: [controllerRef(deployment)],
        },
        spec: {
          replicas,
          ...(minReadySeconds === 0 ? {} : { minReadySeconds }),
          selector: { ...selector, matchLabels: { ...selector?.matchLabels, [HASH_LABEL]: hash } },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      });
      if (replicas > 0) {
        this.tell(
          deployment,
          'ScalingReplicaSet',
          `Scaled up replica set ${created.metadata.name} from 0 to ${replicas}`,
        );
      }
      return created;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const taken = this.deps.client.view('ReplicaSet').get({ namespace, name: `${name}-${hash}` });
      const isOurs = taken !== undefined && findNewSet(deployment, [taken]) !== undefined;
      if (isOurs && controllerOf(taken)?.uid === deployment.metadata.uid) return taken;
      await this.deps.client.modify(
        'Deployment',
        keyOf(deployment),
        (current) => ({
          ...current,
          status: { ...current.status, collisionCount: (current.status?.collisionCount ?? 0) + 1 },
        }),
        { subresource: 'status', uid: deployment.metadata.uid },
      );
      return undefined;
    }
  }

  private async rememberRevision(deployment: Deployment, set: ReplicaSet): Promise<void> {
    if (revisionOf(deployment) === revisionOf(set)) return;
    const revision = String(revisionOf(set));
    await this.deps.client
      .modify(
        'Deployment',
        keyOf(deployment),
        (current) => ({
          ...current,
          metadata: {
            ...current.metadata,
            annotations: { ...current.metadata.annotations, 'deployment.kubernetes.io/revision': revision },
          },
        }),
        { uid: deployment.metadata.uid },
      )
      .catch(ignoreNotFound);
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
    const progress = conditionOf(status, 'Progressing');
    const deadline = deadlineSecondsOf(deployment);
    if (deadline === undefined || progress?.status === 'False' || progress?.lastUpdateTime === undefined) return done;
    return { requeueAfterMs: Math.max(0, Date.parse(progress.lastUpdateTime) + deadline * 1_000 - clock.now()) + 1 };
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

  private tell(deployment: Deployment, reason: string, message: string): void {
    this.deps.events.record(deployment, { type: 'Normal', reason, message }, SOURCE);
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

const sizeAnnotations = (deployment: Deployment): Record<string, string> => ({
  [DESIRED]: String(wantedOf(deployment)),
  [MAX]: String(wantedOf(deployment) + fencePosts(deployment).surge),
});

/** Whether spec.replicas changed since the ReplicaSets were last sized. */
const isScaled = (sets: readonly ReplicaSet[], deployment: Deployment): boolean =>
  sets.some((set) => {
    const before = set.metadata.annotations?.[DESIRED];
    return sizeOf(set) > 0 && before !== undefined && Number(before) !== wantedOf(deployment);
  });

/** Where a paused deployment is scaled up from nothing before its new template has a ReplicaSet. */
const latestOf = (sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  [...sets].sort((a, b) => revisionOf(b) - revisionOf(a))[0];
