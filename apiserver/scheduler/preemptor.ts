import type { Pod } from '../../shared/api/objects';
import type { Clock } from '../../shared/clock';
import { matchesLabels, selectorOf } from '../../shared/selectors/label-selector';
import { isConflict, isNotFound } from '../../shared/status-error';
import type { EventRecorder } from '../events/event-recorder';
import type { Client } from '../registry/client';
import { keyOf } from '../registry/client';
import type { ClusterState } from './cluster-state';
import type { PodClass } from './core/model/pod-class';
import type { Budget } from './core/preemption/victims';
import { PreemptionFinder } from './core/preemption/victims';
import { schedulerNameOf } from './profiles';
import { asDisruptionTarget } from '../registry/disruption-target';

export interface PreemptorOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

/** Pods that must leave so that another can have their node. */
export interface Eviction {
  readonly nodeName: string;
  readonly victims: readonly Pod[];
}

/**
 * Makes room for important pods. The room is kept for the pod that it was made for, by a reservation in the cluster's
 * state, until the pod is placed or no longer waits.
 */
export class Preemptor {
  private readonly finder: PreemptionFinder;

  constructor(
    private readonly state: ClusterState,
    private readonly options: PreemptorOptions,
  ) {
    this.finder = new PreemptionFinder(state.cluster);
  }

  /** Chooses victims and reserves their room; undefined: nobody less important stands in the way, or they are leaving. */
  plan(pod: Pod, podClass: PodClass): Eviction | undefined {
    if (!podClass.mayPreempt) return undefined;
    const { cluster } = this.state;
    const found = this.finder.find(podClass, {
      budgetsOf: this.budgets(),
      version: this.options.client.view('PodDisruptionBudget').resourceVersion,
      startedAt: (slot) => Date.parse(this.state.podAt(slot)?.status?.startTime ?? '') || 0,
      isProtected: (slot) => this.state.podAt(slot) === undefined || cluster.pods.isDying(slot),
    });
    if (found === undefined) return undefined;
    const victims = found.victims.flatMap((slot) => this.state.podAt(slot) ?? []);
    for (const slot of found.victims) cluster.setDying(slot);
    this.state.reserve(pod, podClass, found.node, victims);
    return { nodeName: cluster.nodes.nameOf(found.node), victims };
  }

  /** Keeps room again for pods that were promised it before a restart; those who leave for them are leaving still. */
  resume(pods: readonly Pod[]): void {
    const { cluster } = this.state;
    for (const pod of pods) {
      const node = cluster.nodes.slotOf(pod.status?.nominatedNodeName ?? '');
      if (node === undefined || this.state.hasRoomReserved(pod.metadata.uid)) continue;
      const leaving = [...cluster.pods.on(node)]
        .filter((slot) => cluster.pods.isDying(slot))
        .flatMap((slot) => this.state.podAt(slot) ?? []);
      if (leaving.length > 0) this.state.reserve(pod, this.state.classOf(pod), node, leaving);
    }
  }

  /** Evicts gracefully. Who is gone already is no trouble. */
  async evict(preemptor: Pod, { nodeName, victims }: Eviction): Promise<void> {
    const { client, clock, events } = this.options;
    const component = schedulerNameOf(preemptor);
    await Promise.all(
      victims.map(async (victim) => {
        const { uid } = victim.metadata;
        const note = `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`;
        try {
          await client.modify(
            'Pod',
            keyOf(victim),
            (current) =>
              asDisruptionTarget(
                current,
                {
                  reason: 'PreemptionByScheduler',
                  message: `${component}: preempting to accommodate a higher priority pod`,
                },
                clock.now(),
              ),
            { subresource: 'status', uid },
          );
          await client.delete('Pod', keyOf(victim), { preconditions: { uid } });
        } catch (error) {
          if (isNotFound(error) || isConflict(error)) return;
          throw error;
        }
        events.record(victim, { type: 'Normal', reason: 'Preempted', message: note }, { component });
      }),
    );
  }

  /** Disruption budgets as they stand, each the same object for all its pods. */
  private budgets(): (slot: number) => readonly Budget[] {
    const budgets = this.options.client
      .view('PodDisruptionBudget')
      .list()
      .map(({ metadata, spec, status }) => ({
        namespace: metadata.namespace,
        selector: selectorOf(spec?.selector),
        allowed: status?.disruptionsAllowed ?? 0,
      }));
    return (slot) => {
      const pod = this.state.podAt(slot);
      return budgets.filter(
        ({ namespace, selector }) =>
          pod !== undefined &&
          pod.metadata.namespace === namespace &&
          selector !== undefined &&
          matchesLabels(selector, pod.metadata.labels),
      );
    };
  }
}
