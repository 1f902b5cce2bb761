import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { messageOf } from '../../../shared/message-of';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound, isAlreadyExists } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { isNamespaceTerminating } from '../terminating-namespace';
import { controllerOf, controllerRef } from '../workloads/ownership';
import type { Condition, DeploymentStatus } from './conditions';
import { progressing, withCondition } from './conditions';
import { deadlineSecondsOf } from './progress';
import { isRolling, sizeAnnotations, startSize, wantedOf } from './replica-counts';
import { annotationsFor, findNewSet, REVISION, revisionOf, templateOf } from './revisions';
import { HASH_LABEL, templateHash } from './template-hash';

const CREATE_ERROR = 'ReplicaSetCreateError';
/** Who tells of Deployments. */
export const SOURCE = { component: 'deployment-controller' };

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** The ReplicaSet of a deployment's present template: it bears the highest revision, and the deployment's annotations. */
export class NewReplicaSets {
  constructor(private readonly deps: Deps) {}

  /** Undefined: there is none yet. */
  async find(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<ReplicaSet | undefined> {
    const found = findNewSet(deployment, sets);
    if (found === undefined) return undefined;
    const newSet = await this.revised(deployment, found, nextRevision(sets, found));
    await this.rememberRevision(deployment, newSet);
    return newSet;
  }

  /** Made where it is missing. Undefined where its name is taken by another template: then the next try has another hash. */
  async ensure(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<ReplicaSet | undefined> {
    const found = await this.find(deployment, sets);
    if (found !== undefined) return found;
    const made = await this.make(deployment, sets);
    if (made !== undefined) await this.rememberRevision(deployment, made);
    return made;
  }

  private async revised(deployment: Deployment, set: ReplicaSet, revision: number): Promise<ReplicaSet> {
    const annotations = annotationsFor(deployment, set, Math.max(revision, revisionOf(set)));
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0;
    const isSame =
      isSameJson(annotations, set.metadata.annotations ?? {}) && (set.spec?.minReadySeconds ?? 0) === minReadySeconds;
    if (isSame) return set;
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

  private async make(deployment: Deployment, sets: readonly ReplicaSet[]): Promise<ReplicaSet | undefined> {
    const { namespace, name } = deployment.metadata;
    const template = templateOf(deployment);
    const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
    const labels = { ...template.metadata?.labels, [HASH_LABEL]: hash };
    const replicas = isRolling(deployment) ? startSize(deployment, sets) : wantedOf(deployment);
    const { minReadySeconds = 0, selector } = deployment.spec ?? {};
    const setName = `${name}-${hash}`;
    try {
      const created = await this.deps.client.create('ReplicaSet', {
        metadata: {
          namespace,
          name: setName,
          labels,
          annotations: {
            ...annotationsFor(deployment, undefined, nextRevision(sets)),
            ...sizeAnnotations(deployment),
          },
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
        const message = `Scaled up replica set ${setName} from 0 to ${replicas}`;
        this.deps.events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message }, SOURCE);
      }
      await this.say(deployment, progressing('True', 'NewReplicaSetCreated', `Created new replica set "${setName}"`));
      return created;
    } catch (error) {
      if (isAlreadyExists(error)) return this.takenBy(deployment, setName);
      if (!isNamespaceTerminating(error)) {
        const message = `Failed to create new replica set "${setName}": ${messageOf(error)}`;
        await this.say(deployment, progressing('False', CREATE_ERROR, message));
        this.deps.events.record(deployment, { type: 'Warning', reason: CREATE_ERROR, message }, SOURCE);
      }
      throw error;
    }
  }

  /** The ReplicaSet that has the name already where it is the one wanted; else the hash counts one more collision. */
  private async takenBy(deployment: Deployment, name: string): Promise<ReplicaSet | undefined> {
    const { namespace, uid } = deployment.metadata;
    const taken = this.deps.client.view('ReplicaSet').get({ namespace, name });
    const isOurs = taken !== undefined && findNewSet(deployment, [taken]) !== undefined;
    if (isOurs && controllerOf(taken)?.uid === uid) return taken;
    await this.changeStatus(deployment, (status) => ({
      ...status,
      collisionCount: (status.collisionCount ?? 0) + 1,
    }));
    return undefined;
  }

  private async say(deployment: Deployment, condition: Condition): Promise<void> {
    if (deadlineSecondsOf(deployment) === undefined) return;
    await this.changeStatus(deployment, (status) => {
      const conditions = withCondition(status.conditions ?? [], condition, this.deps.clock.now());
      return conditions === status.conditions ? undefined : { ...status, conditions: [...conditions] };
    });
  }

  private async rememberRevision(deployment: Deployment, set: ReplicaSet): Promise<void> {
    if (revisionOf(deployment) === revisionOf(set)) return;
    const revision = { [REVISION]: String(revisionOf(set)) };
    await this.deps.client
      .modify(
        'Deployment',
        keyOf(deployment),
        (current) => ({
          ...current,
          metadata: { ...current.metadata, annotations: { ...current.metadata.annotations, ...revision } },
        }),
        // Through the door of the status, which asks nobody for anything.
        { uid: deployment.metadata.uid, subresource: 'status' },
      )
      .catch(ignoreNotFound);
  }

  private async changeStatus(
    deployment: Deployment,
    to: (status: Partial<DeploymentStatus>) => Partial<DeploymentStatus> | undefined,
  ): Promise<void> {
    await this.deps.client
      .modify(
        'Deployment',
        keyOf(deployment),
        (current) => {
          const status = to(current.status ?? {});
          return status === undefined ? undefined : { ...current, status };
        },
        { subresource: 'status', uid: deployment.metadata.uid },
      )
      .catch(ignoreNotFound);
  }
}

const nextRevision = (sets: readonly ReplicaSet[], but?: ReplicaSet): number =>
  sets.reduce((most, set) => (set === but ? most : Math.max(most, revisionOf(set))), 0) + 1;
