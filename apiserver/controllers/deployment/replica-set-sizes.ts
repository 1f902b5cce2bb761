import type { Deployment, ReplicaSet } from '../../../shared/api/objects';
import { isSameJson } from '../../../shared/same-json';
import { ignoreNotFound } from '../../../shared/status-error';
import type { EventRecorder } from '../../events/event-recorder';
import type { Client } from '../../registry/client';
import { keyOf } from '../../registry/client';
import { SOURCE } from './new-replica-set';
import { availableOf, proportionalSizes, sizeAnnotations, sizeOf, wantedOf } from './replica-counts';
import { revisionOf } from './revisions';

/** Gives the ReplicaSets of a deployment their sizes, and notes on each what the deployment wanted then. */
export class ReplicaSetSizes {
  constructor(private readonly deps: { readonly client: Client; readonly events: EventRecorder }) {}

  /** Takes a change of spec.replicas: the one active ReplicaSet takes all, several share. */
  async share(deployment: Deployment, sets: readonly ReplicaSet[], newSet: ReplicaSet | undefined): Promise<void> {
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

  /** Says so in an Event, where the size is news. */
  async resize(deployment: Deployment, set: ReplicaSet, size: number): Promise<void> {
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
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${sizeOf(set)} to ${size}`;
    this.deps.events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message }, SOURCE);
  }
}

/** Where a paused deployment is scaled up from nothing before its new template has a ReplicaSet. */
const latestOf = (sets: readonly ReplicaSet[]): ReplicaSet | undefined =>
  [...sets].sort((a, b) => revisionOf(b) - revisionOf(a))[0];
