import type { LabelSelector, Pod, ReplicaSet, ReplicationController } from '../../../shared/api/objects';
import type { Clock } from '../../../shared/clock';
import { toTimestamp } from '../../../shared/clock';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { PodTemplate } from '../../kinds/pod-template/pod-template';
import type { Client, ObjectKey } from '../../registry/client';
import { keyOf, keyString } from '../../registry/client';
import type { Controller, Result } from '../controller';
import { done, watching } from '../controller';
import { Availability, isMadeToWait } from '../workloads/availability';
import { inDeletionOrder } from '../workloads/deletion-order';
import { LookPace } from '../workloads/look-pace';
import { claim, controllerOf, selection, selects } from '../workloads/ownership';
import { podFrom, PodControl } from '../workloads/pod-control';
import { isActive } from '../workloads/pod-state';
import type { PodTally } from './pod-tally';
import { tallyOf } from './pod-tally';

/** Pods made or deleted in one go; the rest follows at once, after a look at what stands then. */
const BURST = 500;
/** Each pod puts the next look at a set off by this much, some ten times what it costs to look at it. */
const PER_POD_MS = 0.02;

type Set = ReplicaSet | ReplicationController;
type Status = NonNullable<ReplicaSet['status']>;
type Kind = 'ReplicaSet' | 'ReplicationController';

const COMPONENTS: Readonly<Record<Kind, string>> = {
  ReplicaSet: 'replicaset-controller',
  ReplicationController: 'replication-controller',
};

interface Deps {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Keeps as many pods of one template as are wanted. Serves ReplicaSets and ReplicationControllers. */
export class ReplicaSetController implements Controller {
  readonly name: string;
  readonly watches;
  private readonly pods: PodControl;
  private readonly pace: LookPace;
  private readonly availability: Availability;

  constructor(
    private readonly deps: Deps,
    private readonly kind: Kind,
  ) {
    this.name = kind === 'ReplicaSet' ? 'replicaset' : 'replication-controller';
    this.pace = new LookPace(deps.clock, PER_POD_MS);
    this.availability = new Availability(deps.clock, isMadeToWait(deps.client, kind));
    this.pods = new PodControl(deps.client, deps.events, COMPONENTS[kind]);
    this.watches = [
      watching(kind, ({ type, object }) => (type === 'DELETED' ? [] : [keyOf(object)])),
      watching('Pod', (change) => {
        const { object, previous } = change;
        this.availability.see(change);
        return [...this.ownersOf(object), ...(previous === undefined ? [] : this.ownersOf(previous))];
      }),
    ];
  }

  async reconcile(key: ObjectKey): Promise<Result> {
    const { client } = this.deps;
    const set: Set | undefined = client.view(this.kind).get(key);
    const id = keyString(key);
    if (set?.spec === undefined) {
      this.pace.forget(id);
      return done;
    }
    const waitMs = this.pace.waitMs(id);
    if (waitMs > 0) return { requeueAfterMs: waitMs };
    const claimed = await claim(client, 'Pod', set, this.selectorOf(set));
    this.pace.looked(id, claimed.length);
    const active = claimed.filter(isActive);
    const wanted = set.spec.replicas ?? 1;

    let failure: unknown;
    if (set.metadata.deletionTimestamp === undefined) {
      failure = await this.adjust(set, active, wanted).then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    // Judged on what stands now: what was just made or deleted shows already.
    const tally = tallyOf(wanted === active.length ? active : this.standingOf(set), {
      isLabelled: selection({ matchLabels: labelsOf(set) }),
      availableInMs: (pod) => this.waitMs(set, pod),
    });
    await this.writeStatus(set, { tally, failure, difference: wanted - active.length });
    if (failure !== undefined) throw failure;
    return tally.nextInMs === undefined ? done : { requeueAfterMs: tally.nextInMs };
  }

  private waitMs({ spec }: Set, pod: Pod): number | undefined {
    return this.availability.waitMs(pod, spec?.minReadySeconds ?? 0);
  }

  private standingOf({ metadata: { namespace, uid } }: Set): readonly Pod[] {
    return this.deps.client.view('Pod').list({
      namespace,
      ownedBy: uid,
      where: (pod) => isActive(pod) && controllerOf(pod)?.uid === uid,
    });
  }

  private async adjust(set: Set, active: readonly Pod[], wanted: number): Promise<void> {
    const missing = wanted - active.length;
    if (missing > 0) {
      const template = set.spec?.template as PodTemplate | undefined;
      if (template === undefined) return;
      await this.pods.createMany(set, Math.min(missing, BURST), () => podFrom(set, template));
    } else if (missing < 0) {
      const ordered = inDeletionOrder(active, {
        isAvailable: (pod) => this.waitMs(set, pod) === 0,
        neighbours: this.relatedTo(set),
        nowMs: this.deps.clock.now(),
      });
      await this.pods.deleteMany(set, ordered.slice(0, Math.min(-missing, BURST)));
    }
  }

  /** The active pods of the set, and of the others of its Deployment. */
  private relatedTo(set: Set): readonly Pod[] {
    const owner = controllerOf(set);
    const { namespace } = set.metadata;
    const sets: readonly Set[] =
      owner === undefined ? [set] : this.deps.client.view(this.kind).list({ namespace, ownedBy: owner.uid });
    return sets.flatMap((each) => this.standingOf(each));
  }

  private async writeStatus(
    set: Set,
    seen: {
      readonly tally: PodTally;
      readonly failure: unknown;
      readonly difference: number;
    },
  ): Promise<void> {
    const { tally, failure, difference } = seen;
    await this.deps.client
      .modify(
        this.kind,
        keyOf(set),
        (current) => {
          const before = (current.status ?? {}) as Partial<Status>;
          const status = {
            replicas: tally.all,
            fullyLabeledReplicas: tally.labelled,
            readyReplicas: tally.ready,
            availableReplicas: tally.available,
            observedGeneration: set.metadata.generation ?? 0,
            ...conditionsOf(before, failure, difference, this.deps.clock.now()),
          };
          return isSameJson(status, before) ? undefined : ({ ...current, status } as typeof current);
        },
        { subresource: 'status', uid: set.metadata.uid },
      )
      .catch(ignoreNotFound);
  }

  private selectorOf(set: Set): LabelSelector | undefined {
    return this.kind === 'ReplicaSet'
      ? (set as ReplicaSet).spec?.selector
      : { matchLabels: (set as ReplicationController).spec?.selector ?? {} };
  }

  /** Who controls the pod, or else who would take it. */
  private ownersOf(pod: Pod): readonly ObjectKey[] {
    const owner = controllerOf(pod);
    if (owner !== undefined) {
      return owner.kind === this.kind ? [{ namespace: pod.metadata.namespace, name: owner.name }] : [];
    }
    if (pod.metadata.labels === undefined) return [];
    const sets: readonly Set[] = this.deps.client.view(this.kind).list({ namespace: pod.metadata.namespace });
    return sets.filter((set) => selects(this.selectorOf(set), pod)).map(keyOf);
  }
}

const labelsOf = ({ spec }: Set): Readonly<Record<string, string>> =>
  (spec?.template as PodTemplate | undefined)?.metadata?.labels ?? {};

/** ReplicaFailure, while pods cannot be made or deleted. */
function conditionsOf(
  { conditions = [] }: Partial<Status>,
  failure: unknown,
  difference: number,
  nowMs: number,
): Pick<Status, 'conditions'> {
  const others = conditions.filter(({ type }) => type !== 'ReplicaFailure');
  if (failure === undefined) return others.length === 0 ? {} : { conditions: others };
  const reason = difference < 0 ? 'FailedDelete' : 'FailedCreate';
  const before = conditions.find(({ type }) => type === 'ReplicaFailure');
  // Not written anew for another message alone: with names in it, each try has its own, and each write asks for a try.
  if (before?.status === 'True' && before.reason === reason) return { conditions };
  const condition = {
    type: 'ReplicaFailure',
    status: 'True',
    lastTransitionTime: toTimestamp(nowMs),
    reason,
    message: failure instanceof Error ? failure.message : String(failure),
  };
  return { conditions: [...others, condition] };
}
